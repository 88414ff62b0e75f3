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

/* The newest replaces what is there; those who come back with one seldom get more than one new. */
static int keep_ticket(SSL *tls, SSL_SESSION *session) {
  SSL_SESSION **ticket = SSL_get_app_data(tls);
  if (!ticket) return 0;
  if (*ticket) SSL_SESSION_free(*ticket);
  *ticket = session;
  return 1;
}

static SSL_CTX *tls_context(void) {
  static SSL_CTX *context;
  if (context) return context;
  context = SSL_CTX_new(TLS_client_method());
  if (!context) fail("OpenSSL does not start");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_ticket);
  return context;
}

void link_start_tls(struct link *link, void **ticket) {
  SSL *tls = SSL_new(tls_context());
  if (!tls || !SSL_set_fd(tls, link->fd)) fail("OpenSSL takes no socket");
  SSL_set_app_data(tls, ticket);
  if (ticket && *ticket && !SSL_set_session(tls, *ticket)) fail("OpenSSL takes no session");
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
  if (result <= 0) return tls_outcome(link->tls, result);
  link->is_resumed = SSL_session_reused(link->tls);
  return result;
}

static long tls_write(struct link *link) {
  int result = SSL_write(link->tls, link->out, (int)link->out_length);
  return result > 0 ? result : tls_outcome(link->tls, result);
}

/* As if it had ended well: OpenSSL would forget sessions with those that did not. */
static void tls_end(struct link *link) {
  SSL_set_shutdown(link->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(link->tls);
}
#else
void link_start_tls(struct link *link, void **ticket) {
  (void)link, (void)ticket;
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

static void tls_end(struct link *link) { (void)link; }
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
  if (link->tls) tls_end(link);
  close(link->fd);
  free(link->out);
  memset(link, 0, sizeof *link);
  link->fd = -1;
}

void link_break(struct link *link) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  link_close(link);
}
