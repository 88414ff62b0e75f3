#define _GNU_SOURCE
#include "events.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void say(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
  fflush(stdout);
}

/* Quotes, backslashes and control characters would break the line's JSON. */
static void make_json_safe(char *text) {
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') *text = '\'';
    if ((unsigned char)*text < ' ') *text = ' ';
  }
}

void fail(const char *format, ...) {
  char why[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(why, sizeof why, format, args);
  va_end(args);
  make_json_safe(why);
  say("{\"event\":\"error\",\"why\":\"%s\"}", why);
  exit(1);
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  static const char line[] = "{\"event\":\"error\",\"why\":\"ran longer than its deadline\"}\n";
  if (write(STDOUT_FILENO, line, sizeof line - 1) < 0) _exit(4);
  _exit(3);
}

void end_after(unsigned seconds) {
  signal(SIGALRM, on_alarm);
  alarm(seconds);
}

static uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

uint64_t own_cpu_ns(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }
