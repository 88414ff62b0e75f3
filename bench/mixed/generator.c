/*
 * A mixed day: people who are there chat, type, change their presence and ask the server things,
 * while others log in and out, all at a fixed rate and in a fixed order. All that is sent is
 * accounted for; anything that is lost, repeated, out of order or refused ends the run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "../chat/authentication.h"
#include "../chat/events.h"
#include "../login/mechanisms.h"
#include "person.h"
#include "visitors.h"

#define STALL_NS 10000000000u
#define TURN_NS 100000000u
/* From the beginning of typing to the message. */
#define TYPING_NS 1000000000u
#define VISITORS 200
/* The warm-up is so many times as fast: at a low rate a compiling server takes minutes. */
#define WARMUP_PACE 3
#define BACKLOG_LIMIT 50000u
/* Messages that are being typed. */
#define TYPED_AT_ONCE 65536u

/* m: types, and a second later the message; q: asks; p: changes presence; l: a login, later its end. */
static const char pattern[] = "mqmpmqmqmpmlmqmqmpmqmqmpmqmlmqmpmqmqmpmq";
/* Of 12 queries: see person_asks. */
static const char queries[] = "pdprpdpapdpr";

struct run {
  struct options options;
  struct session *sessions;
  struct person *people;
  char (*addresses)[128];
  int count;
  int epoll;
  struct arrivals arrivals;
  struct visitors visitors;
  double rate;
  bool is_living;        /* something new happens */
  uint64_t next_due;
  uint64_t actions, talks, changes, asked;
  /* A ring: when the messages are due that are being typed. */
  uint64_t typed[TYPED_AT_ONCE];
  uint64_t written;
};

static struct person *partner(struct run *run, uint64_t talk, struct person **from) {
  uint64_t number = talk % (uint64_t)run->count;
  *from = &run->people[number];
  return &run->people[number ^ 1];
}

static const char *address_of(struct run *run, const struct person *person) {
  return run->addresses[person->session->index];
}

static void type(struct run *run, uint64_t due) {
  struct person *from, *to = partner(run, run->talks, &from);
  if (run->talks - run->written == TYPED_AT_ONCE) fail("too much is being typed");
  run->typed[run->talks++ % TYPED_AT_ONCE] = due + TYPING_NS;
  person_types(from, to, address_of(run, to), &run->arrivals);
}

static void write_what_is_typed(struct run *run, uint64_t now) {
  while (run->written < run->talks && run->typed[run->written % TYPED_AT_ONCE] <= now) {
    struct person *from, *to = partner(run, run->written, &from);
    uint64_t due = run->typed[run->written++ % TYPED_AT_ONCE];
    person_writes(from, to, address_of(run, to), run->options.body, due, &run->arrivals);
  }
}

static void ask(struct run *run, uint64_t due) {
  char kind = queries[run->asked % (sizeof queries - 1)];
  /* By strides, so that not the same people ask the same. */
  struct person *person = &run->people[run->asked++ * 7 % (uint64_t)run->count];
  if (kind == 'a' && !run->options.with_archive) kind = 'p';
  person_asks(person, kind, run->options.domain, due, &run->arrivals);
}

static void act(struct run *run, uint64_t due) {
  switch (pattern[run->actions++ % (sizeof pattern - 1)]) {
    case 'm': type(run, due); break;
    case 'q': ask(run, due); break;
    case 'p':
      person_changes(&run->people[run->changes++ * 11 % (uint64_t)run->count], &run->arrivals);
      break;
    default: visitors_come(&run->visitors, due);
  }
}

static void do_what_is_due(struct run *run, uint64_t now) {
  write_what_is_typed(run, now);
  visitors_go(&run->visitors, now);
  while (run->is_living && run->next_due <= now) {
    act(run, run->next_due);
    run->next_due += (uint64_t)(1e9 / run->rate);
  }
}

