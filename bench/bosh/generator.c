/*
 * One-to-one chat as chat/generator.c has it, in its closed loop, by clients over BOSH: a receiver
 * always has one request at the server, and all that a sender may send leaves with its next one.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "../chat/events.h"
#include "../chat/marker.h"
#include "../chat/session.h"
#include "../chat/stanza.h"
#include "../chat/tally.h"
#include "client.h"

#define TURN_MS 100
#define SILENCE_NS 30000000000u

struct pair {
  struct client *sender;
  struct client *receiver;
  struct stanza message;
  uint32_t sent;
  uint32_t received;
};

struct run {
  struct options options;
  struct client *clients;
  struct pair *pairs;
  int epoll;
  int signed_in;
  bool is_sending;
  struct tally tally;
};

static void send_message(struct run *run, struct pair *pair, uint64_t stamp) {
  char *room = client_reserve(pair->sender, pair->message.length);
  stanza_write(&pair->message, room, pair->sent++, stamp);
  run->tally.in_flight++;
}

/* Fails unless a session goes on; only a response's start tag can tell otherwise. */
static void check_open(const struct client *client, const struct exchange *answer) {
  const char *end = memchr(answer->body, '>', answer->body_length);
  size_t length = end ? (size_t)(end - answer->body) : answer->body_length;
  if (memmem(answer->body, length, "terminate", 9))
    fail("the server ended session %d: %.600s", client->index, answer->body);
}

static void read_messages(struct run *run, struct pair *pair, const struct exchange *answer) {
  uint64_t now = now_ns(), sent;
  uint32_t number;
  const char *from = answer->body, *end = from + answer->body_length, *rest;
  while ((from = marker_find(from, end, &number, &sent, &rest))) {
    tally_arrival(&run->tally, pair->receiver->index, pair->received, number, sent, now);
    pair->received++;
    if (run->is_sending) send_message(run, pair, now);
  }
  client_post(pair->sender);
}

/* A sender is sent nothing but its own bounced messages. */
static void check_empty(const struct client *client, const struct exchange *answer) {
  if (strstr(answer->body, "error") || strstr(answer->body, "<message"))
    fail("session %d got an error: %.600s", client->index, answer->body);
}

static void take_answer(struct run *run, struct client *client, const struct exchange *answer) {
  struct pair *pair = &run->pairs[client->index / 2];
  if (client->step != BOSH_SIGNED_IN) {
    run->signed_in += client_advance(client, answer->body);
    return;
  }
  check_open(client, answer);
  if (client == pair->receiver) read_messages(run, pair, answer);
  else check_empty(client, answer);
}

static void handle(struct run *run, struct exchange *ready) {
  struct client *client = ready->owner;
  exchange_proceed(ready, run->epoll);
  for (struct exchange *answer; (answer = client_answered(client));) {
    take_answer(run, client, answer);
    client_take(client, answer);
  }
  client_post(client);
}

static void turn(struct run *run) {
  struct epoll_event events[256];
  int count = epoll_wait(run->epoll, events, 256, TURN_MS);
  for (int i = 0; i < count; i++) handle(run, events[i].data.ptr);
}

static void run_until(struct run *run, uint64_t end) {
  for (uint64_t now; (now = now_ns()) < end; turn(run)) tally_check(&run->tally, now);
}

/* Two of each pair at a time, `parallel` sessions in all. */
static void sign_in_all(struct run *run) {
  int count = 2 * run->options.pairs, begun = 0;
  uint64_t deadline = now_ns() + SILENCE_NS;
  while (run->signed_in < count) {
    int before = run->signed_in;
    for (; begun < count && begun - run->signed_in < run->options.parallel; begun++)
      client_begin(&run->clients[begun], begun, run->epoll, &run->options);
    turn(run);
    if (run->signed_in > before) deadline = now_ns() + SILENCE_NS;
    if (now_ns() > deadline) fail("no session made progress for 30 s");
  }
}

static void prepare(struct run *run) {
  int count = 2 * run->options.pairs;
  allow_connections(count * WINDOW);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  run->clients = calloc((size_t)count, sizeof *run->clients);
  run->pairs = calloc((size_t)run->options.pairs, sizeof *run->pairs);
  if (!run->clients || !run->pairs) fail("out of memory");
  for (int i = 0; i < run->options.pairs; i++) {
    run->pairs[i].sender = &run->clients[2 * i];
    run->pairs[i].receiver = &run->clients[2 * i + 1];
  }
}

static void start(struct run *run) {
  const struct options *options = &run->options;
  run->is_sending = true;
  run->tally.last_arrival = now_ns();
  for (int i = 0; i < options->pairs; i++) {
    struct pair *pair = &run->pairs[i];
    char to[128];
    snprintf(to, sizeof to, "%s%d@%s", options->prefix, pair->receiver->index, options->domain);
    stanza_build(&pair->message, to, options->body, " xmlns='jabber:client'");
    for (int k = 0; k < options->outstanding; k++) send_message(run, pair, now_ns());
    client_post(pair->sender);
  }
}

static uint64_t requests(const struct run *run) {
  uint64_t total = 0;
  for (int i = 0; i < 2 * run->options.pairs; i++) total += run->clients[i].requests;
  return total;
}

static void measure(struct run *run) {
  start(run);
  run_until(run, now_ns() + (uint64_t)(run->options.warmup * 1e9));
  uint64_t before = requests(run);
  tally_begin(&run->tally);
  run_until(run, run->tally.begun + (uint64_t)(run->options.seconds * 1e9));
  run->tally.requests = requests(run) - before;
  tally_end(&run->tally);
}

/* All that was sent must arrive, after the window too. */
static void drain(struct run *run) {
  run->is_sending = false;
  while (run->tally.in_flight) run_until(run, now_ns() + 1000000u);
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  prepare(&run);
  sign_in_all(&run);
  say("{\"event\":\"signed-in\",\"sessions\":%d}", 2 * run.options.pairs);
  measure(&run);
  drain(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
