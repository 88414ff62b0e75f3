/* WebSocket as a client speaks it (RFC 6455), for XMPP's elements, one a message (RFC 7395). */
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stddef.h>

#include "link.h"

/* Queues the request to speak WebSocket from here on. */
void websocket_ask(struct link *link, const char *host, int port);

/* Makes one text message of all that is in the send buffer from byte `from` on. */
void websocket_wrap(struct link *link, size_t from);

#endif
