/* A signed-in client: TCP, WebSocket or STARTTLS where asked, stream, SASL, bind, roster, presence. */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "link.h"
#include "options.h"
#include "sasl.h"

enum step {
  CONNECTING,
  UPGRADING,       /* WebSocket asked for */
  STREAM,          /* first stream header sent, features awaited */
  STARTING_TLS,    /* <starttls/> sent */
  AUTHENTICATING,  /* <auth/> or <response/> sent */
  AUTHENTICATED,   /* second header sent */
  BINDING,
  SETTLING,        /* roster, presence and a ping sent; the ping's answer ends the sign-in */
  SIGNED_IN
};

struct session {
  struct link link;
  int index;
  enum step step;
  char *in;          /* what came in during sign-in; freed at its end */
  size_t in_length;
  struct sasl *sasl; /* likewise */
  const struct mechanism *mechanism;
  const char *request; /* SASL2: what is asked for along with it; null for Bind 2 */
  char jid[128];     /* full JID as the server bound it */
};

/*
 * Opens sessions `from` up to (not including) `to` of the array, at most `options->parallel` at a
 * time, and returns when all are signed in; with `options->until_bound` when all are bound, which
 * leaves `settle` to the caller. Fails on the first that cannot. With `options->until_authenticated`
 * neither is done, and what has come behind the sign-in is still in `in`, until `sign_in_forget`.
 */
void sign_in(struct session *sessions, int from, int to, const struct options *options);

/*
 * Begins to sign in account `index`; `epoll` then tells of its events, with the session in
 * `data.ptr`. Each is for `sign_in_proceed`, which returns true when it has completed the sign-in:
 * nothing watches the socket then. Fails when it cannot.
 */
void sign_in_begin(struct session *session, int index, int epoll, const struct options *options);
bool sign_in_proceed(struct session *session, int epoll, const struct options *options);
void sign_in_forget(struct session *session);

/* Reads what came for sessions that should be idle; fails when the server has closed one. */
void check_all_open(struct session *sessions, int count);

/* Queues what follows binding: the roster's request, initial presence, and a ping. */
void settle(struct session *session, const struct options *options);

/* What a stanza declares besides: over WebSocket each is a document of its own. */
const char *session_namespace(const struct session *session);

/* Queues the end of the stream. */
void session_queue_end(struct session *session);

/* Raises the limit of open files as far as it goes; fails when that is not enough. */
void allow_connections(int count);

#endif
