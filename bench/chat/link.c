#define _GNU_SOURCE
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"

static struct sockaddr_in address(const char *host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("not an IPv4 address: %s", host);
  return address;
}

/* Many connections to one port need more local ports than one address has. */
static void bind_source(int fd, int source) {
  int on = 1;
  struct sockaddr_in local = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(0x7f000000u + (unsigned)source)};
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) fail("bind: %s", strerror(errno));
}

void link_connect(struct link *link, const char *host, int port, int source) {
  int on = 1;
  struct sockaddr_in server = address(host, port);
  memset(link, 0, sizeof *link);
  link->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (link->fd < 0) fail("socket: %s", strerror(errno));
  setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ntohl(server.sin_addr.s_addr) >> 24 == 127) bind_source(link->fd, source);
  if (connect(link->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
    fail("connect to %s:%d: %s", host, port, strerror(errno));
}

#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *tls_context(void) {
  static SSL_CTX *context;
  if (context) return context;
  context = SSL_CTX_new(TLS_client_method());
  if (!context) fail("OpenSSL does not start");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  return context;
}

void link_start_tls(struct link *link) {
  SSL *tls = SSL_new(tls_context());
  if (!tls || !SSL_set_fd(tls, link->fd)) fail("OpenSSL takes no socket");
  SSL_set_connect_state(tls);
  link->tls = tls;
}

/* OpenSSL's word on a call that moved nothing, in terms of this file. */
static long tls_outcome(SSL *tls, int result) {
  int error = SSL_get_error(tls, result);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? LINK_EMPTY : LINK_CLOSED;
}

static long tls_read(struct link *link, char *buffer, size_t capacity) {
  int result = SSL_read(link->tls, buffer, (int)capacity);
  return result > 0 ? result : tls_outcome(link->tls, result);
}

static long tls_write(struct link *link) {
  int result = SSL_write(link->tls, link->out, (int)link->out_length);
  return result > 0 ? result : tls_outcome(link->tls, result);
}
#else
void link_start_tls(struct link *link) {
  (void)link;
  fail("built without TLS (compile with -DWITH_TLS -lssl -lcrypto)");
}

static long tls_read(struct link *link, char *buffer, size_t capacity) {
  (void)link, (void)buffer, (void)capacity;
  return LINK_CLOSED;
}

static long tls_write(struct link *link) {
  (void)link;
  return LINK_CLOSED;
}
#endif

long link_read(struct link *link, char *buffer, size_t capacity) {
  if (link->tls) return tls_read(link, buffer, capacity);
  ssize_t length = recv(link->fd, buffer, capacity, 0);
  if (length > 0) return length;
  return length < 0 && (errno == EAGAIN || errno == EINTR) ? LINK_EMPTY : LINK_CLOSED;
}

char *link_reserve(struct link *link, size_t length) {
  if (link->out_length + length > link->out_capacity) {
    link->out_capacity = 2 * (link->out_length + length);
    link->out = realloc(link->out, link->out_capacity);
    if (!link->out) fail("out of memory");
  }
  char *room = link->out + link->out_length;
  link->out_length += length;
  return room;
}

void link_queue(struct link *link, const char *text) {
  size_t length = strlen(text);
  memcpy(link_reserve(link, length), text, length);
}

static long write_some(struct link *link) {
  if (link->tls) return tls_write(link);
  ssize_t length = send(link->fd, link->out, link->out_length, MSG_NOSIGNAL);
  if (length >= 0) return length;
  return errno == EAGAIN || errno == EINTR ? LINK_EMPTY : LINK_CLOSED;
}

bool link_flush(struct link *link) {
  while (link->out_length) {
    long length = write_some(link);
    if (length == LINK_CLOSED) fail("the server closed a connection while it was written to");
    if (length == LINK_EMPTY) return false;
    link->out_length -= (size_t)length;
    memmove(link->out, link->out + length, link->out_length);
  }
  return true;
}

void link_close(struct link *link) {
#ifdef WITH_TLS
  if (link->tls) SSL_free(link->tls);
#endif
  close(link->fd);
  free(link->out);
  memset(link, 0, sizeof *link);
  link->fd = -1;
}
