/* A client over BOSH (XEP-0124, XEP-0206): two connections, of which the server holds one request. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../chat/options.h"
#include "exchange.h"

/* Requests that may be under way: `hold` and one more. */
#define WINDOW 2

enum client_step {
  BOSH_CREATING,        /* the session asked for */
  BOSH_OFFERED,         /* the session is there, features awaited */
  BOSH_AUTHENTICATING,  /* <auth/> sent */
  BOSH_RESTARTING,      /* the stream asked for anew */
  BOSH_BINDING,
  BOSH_SETTLING,        /* roster, presence and a ping sent; the ping's answer ends the sign-in */
  BOSH_SIGNED_IN
};

struct client {
  struct exchange exchanges[WINDOW];
  int index;
  int epoll;
  const struct options *options;
  enum client_step step;
  uint64_t next_rid;     /* of the next request */
  uint64_t next_answer;  /* of the next response to be read */
  uint64_t requests;
  char sid[128];
  char jid[128];         /* full JID as the server bound it */
  char start[512];       /* <body/> of a request that is not like the others, or empty */
  char *payload;         /* what the next request takes along */
  size_t payload_length;
  size_t payload_capacity;
};

/* Asks for a session of account `index`; `epoll` then tells of its exchanges. */
void client_begin(struct client *client, int index, int epoll, const struct options *options);

/* Room in the payload, which leaves with the next `client_post`. */
char *client_reserve(struct client *client, size_t length);

/* Sends what there is, as far as the window allows, and an empty request when none is held. */
void client_post(struct client *client);

/* The exchange with the response whose turn it is, if that has come. */
struct exchange *client_answered(struct client *client);

/* Makes room for the next request, once the response has been read. */
void client_take(struct client *client, struct exchange *exchange);

/* Does what a response calls for during sign-in; true when that has completed it. */
bool client_advance(struct client *client, const char *answer);

#endif
