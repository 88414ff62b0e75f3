/* A client with stream management (XEP-0198): counts stanzas both ways, and goes on with its session. */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "../chat/session.h"
#include "../presence/tags.h"

struct client {
  struct session *session;
  struct tags tags;
  bool is_coming;       /* signs in anew */
  bool is_there;        /* enabled, or resumed with all that it had missed */
  bool is_resumed;
  bool awaits_answer;   /* to its ping */
  char id[256];         /* of the session to resume */
  char request[512];
  uint32_t heard;       /* stanzas since stream management was enabled */
  uint32_t said;
  uint32_t owed;        /* messages sent to it in all */
  uint32_t received;
  uint64_t due;         /* when it was to come back */
};

/* Asks for stream management; once it is enabled the client is there. */
void client_enable(struct client *client);

/* Asks the server for an answer, which comes behind all that the server has sent until then. */
void client_ping(struct client *client, const char *domain);

/* Makes the request to resume, with what has been heard so far. */
void client_prepare(struct client *client);

/* Queues that request; with SASL2 it has come with the sign-in. */
void client_resume(struct client *client);

/*
 * Takes what came: fails on a message that is lost, repeated, out of order or bounced, on a session
 * that is refused, and on a number of handled stanzas that is wrong.
 */
void client_take(struct client *client, const char *text, size_t length);

/* Reads and takes all there is. */
void client_receive(struct client *client);

void client_flush(struct client *client);

#endif
