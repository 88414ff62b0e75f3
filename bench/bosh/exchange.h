/* A connection of HTTP that is kept alive: one request at a time, and its response. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../chat/link.h"
#include "../chat/options.h"

struct exchange {
  struct link link;
  void *owner;          /* for whom epoll tells of it */
  bool is_open;
  bool is_busy;         /* a request has no response yet, or one that nobody took */
  bool waits_to_write;
  uint64_t rid;         /* of the request under way */
  char *in;
  size_t in_length;
  size_t in_capacity;
  char *body;           /* of the response, once it is there whole, with a NUL behind it */
  size_t body_length;
};

/* Sends a request; connects first where there is no connection. */
void exchange_post(struct exchange *exchange, int epoll, int source, const struct options *options,
                   const char *start, const char *payload, size_t payload_length);

/* Reads, and sends what is left; `body` is then set if the response is whole. */
void exchange_proceed(struct exchange *exchange, int epoll);

/* Makes room for the next request. */
void exchange_take(struct exchange *exchange);

#endif
