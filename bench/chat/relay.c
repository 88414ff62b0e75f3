/*
 * The generator's own ceiling: speaks just enough XMPP to let its clients sign in, then passes
 * each sender's bytes to the pair's receiver unread. No server can be faster; what the generator
 * reaches here shows that it is not the slowest part of a measurement. PLAIN without TLS only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"

#define MOST_CLIENTS 20000
#define HEADER                                                                            \
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='relay' from='localhost' " \
  "version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>"

struct client {
  int fd;
  int index;
  int answers; /* how far the sign-in has got; it is the same for every client */
};

static struct client *clients[MOST_CLIENTS]; /* by index */

static void answer(const struct client *client, const char *text) {
  if (send(client->fd, text, strlen(text), MSG_NOSIGNAL) < 0) fail("send: %s", strerror(errno));
}

/* The name ends the base64 text's second field; its digits are the client's index. */
static void take_index(struct client *client, const char *text) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *from = strstr(text, "'PLAIN'>");
  if (!from) fail("the relay knows PLAIN only");
  char name[256] = "";
  size_t length = 0;
  unsigned bits = 0;
  int count = 0;
  for (from += 8; *from && strchr(digits, *from) && length < sizeof name - 1; from++) {
    bits = bits << 6 | (unsigned)(strchr(digits, *from) - digits);
    if ((count += 6) >= 8) name[length++] = (char)(bits >> (count -= 8));
  }
  const char *user = name + 1;
  client->index = atoi(user + strcspn(user, "0123456789"));
  if (client->index < 0 || client->index >= MOST_CLIENTS) fail("the relay has no such place");
  clients[client->index] = client;
}

static void sign_in_step(struct client *client, const char *text) {
  char jid[256];
  switch (client->answers++) {
    case 0:
      answer(client, HEADER "<stream:features><mechanisms "
                            "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN"
                            "</mechanism></mechanisms></stream:features>");
      break;
    case 1:
      take_index(client, text);
      answer(client, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
      break;
    case 2:
      answer(client, HEADER "<stream:features><bind "
                            "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>");
      break;
    case 3:
      snprintf(jid, sizeof jid,
               "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
               "<jid>bench%d@localhost/bench</jid></bind></iq>",
               client->index);
      answer(client, jid);
      break;
    default:
      answer(client, "<iq type='result' id='fence'/>");
  }
}

static void pass_on(const struct client *from, const char *data, size_t length) {
  const struct client *to = clients[from->index ^ 1];
  if (!to) return;
  while (length) {
    ssize_t sent = send(to->fd, data, length, MSG_NOSIGNAL);
    if (sent < 0) return;
    data += sent;
    length -= (size_t)sent;
  }
}

/* Looks no further than at the last bytes, of which chat's messages have none. */
static bool ends_stream(const char *data, size_t length) {
  static const char end[] = "</stream:stream>";
  size_t wanted = sizeof end - 1;
  return length >= wanted && memcmp(data + length - wanted, end, wanted) == 0;
}

/* Whoever has closed the connection already wants no answer. */
static void end_stream(const struct client *client) {
  static const char end[] = "</stream:stream>";
  if (send(client->fd, end, sizeof end - 1, MSG_NOSIGNAL) < 0) return;
}

static void receive(struct client *client) {
  static char buffer[65537];
  ssize_t length = recv(client->fd, buffer, sizeof buffer - 1, 0);
  if (length <= 0) {
    if (clients[client->index] == client) clients[client->index] = NULL;
    close(client->fd);
    free(client);
    return;
  }
  buffer[length] = 0;
  if (ends_stream(buffer, (size_t)length)) end_stream(client);
  else if (client->answers < 5) sign_in_step(client, buffer);
  else pass_on(client, buffer, (size_t)length);
}

static void admit(int listener, int epoll) {
  int on = 1;
  struct client *client = calloc(1, sizeof *client);
  if (!client) fail("out of memory");
  client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (client->fd < 0) fail("accept: %s", strerror(errno));
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static int listen_on(int port) {
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 512) < 0)
    fail("port %d: %s", port, strerror(errno));
  return listener;
}

int main(int argc, char **argv) {
  if (argc != 3) fail("usage: relay PORT DEADLINE-SECONDS");
  int listener = listen_on(atoi(argv[1]));
  end_after((unsigned)atoi(argv[2]));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr) receive(events[i].data.ptr);
      else admit(listener, epoll);
    }
  }
}
