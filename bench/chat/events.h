/* What the generators tell the runner: one JSON object a line on standard output. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdint.h>

/* Writes one line at once, so that the runner can act on the moment it happened. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reports {"event":"error","why":...} and ends the process with status 1. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends the process with an error report when it still runs after this many seconds. */
void end_after(unsigned seconds);

/* Nanoseconds on the monotonic clock. */
uint64_t now_ns(void);

/* Processor time of this process, user and system, in nanoseconds. */
uint64_t own_cpu_ns(void);

#endif
