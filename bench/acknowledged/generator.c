/*
 * Messages that are archived, among clients with stream management (XEP-0198): pairs, one sends
 * and asks behind each message what the server has, one receives and answers when it is asked.
 * Closed loop while it warms up, then a fixed rate. Every message is accounted for, by its
 * recipient and by its sender: one lost, repeated, out of order, bounced, or acknowledged before
 * it was sent ends the run with an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "../chat/events.h"
#include "../chat/options.h"
#include "../chat/session.h"
#include "../chat/stanza.h"
#include "../chat/tally.h"
#include "scan.h"

#define READ_SIZE 65536u
#define SILENCE_MS 30000
#define STALL_NS 10000000000u
/* Messages of one pair that wait for their acknowledgement, at most. */
#define MOST_WAITING 4096u
/* Seconds by which a server may be behind before it counts as too slow. */
#define MOST_BEHIND 2.0

#define NS_SM "urn:xmpp:sm:3"

/* One end of a pair, and what came that is not read to its end. */
struct client {
  struct session *session;
  char rest[SCAN_REST];
  size_t rest_length;
};

struct pair {
  struct client sender;
  struct client receiver;
  struct stanza message;
  uint32_t sent;
  uint32_t received;
  uint32_t acknowledged;
  uint64_t due[MOST_WAITING]; /* when those were to leave that are not acknowledged, by number */
};

struct run {
  struct options options;
  struct pair *pairs;
  int epoll;
  bool is_sending;
  bool is_paced;      /* at the fixed rate; else arrivals release messages */
  uint64_t next_due;
  uint64_t scheduled;
  uint64_t unacknowledged;
  uint64_t last_answer;
  struct tally tally; /* of deliveries */
  struct histogram answers;
};

static void flush(struct client *client) {
  if (!link_flush(&client->session->link))
    fail("the server does not read session %d", client->session->index);
}

static void send_message(struct run *run, struct pair *pair, uint64_t stamp) {
  struct link *link = &pair->sender.session->link;
  if (pair->sent - pair->acknowledged == MOST_WAITING)
    fail("session %d has %u messages that are not acknowledged", pair->sender.session->index,
         MOST_WAITING);
  stanza_write(&pair->message, link_reserve(link, pair->message.length), pair->sent, stamp);
  link_queue(link, "<r xmlns='" NS_SM "'/>");
  pair->due[pair->sent++ % MOST_WAITING] = stamp;
  run->tally.in_flight++;
  run->unacknowledged++;
  flush(&pair->sender);
}

static void take_marker(struct run *run, struct pair *pair, const struct finding *marker) {
  uint64_t now = now_ns();
  tally_arrival(&run->tally, pair->receiver.session->index, pair->received, marker->number,
                marker->sent, now);
  pair->received++;
  if (run->is_sending && !run->is_paced) send_message(run, pair, now);
}

/* All that a client is sent once it counts are messages with markers. */
static void answer(struct client *client, uint32_t received) {
  char text[64];
  snprintf(text, sizeof text, "<a xmlns='" NS_SM "' h='%u'/>", received);
  link_queue(&client->session->link, text);
  flush(client);
}

static void take_answer(struct run *run, struct pair *pair, uint32_t h) {
  uint64_t now = now_ns();
  if (h > pair->sent || h < pair->acknowledged)
    fail("the server acknowledged %u stanzas of %u, and %u before", h, pair->sent,
         pair->acknowledged);
  for (; pair->acknowledged < h; pair->acknowledged++, run->unacknowledged--) {
    uint64_t due = pair->due[pair->acknowledged % MOST_WAITING];
    run->last_answer = now;
    if (run->tally.is_measuring) histogram_add(&run->answers, now > due ? now - due : 0);
  }
}

static void take(struct run *run, struct pair *pair, struct client *client, enum found found,
                 const struct finding *finding) {
  bool is_receiver = client == &pair->receiver;
  if (found == REQUEST) answer(client, is_receiver ? pair->received : 0);
  else if (found == MARKER && is_receiver) take_marker(run, pair, finding);
  else if (found == ANSWER && !is_receiver) take_answer(run, pair, finding->number);
  else fail("session %d got what is not for it", client->session->index);
}

/* Scans `length` bytes at `data`; in front of it there is room for what was unfinished. */
static void scan(struct run *run, struct pair *pair, struct client *client, char *data,
                 size_t length) {
  struct finding finding;
  const char *from = data - client->rest_length, *end = data + length;
  memcpy(data - client->rest_length, client->rest, client->rest_length);
  for (enum found found; (found = scan_next(&from, end, &finding)) != NOTHING;)
    take(run, pair, client, found, &finding);
  client->rest_length = (size_t)(end - from);
  memcpy(client->rest, from, client->rest_length);
}

static bool is_refused(const char *text, size_t length) {
  return memmem(text, length, "type='error'", 12) || memmem(text, length, "type=\"error\"", 12) ||
         memmem(text, length, "<failed", 7) || memmem(text, length, "stream:error", 12);
}

static void receive(struct run *run, struct pair *pair, struct client *client) {
  static char buffer[SCAN_REST + READ_SIZE];
  char *data = buffer + SCAN_REST;
  long length;
  do {
    length = link_read(&client->session->link, data, READ_SIZE);
    if (length == LINK_CLOSED) fail("the server closed session %d", client->session->index);
    if (is_refused(data, (size_t)length))
      fail("session %d got an error: %.*s", client->session->index, 600, data);
    if (length > 0) scan(run, pair, client, data, (size_t)length);
  } while (length == READ_SIZE || (length > 0 && client->session->link.tls));
}

