/* What was sent, what has arrived, and how long it took. */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

struct tally {
  bool is_measuring;
  uint64_t in_flight;
  uint64_t last_arrival;
  uint64_t delivered;      /* within the measured window, as all below */
  uint64_t requests;       /* by HTTP */
  uint64_t begun;
  uint64_t cpu;
  struct histogram latencies;
};

/* Counts an arrival at session `receiver`; fails unless the message's number is the one `due`. */
void tally_arrival(struct tally *tally, int receiver, uint32_t due, uint32_t number, uint64_t sent,
                   uint64_t now);

/* Fails when messages are on the way and none has arrived for long. */
void tally_check(const struct tally *tally, uint64_t now);

/* The runner reads the server's processor time at `measuring` and at `measured`. */
void tally_begin(struct tally *tally);
void tally_end(struct tally *tally);

#endif
