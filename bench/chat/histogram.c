#include "histogram.h"

/* Values below 64 have a bucket each; above, 64 buckets share each power of two. */
static unsigned bucket_of(uint64_t value) {
  if (value < HISTOGRAM_STEPS) return (unsigned)value;
  unsigned shift = 57u - (unsigned)__builtin_clzll(value);
  return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

static uint64_t upper_bound_of(unsigned bucket) {
  if (bucket < 2 * HISTOGRAM_STEPS) return bucket;
  unsigned shift = bucket / HISTOGRAM_STEPS - 1;
  return ((uint64_t)(bucket - shift * HISTOGRAM_STEPS) + 1) << shift;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
  histogram->total++;
  histogram->buckets[bucket_of(nanoseconds)]++;
}

double histogram_percentile_ms(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += histogram->buckets[bucket];
    if (seen > wanted || seen == histogram->total) return (double)upper_bound_of(bucket) / 1e6;
  }
  return 0;
}