static void check(const struct run *run, uint64_t now) {
  uint64_t pending = run->arrivals.pending + run->arrivals.messages.in_flight;
  if (pending > BACKLOG_LIMIT) fail("the server does not keep up with %.0f actions/s", run->rate);
  if (pending && now > run->arrivals.last && now - run->arrivals.last > STALL_NS)
    fail("nothing arrived for %u s, %lu stanzas are missing", (unsigned)(STALL_NS / 1000000000u),
         pending);
}

static uint64_t next_event(const struct run *run, uint64_t now) {
  uint64_t next = now + TURN_NS;
  if (run->is_living && run->next_due < next) next = run->next_due;
  if (run->written < run->talks && run->typed[run->written % TYPED_AT_ONCE] < next)
    next = run->typed[run->written % TYPED_AT_ONCE];
  return next > now ? next - now : 0;
}

static void turn(struct run *run) {
  struct epoll_event events[128];
  uint64_t now = now_ns();
  do_what_is_due(run, now);
  check(run, now);
  struct timespec timeout = {.tv_nsec = (long)next_event(run, now_ns())};
  int count = epoll_pwait2(run->epoll, events, 128, &timeout, NULL);
  for (int i = 0; i < count; i++) {
    struct session *session = events[i].data.ptr;
    if (session->index >= run->count) visitors_handle(&run->visitors, session);
    else person_receive(&run->people[session->index], &run->arrivals);
  }
}

static void live_for(struct run *run, double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) turn(run);
}

/* All that was sent must arrive, after the window too, and whoever came is to leave. */
static void drain(struct run *run) {
  struct arrivals *arrivals = &run->arrivals;
  run->is_living = false;
  while (run->written < run->talks || arrivals->pending || arrivals->messages.in_flight ||
         !visitors_are_gone(&run->visitors))
    turn(run);
}

static void measure(struct run *run) {
  struct arrivals *arrivals = &run->arrivals;
  run->is_living = true;
  run->next_due = arrivals->last = now_ns();
  run->rate = run->options.rate * WARMUP_PACE;
  live_for(run, run->options.warmup);
  run->rate = run->options.rate;
  live_for(run, run->options.settle);
  run->visitors.is_measuring = true;
  uint64_t stanzas = arrivals->stanzas, actions = run->actions;
  tally_begin(&arrivals->messages);
  live_for(run, run->options.seconds);
  run->visitors.is_measuring = false;
  tally_end(&arrivals->messages);
  say("{\"event\":\"besides\",\"actions\":%lu,\"stanzas\":%lu,\"answers\":%lu,\"answerP50Ms\":%.4f,"
      "\"answerP99Ms\":%.4f,\"logins\":%lu,\"loginP50Ms\":%.4f,\"loginP99Ms\":%.4f}",
      run->actions - actions, arrivals->stanzas - stanzas, arrivals->answers.total,
      histogram_percentile_ms(&arrivals->answers, 0.5),
      histogram_percentile_ms(&arrivals->answers, 0.99), run->visitors.logins.total,
      histogram_percentile_ms(&run->visitors.logins, 0.5),
      histogram_percentile_ms(&run->visitors.logins, 0.99));
}

static void gather(struct run *run) {
  int count = run->count;
  allow_connections(count + VISITORS);
  authentication_keep(&run->options, count + VISITORS);
  run->sessions = calloc((size_t)count, sizeof *run->sessions);
  run->people = calloc((size_t)count, sizeof *run->people);
  run->addresses = calloc((size_t)count, sizeof *run->addresses);
  if (!run->sessions || !run->people || !run->addresses) fail("out of memory");
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  visitors_prepare(&run->visitors, count, VISITORS, run->epoll, &run->options);
  sign_in(run->sessions, 0, count, &run->options);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &run->sessions[i]};
    run->people[i].session = &run->sessions[i];
    snprintf(run->addresses[i], sizeof run->addresses[i], "%s%d@%s", run->options.prefix, i,
             run->options.domain);
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->sessions[i].link.fd, &event) < 0)
      fail("epoll: %s", strerror(errno));
  }
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  run.count = run.options.users;
  if (run.count % CIRCLE || run.options.rate <= 0) fail("--users in tens, and --rate, please");
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  choose_mechanism(&run.options);
  gather(&run);
  measure(&run);
  drain(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
