/* One connection to the server: a non-blocking socket, TLS on it where asked, a send buffer. */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link {
  int fd;
  void *tls; /* SSL, null without TLS */
  bool is_framed; /* WebSocket is spoken on it */
  bool is_resumed; /* TLS went on from an earlier session */
  char *out;
  size_t out_length;
  size_t out_capacity;
};

enum { LINK_CLOSED = -1, LINK_EMPTY = 0 };

/* Begins to connect from 127.0.0.<source>; the socket turns writable when it is done. */
void link_connect(struct link *link, const char *host, int port, int source);

/*
 * Starts TLS as a client on the connected socket. The server's certificate is not checked.
 * `ticket`, where not null, is where the session (SSL_SESSION) is that is to be taken up, and where
 * those are kept that the server gives.
 */
void link_start_tls(struct link *link, void **ticket);

/* Bytes read, LINK_EMPTY when there is nothing to read now, or LINK_CLOSED. */
long link_read(struct link *link, char *buffer, size_t capacity);

/* Room for `length` more bytes to send; the caller fills them before the next flush. */
char *link_reserve(struct link *link, size_t length);

void link_queue(struct link *link, const char *text);

/* Sends what it can; false when bytes remain because the socket is full. */
bool link_flush(struct link *link);

void link_close(struct link *link);

/* Breaks the connection: the server hears of it by a reset, not by the end of what was sent. */
void link_break(struct link *link);

#endif
