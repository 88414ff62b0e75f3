/*
 * One-to-one chat: pairs of clients, one sends, one receives. Closed loop (each arrival lets the
 * pair's sender send one more) or, after a warm-up in it, a fixed rate. Every message is accounted for: one lost,
 * repeated, out of order or bounced ends the run with an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "events.h"
#include "marker.h"
#include "options.h"
#include "session.h"
#include "stanza.h"
#include "tally.h"
#include "websocket.h"

#define READ_SIZE 65536u
#define BACKLOG_LIMIT 50000u

struct pair {
  struct session *sender;
  struct session *receiver;
  struct stanza message;
  uint32_t sent;
  uint32_t received;
  bool is_dirty;       /* has bytes to flush at the end of this turn */
  bool waits_to_write;
  /* The first bytes of a marker whose rest has not arrived. */
  char tail[MARKER_LENGTH];
  size_t tail_length;
};

struct run {
  struct options options;
  struct pair *pairs;
  struct pair **dirty;
  int dirty_count;
  int epoll;
  bool is_sending;
  bool is_paced;           /* at the fixed rate; else arrivals release messages */
  uint64_t next_due;       /* fixed rate: when the next message is to leave */
  uint64_t scheduled;
  struct tally tally;
};

static void address_message(struct pair *pair, const struct options *options) {
  char to[128];
  if (options->to_full) snprintf(to, sizeof to, "%s", pair->receiver->jid);
  else snprintf(to, sizeof to, "%s%d@%s", options->prefix, pair->receiver->index, options->domain);
  stanza_build(&pair->message, to, options->body, session_namespace(pair->sender));
}

static void mark_dirty(struct run *run, struct pair *pair) {
  if (pair->is_dirty) return;
  pair->is_dirty = true;
  run->dirty[run->dirty_count++] = pair;
}