static void send_what_is_due(struct run *run, uint64_t now) {
  while (run->next_due <= now) {
    struct pair *pair = &run->pairs[run->scheduled++ % (unsigned)run->options.pairs];
    /* Stamped with the time it should have left: a late generator or server hides nothing. */
    send_message(run, pair, run->next_due);
    run->next_due += (uint64_t)(1e9 / run->options.rate);
  }
  /* How a server fares that falls behind more and more tells nothing. */
  if ((double)run->tally.in_flight > MOST_BEHIND * run->options.rate)
    fail("the server does not keep up with %.0f messages/s", run->options.rate);
}

/* One turn: wait until `until` at most, take what arrived, send what that allows. */
static void turn(struct run *run, uint64_t until) {
  struct epoll_event events[256];
  uint64_t now = now_ns();
  if (run->is_sending && run->is_paced) {
    send_what_is_due(run, now);
    if (run->next_due < until) until = run->next_due;
  }
  uint64_t pause = until > now ? until - now : 0;
  if (pause > 100000000u) pause = 100000000u;
  struct timespec timeout = {.tv_nsec = (long)pause};
  int count = epoll_pwait2(run->epoll, events, 256, &timeout, NULL);
  for (int i = 0; i < count; i++) {
    struct pair *pair = &run->pairs[events[i].data.u32 / 2];
    receive(run, pair, events[i].data.u32 % 2 ? &pair->receiver : &pair->sender);
  }
}

static void check_stall(const struct run *run, uint64_t now) {
  tally_check(&run->tally, now);
  if (run->unacknowledged && now > run->last_answer && now - run->last_answer > STALL_NS)
    fail("nothing was acknowledged for %u s", (unsigned)(STALL_NS / 1000000000u));
}

static void run_until(struct run *run, uint64_t end) {
  for (uint64_t now; (now = now_ns()) < end; turn(run, end)) check_stall(run, now);
}

/* All that was sent must arrive and be acknowledged, after the window too. */
static void drain(struct run *run) {
  run->is_sending = false;
  while (run->tally.in_flight || run->unacknowledged) run_until(run, now_ns() + 1000000u);
}

/* From here on both sides count. */
static void enable(struct run *run, struct pair *pair, struct client *client) {
  char buffer[SCAN_REST + 1024], *data = buffer + SCAN_REST;
  struct pollfd wait = {.fd = client->session->link.fd, .events = POLLIN};
  size_t length = 0;
  link_queue(&client->session->link, "<enable xmlns='" NS_SM "' resume='true'/>");
  flush(client);
  while (!memmem(data, length, "<enabled", 8)) {
    if (poll(&wait, 1, SILENCE_MS) == 0) fail("no answer to <enable/>");
    long more = link_read(&client->session->link, data + length, 1024 - length);
    if (more == LINK_CLOSED) fail("the server closed a session that asked for <enable/>");
    length += (size_t)more;
    if (is_refused(data, length) || length == 1024)
      fail("the server enables no stream management: %.*s", 600, data);
  }
  scan(run, pair, client, data, length);
}

static void watch(const struct run *run, const struct client *client) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)client->session->index};
  if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, client->session->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void pair_up(struct run *run, struct session *sessions) {
  run->pairs = calloc((size_t)run->options.pairs, sizeof *run->pairs);
  if (!run->pairs) fail("out of memory");
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < run->options.pairs; i++) {
    struct pair *pair = &run->pairs[i];
    char to[128];
    pair->sender.session = &sessions[2 * i];
    pair->receiver.session = &sessions[2 * i + 1];
    snprintf(to, sizeof to, "%s%d@%s", run->options.prefix, 2 * i + 1, run->options.domain);
    stanza_build(&pair->message, to, run->options.body, "");
    enable(run, pair, &pair->sender);
    enable(run, pair, &pair->receiver);
    watch(run, &pair->sender);
    watch(run, &pair->receiver);
  }
}

static void start_closed_loop(struct run *run) {
  run->is_sending = true;
  run->tally.last_arrival = run->last_answer = now_ns();
  for (int i = 0; i < run->options.pairs; i++)
    for (int k = 0; k < run->options.outstanding; k++)
      send_message(run, &run->pairs[i], now_ns());
}

/* The first seconds at the new pace are not measured. */
static void start_fixed_rate(struct run *run) {
  drain(run);
  run->is_sending = run->is_paced = true;
  run->tally.last_arrival = run->last_answer = run->next_due = now_ns();
  run_until(run, now_ns() + (uint64_t)(run->options.settle * 1e9));
}

static void report_answers(const struct run *run) {
  const struct histogram *answers = &run->answers;
  say("{\"event\":\"acknowledged\",\"ackP50Ms\":%.4f,\"ackP99Ms\":%.4f,\"ackP999Ms\":%.4f}",
      histogram_percentile_ms(answers, 0.5), histogram_percentile_ms(answers, 0.99),
      histogram_percentile_ms(answers, 0.999));
}

static void measure(struct run *run) {
  /* Warm-up is at full load: at a low rate a compiling server takes minutes. */
  start_closed_loop(run);
  run_until(run, now_ns() + (uint64_t)(run->options.warmup * 1e9));
  start_fixed_rate(run);
  tally_begin(&run->tally);
  run_until(run, run->tally.begun + (uint64_t)(run->options.seconds * 1e9));
  tally_end(&run->tally);
  report_answers(run);
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  if (run.options.rate <= 0) fail("no --rate");
  int count = 2 * run.options.pairs;
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  allow_connections(count);
  struct session *sessions = calloc((size_t)count, sizeof *sessions);
  if (!sessions) fail("out of memory");
  sign_in(sessions, 0, count, &run.options);
  say("{\"event\":\"signed-in\",\"sessions\":%d}", count);
  pair_up(&run, sessions);
  measure(&run);
  drain(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
