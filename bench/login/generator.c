/*
 * Logins: a bounded number at once, or at a fixed rate, and each ends its session as soon as it is
 * complete. One that is refused, or that stays without an answer, ends the run with an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../chat/authentication.h"
#include "../chat/events.h"
#include "../chat/histogram.h"
#include "../chat/options.h"
#include "../chat/session.h"
#include "mechanisms.h"

#define SILENCE_NS 30000000000u
/* Longest wait for events, in nanoseconds. */
#define TURN_NS 100000000u
/* Sessions at their end, besides the logins under way: some servers take 100 ms to close one. */
#define MOST_LEAVING 200

/* From connecting until the server has closed the stream. */
struct visit {
  struct session session; /* first: epoll hands it back */
  uint64_t due;           /* when it was to begin */
  bool leaves;
};

struct run {
  struct options options;
  struct visit *visits;
  struct visit **vacant;
  int vacant_count;
  int places;
  int under_way;          /* logins that are not complete */
  int epoll;
  bool is_admitting;
  bool is_measuring;
  uint64_t begun;
  uint64_t next_due;      /* fixed rate: when the next login is to begin */
  uint64_t last_progress;
  uint64_t logins;        /* complete within the measured window */
  uint64_t resumed;       /* of them: those whose TLS session was an earlier one */
  struct histogram latencies;
};

static bool is_paced(const struct run *run) { return run->options.rate > 0; }

static void begin(struct run *run, uint64_t due) {
  struct visit *visit = run->vacant[--run->vacant_count];
  int account = run->options.first + (int)(run->begun++ % (uint64_t)run->options.accounts);
  run->under_way++;
  visit->due = due;
  visit->leaves = false;
  sign_in_begin(&visit->session, account, run->epoll, &run->options);
}

static bool may_begin(const struct run *run) {
  return run->is_admitting && run->under_way < run->options.parallel && run->vacant_count > 0;
}

/* A login that was due while all places were taken begins late, and its latency tells. */
static void begin_what_is_due(struct run *run, uint64_t now) {
  while (may_begin(run) && run->next_due <= now) {
    begin(run, is_paced(run) ? run->next_due : now);
    if (is_paced(run)) run->next_due += (uint64_t)(1e9 / run->options.rate);
  }
}

/* The session ends as it should: the server closes the stream in its turn. */
static void leave(struct run *run, struct visit *visit) {
  struct link *link = &visit->session.link;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = visit};
  visit->leaves = true;
  link_queue(link, "</stream:stream>");
  if (!link_flush(link)) fail("the server does not read session %d", visit->session.index);
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, link->fd, &event) < 0) fail("%s", strerror(errno));
}

static void complete(struct run *run, struct visit *visit) {
  uint64_t now = now_ns();
  run->under_way--;
  if (run->is_measuring) {
    run->logins++;
    run->resumed += visit->session.link.is_resumed;
    histogram_add(&run->latencies, now - visit->due);
  }
  leave(run, visit);
}

/* Whether the server has closed the stream, by its end tag or with the connection. */
static bool is_closed(struct link *link) {
  char text[4096];
  long length;
  while ((length = link_read(link, text, sizeof text - 1)) > 0) {
    text[length] = 0;
    if (strstr(text, "stream:error")) fail("a session ended with an error: %.600s", text);
    if (strstr(text, "</stream:stream>")) return true;
  }
  return length == LINK_CLOSED;
}

static void see_off(struct run *run, struct visit *visit) {
  if (!is_closed(&visit->session.link)) return;
  link_close(&visit->session.link);
  run->vacant[run->vacant_count++] = visit;
}

static void handle(struct run *run, struct visit *visit) {
  if (visit->leaves) see_off(run, visit);
  else if (sign_in_proceed(&visit->session, run->epoll, &run->options)) complete(run, visit);
}

static uint64_t pause_before(const struct run *run, uint64_t now) {
  if (!may_begin(run) || !is_paced(run)) return TURN_NS;
  uint64_t pause = run->next_due > now ? run->next_due - now : 0;
  return pause < TURN_NS ? pause : TURN_NS;
}

static void turn(struct run *run) {
  struct epoll_event events[64];
  uint64_t now = now_ns();
  begin_what_is_due(run, now);
  struct timespec timeout = {.tv_nsec = (long)pause_before(run, now)};
  int count = epoll_pwait2(run->epoll, events, 64, &timeout, NULL);
  bool is_idle = run->vacant_count == run->places;
  if (count > 0 || is_idle) run->last_progress = now;
  if (now - run->last_progress > SILENCE_NS)
    fail("no login made progress for %u s", (unsigned)(SILENCE_NS / 1000000000u));
  for (int i = 0; i < count; i++) handle(run, events[i].data.ptr);
}

static void run_for(struct run *run, double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) turn(run);
}

/* Every login that has begun is to end well, after the window too. */
static void drain(struct run *run) {
  run->is_admitting = false;
  while (run->vacant_count < run->places) turn(run);
}

/* Each account once: from then on it has its token, and its TLS session. */
static void get_acquainted(struct run *run) {
  while (run->begun < (uint64_t)run->options.accounts) turn(run);
}

/* The runner reads the server's processor time at `measuring` and at `measured`. */
static void measure(struct run *run) {
  if (run->options.tokens || run->options.tickets) get_acquainted(run);
  run_for(run, run->options.warmup);
  uint64_t start = now_ns(), cpu = own_cpu_ns();
  say("{\"event\":\"measuring\"}");
  run->is_measuring = true;
  run_for(run, run->options.seconds);
  run->is_measuring = false;
  double seconds = (double)(now_ns() - start) / 1e9;
  if (run->logins == 0) fail("no login was complete within %.1f s", seconds);
  say("{\"event\":\"measured\",\"logins\":%lu,\"seconds\":%.6f,\"rate\":%.1f,\"p50Ms\":%.4f,"
      "\"p99Ms\":%.4f,\"resumedShare\":%.4f,\"generatorShare\":%.4f}",
      run->logins, seconds, (double)run->logins / seconds,
      histogram_percentile_ms(&run->latencies, 0.5),
      histogram_percentile_ms(&run->latencies, 0.99), (double)run->resumed / (double)run->logins,
      (double)(own_cpu_ns() - cpu) / 1e9 / seconds);
}

static void prepare(struct run *run) {
  int places = run->places = run->options.parallel + MOST_LEAVING;
  /* Nobody is to sign in twice at a time: the second session would replace the first. */
  if (run->options.accounts < 2 * places) fail("%d sessions want more accounts", places);
  allow_connections(places);
  choose_mechanism(&run->options);
  authentication_keep(&run->options, run->options.first + run->options.accounts);
  run->visits = calloc((size_t)places, sizeof *run->visits);
  run->vacant = calloc((size_t)places, sizeof *run->vacant);
  if (!run->visits || !run->vacant) fail("out of memory");
  while (run->vacant_count < places) {
    run->vacant[run->vacant_count] = &run->visits[run->vacant_count];
    run->vacant_count++;
  }
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  run->is_admitting = true;
  run->next_due = run->last_progress = now_ns();
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  /* What measures latency on the same core meanwhile is not to wait for this. */
  if (is_paced(&run) && nice(5) < 0) fail("nice: %s", strerror(errno));
  prepare(&run);
  measure(&run);
  drain(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