static void watch(struct run *run, int operation, struct session *session, unsigned events) {
  struct epoll_event event = {.events = events, .data.u32 = (unsigned)session->index};
  if (epoll_ctl(run->epoll, operation, session->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void flush_pair(struct run *run, struct pair *pair) {
  bool waits_to_write = !link_flush(&pair->sender->link);
  if (waits_to_write == pair->waits_to_write) return;
  pair->waits_to_write = waits_to_write;
  watch(run, EPOLL_CTL_MOD, pair->sender, waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void send_message(struct run *run, struct pair *pair, uint64_t stamp) {
  struct link *link = &pair->sender->link;
  size_t from = link->out_length;
  char *room = link_reserve(link, pair->message.length);
  stanza_write(&pair->message, room, pair->sent, stamp);
  if (link->is_framed) websocket_wrap(link, from);
  pair->sent++;
  run->tally.in_flight++;
  /* A client writes each message by itself; the kernel may still join what a server leaves lying. */
  if (run->options.joins_writes || pair->waits_to_write) mark_dirty(run, pair);
  else flush_pair(run, pair);
}

static void count_arrival(struct run *run, struct pair *pair, uint32_t number, uint64_t sent,
                          uint64_t now) {
  tally_arrival(&run->tally, pair->receiver->index, pair->received, number, sent, now);
  pair->received++;
  if (run->is_sending && !run->is_paced) send_message(run, pair, now);
}

/* Scans `length` bytes at `data`; in front of it the unfinished marker of the last time fits. */
static void scan(struct run *run, struct pair *pair, char *data, size_t length) {
  uint64_t now = now_ns();
  uint64_t sent;
  uint32_t number;
  const char *end = data + length;
  const char *from = data - pair->tail_length;
  const char *rest = end;
  memcpy(data - pair->tail_length, pair->tail, pair->tail_length);
  for (const char *next; (next = marker_find(from, end, &number, &sent, &rest)); from = next)
    count_arrival(run, pair, number, sent, now);
  pair->tail_length = (size_t)(end - rest);
  memcpy(pair->tail, rest, pair->tail_length);
}

static void receive(struct run *run, struct pair *pair) {
  static char buffer[MARKER_LENGTH + READ_SIZE];
  char *data = buffer + MARKER_LENGTH;
  long length;
  do {
    length = link_read(&pair->receiver->link, data, READ_SIZE);
    if (length == LINK_CLOSED) fail("the server closed session %d", pair->receiver->index);
    if (length > 0) scan(run, pair, data, (size_t)length);
    /* A full buffer means more to come; TLS keeps bytes that epoll does not see. */
  } while (length == READ_SIZE || (length > 0 && pair->receiver->link.tls));
}

/* A sender is sent nothing but stream errors and its own bounced messages. */
static void listen_to_sender(struct pair *pair) {
  char text[4096];
  long length = link_read(&pair->sender->link, text, sizeof text - 1);
  if (length == LINK_CLOSED) fail("the server closed session %d", pair->sender->index);
  text[length] = 0;
  /* Frames have NULs in them. */
  if (memmem(text, (size_t)length, "error", 5) || memmem(text, (size_t)length, "<message", 8))
    fail("session %d got an error: %.600s", pair->sender->index, text);
}

static void flush_all(struct run *run) {
  for (int i = 0; i < run->dirty_count; i++) {
    run->dirty[i]->is_dirty = false;
    flush_pair(run, run->dirty[i]);
  }
  run->dirty_count = 0;
}

static void send_what_is_due(struct run *run, uint64_t now) {
  while (run->next_due <= now) {
    struct pair *pair = &run->pairs[run->scheduled++ % (unsigned)run->options.pairs];
    /* Stamped with the time it should have left: a late generator or server hides nothing. */
    send_message(run, pair, run->next_due);
    run->next_due += (uint64_t)(1e9 / run->options.rate);
  }
  if (run->tally.in_flight > BACKLOG_LIMIT)
    fail("the server does not keep up with %.0f messages/s", run->options.rate);
}

static void handle(struct run *run, struct epoll_event event) {
  struct pair *pair = &run->pairs[event.data.u32 / 2];
  if (event.data.u32 % 2) receive(run, pair);
  else if (event.events & ~(unsigned)EPOLLOUT) listen_to_sender(pair);
  if (event.events & EPOLLOUT) flush_pair(run, pair);
}

/* One turn: wait until `until` at most, take what arrived, send what that allows. */
static void turn(struct run *run, uint64_t until) {
  struct epoll_event events[256];
  uint64_t now = now_ns();
  if (run->is_sending && run->is_paced) {
    send_what_is_due(run, now);
    flush_all(run);
    if (run->next_due < until) until = run->next_due;
  }
  uint64_t pause = until > now ? until - now : 0;
  if (pause > 100000000u) pause = 100000000u;
  struct timespec timeout = {.tv_nsec = (long)pause};
  int count = epoll_pwait2(run->epoll, events, 256, &timeout, NULL);
  for (int i = 0; i < count; i++) handle(run, events[i]);
  flush_all(run);
}

static void run_until(struct run *run, uint64_t end) {
  for (uint64_t now; (now = now_ns()) < end; turn(run, end)) tally_check(&run->tally, now);
}

/* All that was sent must arrive, after the window too. */
static void drain(struct run *run) {
  run->is_sending = false;
  while (run->tally.in_flight) run_until(run, now_ns() + 1000000u);
}

static void pair_up(struct run *run, struct session *sessions) {
  run->pairs = calloc((size_t)run->options.pairs, sizeof *run->pairs);
  run->dirty = calloc((size_t)run->options.pairs, sizeof *run->dirty);
  if (!run->pairs || !run->dirty) fail("out of memory");
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < run->options.pairs; i++) {
    struct pair *pair = &run->pairs[i];
    pair->sender = &sessions[2 * i];
    pair->receiver = &sessions[2 * i + 1];
    address_message(pair, &run->options);
    watch(run, EPOLL_CTL_ADD, pair->sender, EPOLLIN);
    watch(run, EPOLL_CTL_ADD, pair->receiver, EPOLLIN);
  }
}

static void start_closed_loop(struct run *run) {
  run->is_sending = true;
  run->tally.last_arrival = now_ns();
  for (int i = 0; i < run->options.pairs; i++)
    for (int k = 0; k < run->options.outstanding; k++)
      send_message(run, &run->pairs[i], now_ns());
  flush_all(run);
}

/* The first seconds at the new pace are not measured. */
static void start_fixed_rate(struct run *run) {
  drain(run);
  run->is_sending = run->is_paced = true;
  run->tally.last_arrival = run->next_due = now_ns();
  say("{\"event\":\"paced\"}");
  run_until(run, now_ns() + (uint64_t)(run->options.settle * 1e9));
}

static void measure(struct run *run) {
  /* Warm-up is at full load in any case: at a low rate a compiling server takes minutes. */
  start_closed_loop(run);
  run_until(run, now_ns() + (uint64_t)(run->options.warmup * 1e9));
  if (run->options.rate > 0) start_fixed_rate(run);
  tally_begin(&run->tally);
  run_until(run, run->tally.begun + (uint64_t)(run->options.seconds * 1e9));
  tally_end(&run->tally);
}

static void sign_out(struct session *sessions, int count) {
  for (int i = 0; i < count; i++) {
    session_queue_end(&sessions[i]);
    link_flush(&sessions[i].link);
    link_close(&sessions[i].link);
  }
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  int count = 2 * run.options.pairs;
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  allow_connections(count);
  struct session *sessions = calloc((size_t)count, sizeof *sessions);
  if (!sessions) fail("out of memory");

  uint64_t start = now_ns();
  sign_in(sessions, 0, count, &run.options);
  say("{\"event\":\"signed-in\",\"sessions\":%d,\"seconds\":%.3f}", count,
      (double)(now_ns() - start) / 1e9);
  pair_up(&run, sessions);
  measure(&run);
  drain(&run);
  say("{\"event\":\"drained\"}");
  sign_out(sessions, count);
  return 0;
}
