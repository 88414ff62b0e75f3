/*
 * Presence in a full mesh: users who are all subscribed to each other log in, then change their
 * status in turn, a bounded number of changes on the way. Every presence is accounted for: one
 * lost, repeated or out of order ends the run with an error.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "../chat/events.h"
#include "../chat/histogram.h"
#include "../chat/marker.h"
#include "mesh.h"

/* In which the runner reads the server's processor time, in nanoseconds. */
#define PAUSE_NS 200000000

static const char before_marker[] = "<presence><status>";
static const char behind_marker[] = " in the garden until noon</status></presence>";

struct run {
  struct mesh mesh; /* first: the mesh hands itself to `scan_markers` */
  bool is_sending;
  bool is_measuring;
  uint32_t sent;      /* updates; number u is of user u % users */
  uint32_t complete;  /* updates before this number have reached everybody */
  uint32_t *missing;  /* of update u, at u % outstanding: viewers who have not got it */
  uint64_t delivered; /* within the measured window */
  struct histogram latencies;
};

static void rest(void) {
  struct timespec time = {.tv_nsec = PAUSE_NS};
  nanosleep(&time, NULL);
}

static void send_update(struct run *run) {
  uint32_t number = run->sent++;
  uint32_t user = number % (uint32_t)run->mesh.options.users;
  struct link *link = &run->mesh.sessions[user].link;
  link_queue(link, before_marker);
  marker_write(link_reserve(link, MARKER_LENGTH), number, now_ns());
  link_queue(link, behind_marker);
  if (!link_flush(link)) fail("the server does not read user %u", user);
  run->missing[number % (uint32_t)run->mesh.options.outstanding] = (uint32_t)run->mesh.options.users;
}

/* Sends as many as may be on the way, counted from the oldest that is not complete. */
static void send_updates(struct run *run) {
  uint32_t outstanding = (uint32_t)run->mesh.options.outstanding;
  while (run->complete < run->sent && run->missing[run->complete % outstanding] == 0)
    run->complete++;
  while (run->is_sending && run->sent - run->complete < outstanding) send_update(run);
}

static void count_update(struct run *run, int viewer, uint32_t number, uint64_t latency) {
  uint32_t users = (uint32_t)run->mesh.options.users;
  uint32_t *seen = mesh_seen(&run->mesh, viewer, (int)(number % users));
  /* Initial presence came first, then each round brings one. */
  if (number >= run->sent || *seen != number / users + 1)
    fail("user %d got update %u of user %u in the place of %u", viewer, number / users,
         number % users, *seen - 1);
  ++*seen;
  run->mesh.arrived++;
  if (run->is_measuring) {
    run->delivered++;
    histogram_add(&run->latencies, latency);
  }
  if (--run->missing[number % (uint32_t)run->mesh.options.outstanding] == 0) send_updates(run);
}

static void scan_markers(struct mesh *mesh, int viewer, char *data, size_t length) {
  struct run *run = (struct run *)mesh;
  struct tags *tags = &mesh->tags[viewer];
  uint64_t now = now_ns(), sent;
  uint32_t number;
  const char *end = data + length, *from = data - tags->rest_length, *rest = end;
  memcpy(data - tags->rest_length, tags->rest, tags->rest_length);
  for (const char *next; (next = marker_find(from, end, &number, &sent, &rest)); from = next)
    count_update(run, viewer, number, now - sent);
  tags->rest_length = (size_t)(end - rest);
  memcpy(tags->rest, rest, tags->rest_length);
}

static void run_for(struct run *run, double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) mesh_turn(&run->mesh);
}

/* All that was sent must arrive, after the window too. */
static void drain(struct run *run) {
  run->is_sending = false;
  while (run->complete < run->sent) mesh_turn(&run->mesh);
}

static void log_in(struct run *run) {
  say("{\"event\":\"logging-in\"}");
  rest();
  uint64_t start = now_ns(), cpu = own_cpu_ns();
  mesh_log_in(&run->mesh);
  double seconds = (double)(now_ns() - start) / 1e9;
  say("{\"event\":\"logged-in\",\"presences\":%lu,\"seconds\":%.6f,\"generatorShare\":%.4f}",
      run->mesh.arrived, seconds, (double)(own_cpu_ns() - cpu) / 1e9 / seconds);
  rest();
}

/* The runner reads the server's processor time at `measuring` and at `measured`. */
static void update(struct run *run) {
  run->mesh.scan = scan_markers;
  run->is_sending = true;
  send_updates(run);
  run_for(run, run->mesh.options.warmup);
  uint64_t start = now_ns(), cpu = own_cpu_ns();
  say("{\"event\":\"measuring\"}");
  run->is_measuring = true;
  run_for(run, run->mesh.options.seconds);
  run->is_measuring = false;
  double seconds = (double)(now_ns() - start) / 1e9;
  const struct histogram *latencies = &run->latencies;
  say("{\"event\":\"measured\",\"presences\":%lu,\"seconds\":%.6f,\"rate\":%.1f,\"p50Ms\":%.4f,"
      "\"p99Ms\":%.4f,\"generatorShare\":%.4f}",
      run->delivered, seconds, (double)run->delivered / seconds,
      histogram_percentile_ms(latencies, 0.5), histogram_percentile_ms(latencies, 0.99),
      (double)(own_cpu_ns() - cpu) / 1e9 / seconds);
  drain(run);
  say("{\"event\":\"drained\",\"updates\":%u}", run->sent);
}

int main(int argc, char **argv) {
  static struct run run;
  struct options options = read_options(argc, argv);
  end_after(options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  mesh_create(&run.mesh, &options);
  run.missing = calloc((size_t)options.outstanding, sizeof *run.missing);
  if (!run.missing) fail("out of memory");
  mesh_get_acquainted(&run.mesh);
  log_in(&run);
  update(&run);
  mesh_sign_out(&run.mesh);
  say("{\"event\":\"signed-out\"}");
  return 0;
}
