/*
 * Sessions with stream management lose their connections, all at once, miss some messages, and come
 * back: a bounded number at once, or at a fixed rate. Again and again; each missed message is to
 * come exactly once, and in order. Anything else ends the run with an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#include "../chat/authentication.h"
#include "../chat/events.h"
#include "../chat/histogram.h"
#include "../chat/marker.h"
#include "../chat/stanza.h"
#include "../login/mechanisms.h"
#include "client.h"

#define SILENCE_NS 30000000000u
/* Longest wait for events, in nanoseconds. */
#define TURN_NS 100000000u
/* In which the server sees what has happened, and the runner reads its processor time. */
#define PAUSE_NS 300000000
/* Who send what the others miss. */
#define SENDERS 8
#define MOST_STORMS 200

struct run {
  struct options options;
  struct session *sessions; /* those that come and go, then the senders */
  struct client *clients;
  int count;                /* of those that come and go */
  int epoll;
  int begun;                /* of this storm */
  int under_way;
  int back;
  uint64_t next_due;
  uint64_t last_progress;
  bool is_measuring;
  uint64_t storms;          /* measured, as all below */
  uint64_t resumptions;
  uint64_t nanoseconds;
  uint64_t cpu;
  struct histogram latencies;
};

static void rest(void) {
  struct timespec time = {.tv_nsec = PAUSE_NS};
  nanosleep(&time, NULL);
}

static void watch(struct run *run, struct client *client) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client->session};
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, client->session->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void begin(struct run *run, uint64_t due) {
  struct client *client = &run->clients[run->begun++];
  run->under_way++;
  client->due = due;
  client->is_coming = true;
  client_prepare(client);
  sign_in_begin(client->session, client->session->index, run->epoll, &run->options);
}

static bool may_begin(const struct run *run) {
  return run->begun < run->count && run->under_way < run->options.parallel;
}

static void begin_what_is_due(struct run *run, uint64_t now) {
  bool is_paced = run->options.rate > 0;
  while (may_begin(run) && (!is_paced || run->next_due <= now)) {
    begin(run, is_paced ? run->next_due : now);
    if (is_paced) run->next_due += (uint64_t)(1e9 / run->options.rate);
  }
}

/* Signed in: from here on its stanzas are counted. */
static void take_over(struct run *run, struct client *client) {
  struct session *session = client->session;
  client->is_coming = false;
  watch(run, client);
  if (run->options.token_mechanism) client_take(client, session->in, session->in_length);
  else client_resume(client);
  sign_in_forget(session);
}

static void complete(struct run *run, struct client *client) {
  run->back++;
  run->under_way--;
  if (!run->is_measuring) return;
  run->resumptions++;
  histogram_add(&run->latencies, now_ns() - client->due);
}

static void handle(struct run *run, struct client *client) {
  bool was_there = client->is_there;
  if (client->is_coming) {
    if (!sign_in_proceed(client->session, run->epoll, &run->options)) return;
    take_over(run, client);
  }
  /* TLS may have what epoll does not see. */
  client_receive(client);
  client_flush(client);
  if (client->is_there && !was_there) complete(run, client);
}

static void turn(struct run *run, uint64_t until) {
  struct epoll_event events[64];
  uint64_t now = now_ns(), pause = until > now ? until - now : 0;
  struct timespec timeout = {.tv_nsec = (long)(pause < TURN_NS ? pause : TURN_NS)};
  int count = epoll_pwait2(run->epoll, events, 64, &timeout, NULL);
  if (count > 0) run->last_progress = now;
  if (now - run->last_progress > SILENCE_NS)
    fail("no session made progress for %u s", (unsigned)(SILENCE_NS / 1000000000u));
  for (int i = 0; i < count; i++) {
    struct session *session = events[i].data.ptr;
    handle(run, &run->clients[session->index]);
  }
}

/* Until all have got an answer: what the server has sent before has come then. */
static void fence(struct run *run, int from, int to) {
  run->last_progress = now_ns();
  for (int i = from; i < to; i++) {
    client_ping(&run->clients[i], run->options.domain);
    client_flush(&run->clients[i]);
  }
  for (int i = from; i < to; i++)
    while (run->clients[i].awaits_answer) turn(run, UINT64_MAX);
}

