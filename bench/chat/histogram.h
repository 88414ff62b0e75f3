/* Latencies in log-linear buckets: no value is off by more than 1/64. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64u
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * 59u)

struct histogram {
  uint64_t total;
  uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* The latency in milliseconds that `share` (0..1) of all values do not exceed. */
double histogram_percentile_ms(const struct histogram *histogram, double share);

#endif
