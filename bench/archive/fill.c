#define _GNU_SOURCE
#include "fill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../chat/events.h"
#include "../chat/marker.h"
#include "../chat/session.h"
#include "../chat/stanza.h"
#include "../chat/tally.h"

#define READ_SIZE 65536u

struct correspondence {
  struct session *sender;
  struct session *receiver;
  struct stanza message;
  uint32_t sent;
  uint32_t received;
  char tail[MARKER_LENGTH];
  size_t tail_length;
};

static void send_next(struct correspondence *letters, struct tally *tally, uint32_t archived) {
  struct link *link = &letters->sender->link;
  if (letters->sent == archived) return;
  stanza_write(&letters->message, link_reserve(link, letters->message.length), letters->sent++, 0);
  tally->in_flight++;
  if (!link_flush(link)) fail("the server does not read session %d", letters->sender->index);
}

static void receive(struct correspondence *letters, struct tally *tally, uint32_t archived) {
  static char buffer[MARKER_LENGTH + READ_SIZE];
  char *data = buffer + MARKER_LENGTH;
  uint32_t number;
  uint64_t sent, now = now_ns();
  long length = link_read(&letters->receiver->link, data, READ_SIZE);
  if (length == LINK_CLOSED) fail("the server closed session %d", letters->receiver->index);
  const char *end = data + length, *from = data - letters->tail_length, *rest = end;
  memcpy(data - letters->tail_length, letters->tail, letters->tail_length);
  for (const char *next; (next = marker_find(from, end, &number, &sent, &rest)); from = next) {
    tally_arrival(tally, letters->receiver->index, letters->received++, number, now, now);
    send_next(letters, tally, archived);
  }
  letters->tail_length = (size_t)(end - rest);
  memcpy(letters->tail, rest, letters->tail_length);
}

static void watch(int epoll, const struct session *receiver) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)receiver->index / 2};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, receiver->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void begin(struct correspondence *letters, struct tally *tally, struct session *sessions,
                  const struct options *options) {
  char to[128];
  letters->sender = sessions;
  letters->receiver = sessions + 1;
  snprintf(to, sizeof to, "%s%d@%s", options->prefix, letters->receiver->index, options->domain);
  stanza_build(&letters->message, to, options->body, "");
  for (int i = 0; i < options->outstanding; i++)
    send_next(letters, tally, (uint32_t)options->archived);
}

void fill(const struct options *options) {
  static struct tally tally;
  int pairs = options->accounts / 2, epoll = epoll_create1(EPOLL_CLOEXEC);
  struct session *sessions = calloc((size_t)options->accounts, sizeof *sessions);
  struct correspondence *all = calloc((size_t)pairs, sizeof *all);
  if (!sessions || !all) fail("out of memory");
  sign_in(sessions, 0, 2 * pairs, options);
  tally.last_arrival = now_ns();
  for (int i = 0; i < pairs; i++) {
    begin(&all[i], &tally, &sessions[2 * i], options);
    watch(epoll, all[i].receiver);
  }
  while (tally.in_flight) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, 1000);
    for (int i = 0; i < count; i++)
      receive(&all[events[i].data.u32], &tally, (uint32_t)options->archived);
    tally_check(&tally, now_ns());
  }
}
