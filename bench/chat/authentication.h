/*
 * How a session authenticates: by SASL (RFC 6120 section 6), or by SASL2 (XEP-0388), where binding
 * and tokens (XEP-0484) come along.
 */
#ifndef AUTHENTICATION_H
#define AUTHENTICATION_H

#include <stdbool.h>

#include "options.h"
#include "session.h"

/* Makes room for what clients keep from one sign-in to the next, if `options` says that they do. */
void authentication_keep(struct options *options, int accounts);

/* Whether the session's account has a token, so that it need not await what is offered. */
bool authentication_has_token(const struct session *session, const struct options *options);

/* Queues the first message; fails when what the server has offered does not do. */
void authentication_begin(struct session *session, const struct options *options);

/* Queues the answer to the challenge that came in. */
void authentication_respond(struct session *session, const struct options *options);

/* Takes the success that came in, if it is there whole; fails when it does not prove what it should. */
bool authentication_conclude(struct session *session, const struct options *options);

#endif