static void lose(struct run *run) {
  for (int i = 0; i < run->count; i++) link_break(&run->sessions[i].link);
  rest();
}

static void send_message(struct run *run, struct client *sender, struct client *receiver) {
  struct link *link = &sender->session->link;
  struct stanza message;
  char to[128];
  snprintf(to, sizeof to, "%s%d@%s", run->options.prefix, receiver->session->index,
           run->options.domain);
  stanza_build(&message, to, run->options.body, "");
  stanza_write(&message, link_reserve(link, message.length), receiver->owed++, now_ns());
  /* Here the id has the marker whole: start tags are all that is read. */
  char *stanza = link->out + link->out_length - message.length;
  memcpy(stanza + message.id_at, stanza + message.marker_at, MARKER_LENGTH);
  free(message.text);
  while (!link_flush(link)) {
    struct pollfd writable = {.fd = link->fd, .events = POLLOUT};
    if (poll(&writable, 1, (int)(SILENCE_NS / 1000000u)) <= 0) fail("the server reads no messages");
  }
}

static void send_what_is_missed(struct run *run) {
  for (int k = 0; k < run->options.missed; k++)
    for (int i = 0; i < run->count; i++)
      send_message(run, &run->clients[run->count + i % SENDERS], &run->clients[i]);
  fence(run, run->count, run->count + SENDERS);
  rest();
}

/* The runner reads the server's processor time at `returning` and at `back`. */
static void come_back(struct run *run) {
  run->begun = run->back = run->under_way = 0;
  say("{\"event\":\"returning\",\"isMeasured\":%d}", run->is_measuring);
  rest();
  uint64_t start = now_ns(), cpu = own_cpu_ns();
  run->next_due = run->last_progress = start;
  while (run->back < run->count) {
    begin_what_is_due(run, now_ns());
    turn(run, may_begin(run) ? run->next_due : UINT64_MAX);
  }
  uint64_t taken = now_ns() - start;
  if (run->is_measuring) {
    run->storms++;
    run->nanoseconds += taken;
    run->cpu += own_cpu_ns() - cpu;
  }
  say("{\"event\":\"back\",\"isMeasured\":%d,\"seconds\":%.6f}", run->is_measuring,
      (double)taken / 1e9);
  rest();
  fence(run, 0, run->count);
}

static void storm(struct run *run) {
  lose(run);
  send_what_is_missed(run);
  come_back(run);
}

static void measure(struct run *run) {
  uint64_t end = now_ns() + (uint64_t)(run->options.warmup * 1e9);
  do storm(run);
  while (now_ns() < end);
  run->is_measuring = true;
  do storm(run);
  while ((double)run->nanoseconds / 1e9 < run->options.seconds && run->storms < MOST_STORMS);
  double seconds = (double)run->nanoseconds / 1e9;
  say("{\"event\":\"measured\",\"resumptions\":%lu,\"storms\":%lu,\"seconds\":%.6f,\"rate\":%.1f,"
      "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"generatorShare\":%.4f}",
      run->resumptions, run->storms, seconds, (double)run->resumptions / seconds,
      histogram_percentile_ms(&run->latencies, 0.5),
      histogram_percentile_ms(&run->latencies, 0.99), (double)run->cpu / 1e9 / seconds);
}

static void sign_in_all(struct run *run) {
  int all = run->count + SENDERS;
  allow_connections(all);
  authentication_keep(&run->options, all);
  run->sessions = calloc((size_t)all, sizeof *run->sessions);
  run->clients = calloc((size_t)all, sizeof *run->clients);
  if (!run->sessions || !run->clients) fail("out of memory");
  sign_in(run->sessions, 0, all, &run->options);
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < all; i++) {
    run->clients[i].session = &run->sessions[i];
    watch(run, &run->clients[i]);
  }
}

/* From here on sessions end with their sign-in, and what is theirs is asked for. */
static void enable_all(struct run *run) {
  run->last_progress = now_ns();
  for (int i = 0; i < run->count; i++) {
    client_enable(&run->clients[i]);
    client_flush(&run->clients[i]);
  }
  for (int i = 0; i < run->count; i++)
    while (!run->clients[i].is_there) turn(run, UINT64_MAX);
  run->options.until_authenticated = true;
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  run.count = run.options.users;
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  choose_mechanism(&run.options);
  sign_in_all(&run);
  enable_all(&run);
  measure(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
