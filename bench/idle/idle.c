/*
 * Idle sessions: signs in clients in stages, holds them, and answers nothing meanwhile; the
 * runner reads the server's memory at each `open` event, which comes at the end of a hold.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "../chat/events.h"
#include "../chat/options.h"
#include "../chat/session.h"

#define MOST_SESSIONS 60000

static void rest(double seconds) {
  struct timespec time = {.tv_sec = (time_t)seconds};
  time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
  nanosleep(&time, NULL);
}

int main(int argc, char **argv) {
  struct options options = read_options(argc, argv);
  end_after(options.deadline);
  /* Accounts before the first are somebody else's. */
  size_t room = MOST_SESSIONS + (size_t)options.first;
  struct session *sessions = calloc(room, sizeof *sessions);
  if (!sessions) fail("out of memory");
  const char *stage = options.stages;
  int open = 0;
  while (*stage) {
    char *end;
    int wanted = (int)strtol(stage, &end, 10);
    if (end == stage || wanted <= open || wanted > MOST_SESSIONS) fail("--stages makes no sense");
    allow_connections(wanted);
    uint64_t start = now_ns();
    sign_in(sessions, options.first + open, options.first + wanted, &options);
    double seconds = (double)(now_ns() - start) / 1e9;
    rest(options.hold);
    check_all_open(sessions + options.first, wanted);
    say("{\"event\":\"open\",\"sessions\":%d,\"signInsPerSecond\":%.1f}", wanted,
        (wanted - open) / seconds);
    open = wanted;
    stage = *end == ',' ? end + 1 : end;
  }
  /* Keeps all open until the runner has read the memory and ends this process. */
  rest(options.deadline);
  return 0;
}
