/*
 * How long a server is deaf: sessions that do nothing, and one that pings it each millisecond,
 * first undisturbed, then while the runner makes the server take its configuration anew. An answer
 * that is lost, repeated or out of order ends the run with an error, and so does a closed session.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "../chat/events.h"
#include "../chat/histogram.h"
#include "../chat/marker.h"
#include "../chat/options.h"
#include "../chat/session.h"

#define READ_SIZE 65536u
#define INTERVAL_NS 1000000u
#define STALL_NS 10000000000u
/* Unmeasured, in which the runner reads what the server says of itself. */
#define PAUSE_S 1.0

struct run {
  struct options options;
  struct session *sessions;
  struct link *link;       /* of the last session, which pings */
  int epoll;
  bool is_pinging;
  bool is_measuring;
  uint32_t sent;
  uint32_t answered;
  uint64_t next_due;
  uint64_t last_answer;
  char tail[MARKER_LENGTH];
  size_t tail_length;
  uint64_t longest;        /* nanoseconds, within the measured window */
  struct histogram latencies;
};

/* The marker, in the place of the id, is stamped with the time at which the ping was due. */
static void send_ping(struct run *run) {
  link_queue(run->link, "<iq type='get' to='");
  link_queue(run->link, run->options.domain);
  link_queue(run->link, "' id='");
  marker_write(link_reserve(run->link, MARKER_LENGTH), run->sent++, run->next_due);
  link_queue(run->link, "'><ping xmlns='urn:xmpp:ping'/></iq>");
  if (!link_flush(run->link)) fail("the server does not read the pings");
  run->next_due += INTERVAL_NS;
}

static void count_answer(struct run *run, uint32_t number, uint64_t latency) {
  if (number != run->answered) fail("answer %u came in the place of %u", number, run->answered);
  run->answered++;
  if (!run->is_measuring) return;
  histogram_add(&run->latencies, latency);
  if (latency > run->longest) run->longest = latency;
}

static void scan(struct run *run, char *data, size_t length) {
  uint64_t now = now_ns(), sent;
  uint32_t number;
  const char *end = data + length, *from = data - run->tail_length, *rest = end;
  memcpy(data - run->tail_length, run->tail, run->tail_length);
  for (const char *next; (next = marker_find(from, end, &number, &sent, &rest)); from = next)
    count_answer(run, number, now > sent ? now - sent : 0);
  run->last_answer = now;
  run->tail_length = (size_t)(end - rest);
  memcpy(run->tail, rest, run->tail_length);
}

static void receive(struct run *run) {
  static char buffer[MARKER_LENGTH + READ_SIZE];
  char *data = buffer + MARKER_LENGTH;
  long length;
  while ((length = link_read(run->link, data, READ_SIZE)) > 0) scan(run, data, (size_t)length);
  if (length == LINK_CLOSED) fail("the server closed the session that pings");
}

static void turn(struct run *run) {
  struct epoll_event event;
  uint64_t now = now_ns();
  while (run->is_pinging && run->next_due <= now) send_ping(run);
  uint64_t pause = run->is_pinging && run->next_due > now ? run->next_due - now : INTERVAL_NS;
  struct timespec timeout = {.tv_nsec = (long)pause};
  if (epoll_pwait2(run->epoll, &event, 1, &timeout, NULL) > 0) receive(run);
  if (run->answered < run->sent && now > run->last_answer && now - run->last_answer > STALL_NS)
    fail("no answer for %u s", (unsigned)(STALL_NS / 1000000000u));
}

static void run_for(struct run *run, double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) turn(run);
}

static void drain(struct run *run) {
  run->is_pinging = false;
  while (run->answered < run->sent) turn(run);
}

static void measure(struct run *run, const char *event) {
  memset(&run->latencies, 0, sizeof run->latencies);
  run->longest = 0;
  run->is_measuring = true;
  run_for(run, run->options.seconds);
  run->is_measuring = false;
  say("{\"event\":\"%s\",\"pings\":%lu,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"longestMs\":%.4f}", event,
      run->latencies.total, histogram_percentile_ms(&run->latencies, 0.5),
      histogram_percentile_ms(&run->latencies, 0.99), (double)run->longest / 1e6);
}

/* The runner reads the server's own figures after each event, and reloads it after `reloading`. */
static void ping(struct run *run) {
  run->is_pinging = true;
  run->next_due = run->last_answer = now_ns();
  run_for(run, run->options.warmup);
  say("{\"event\":\"settled\"}");
  run_for(run, PAUSE_S);
  measure(run, "quiet");
  run_for(run, PAUSE_S);
  say("{\"event\":\"reloading\"}");
  measure(run, "reloaded");
  drain(run);
}

static void sign_in_all(struct run *run) {
  int count = run->options.users + 1;
  struct epoll_event event = {.events = EPOLLIN};
  allow_connections(count);
  run->sessions = calloc((size_t)count, sizeof *run->sessions);
  if (!run->sessions) fail("out of memory");
  sign_in(run->sessions, 0, count, &run->options);
  say("{\"event\":\"signed-in\",\"sessions\":%d}", count);
  run->link = &run->sessions[count - 1].link;
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->link->fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  sign_in_all(&run);
  ping(&run);
  check_all_open(run.sessions, run.options.users + 1);
  say("{\"event\":\"drained\"}");
  return 0;
}
