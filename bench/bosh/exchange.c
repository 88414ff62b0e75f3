#define _GNU_SOURCE
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "../chat/events.h"

#define IN_CAPACITY 16384u
#define MOST_CAPACITY (4u << 20)
#define BODY_END "</body>"

static void watch(struct exchange *exchange, int epoll, int operation) {
  unsigned events = exchange->waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
  struct epoll_event event = {.events = events, .data.ptr = exchange};
  if (epoll_ctl(epoll, operation, exchange->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void open_connection(struct exchange *exchange, int epoll, int source,
                            const struct options *options) {
  if (!exchange->in) {
    exchange->in_capacity = IN_CAPACITY;
    exchange->in = malloc(IN_CAPACITY);
    if (!exchange->in) fail("out of memory");
  }
  link_connect(&exchange->link, options->host, options->port, source);
  exchange->is_open = true;
  exchange->waits_to_write = false;
  watch(exchange, epoll, EPOLL_CTL_ADD);
}

static void flush(struct exchange *exchange, int epoll) {
  bool waits_to_write = !link_flush(&exchange->link);
  if (waits_to_write == exchange->waits_to_write) return;
  exchange->waits_to_write = waits_to_write;
  watch(exchange, epoll, EPOLL_CTL_MOD);
}

void exchange_post(struct exchange *exchange, int epoll, int source, const struct options *options,
                   const char *start, const char *payload, size_t payload_length) {
  char head[256];
  struct link *link = &exchange->link;
  size_t end = payload_length ? strlen(BODY_END) : 0;
  if (!exchange->is_open) open_connection(exchange, epoll, source, options);
  snprintf(head, sizeof head,
           "POST /http-bind HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: text/xml; charset=utf-8\r\n"
           "Content-Length: %zu\r\n\r\n",
           options->domain, options->port, strlen(start) + payload_length + end);
  exchange->is_busy = true;
  exchange->in_length = 0;
  exchange->body = NULL;
  link_queue(link, head);
  link_queue(link, start);
  if (payload_length) {
    memcpy(link_reserve(link, payload_length), payload, payload_length);
    link_queue(link, BODY_END);
  }
  flush(exchange, epoll);
}

/* Bytes of the body as the response's head says; the head ends at `end`. */
static size_t content_length(const char *head, const char *end) {
  static const char name[] = "\r\ncontent-length:";
  for (const char *line = head; line && line < end; line = strstr(line + 1, "\r\n"))
    if (strncasecmp(line, name, sizeof name - 1) == 0)
      return (size_t)strtoul(line + sizeof name - 1, NULL, 10);
  fail("a response does not tell its length: %.600s", head);
}

static void make_room(struct exchange *exchange) {
  if (exchange->in_capacity - exchange->in_length > IN_CAPACITY / 2) return;
  exchange->in_capacity *= 2;
  exchange->in = realloc(exchange->in, exchange->in_capacity);
  if (!exchange->in || exchange->in_capacity > MOST_CAPACITY) fail("an endless response");
}

static void find_body(struct exchange *exchange) {
  char *in = exchange->in;
  char *end = memmem(in, exchange->in_length, "\r\n\r\n", 4);
  if (!end) return;
  if (strncmp(in, "HTTP/1.1 200", 12) != 0) fail("a request was refused: %.600s", in);
  size_t length = content_length(in, end);
  if ((size_t)(in + exchange->in_length - end) < 4 + length) return;
  exchange->body = end + 4;
  exchange->body_length = length;
}

/* A server may close what is not in use; the next request then opens another. */
static void lose(struct exchange *exchange) {
  if (exchange->is_busy && !exchange->body) fail("the server closed a connection under a request");
  link_close(&exchange->link);
  exchange->is_open = false;
}

void exchange_proceed(struct exchange *exchange, int epoll) {
  long length = 1;
  while (length > 0 && exchange->is_open) {
    make_room(exchange);
    size_t room = exchange->in_capacity - 1 - exchange->in_length;
    length = link_read(&exchange->link, exchange->in + exchange->in_length, room);
    if (length == LINK_CLOSED) {
      lose(exchange);
      return;
    }
    exchange->in_length += (size_t)length;
    exchange->in[exchange->in_length] = 0;
    if (length > 0 && (size_t)length < room) break;
  }
  if (exchange->is_busy && exchange->in_length && !exchange->body) find_body(exchange);
  if (exchange->waits_to_write) flush(exchange, epoll);
}

void exchange_take(struct exchange *exchange) {
  exchange->is_busy = false;
  exchange->body = NULL;
}
