#include "tally.h"

#include "events.h"

#define STALL_NS 10000000000u

void tally_arrival(struct tally *tally, int receiver, uint32_t due, uint32_t number, uint64_t sent,
                   uint64_t now) {
  if (number != due)
    fail("session %d received message %u where %u was due: %s", receiver, number, due,
         number < due ? "a repetition" : "a loss or a wrong order");
  tally->in_flight--;
  tally->last_arrival = now;
  if (!tally->is_measuring) return;
  tally->delivered++;
  histogram_add(&tally->latencies, now > sent ? now - sent : 0);
}

void tally_check(const struct tally *tally, uint64_t now) {
  if (tally->in_flight && now > tally->last_arrival && now - tally->last_arrival > STALL_NS)
    fail("nothing arrived for %u s, %lu messages are missing", (unsigned)(STALL_NS / 1000000000u),
         tally->in_flight);
}

void tally_begin(struct tally *tally) {
  tally->requests = 0;
  tally->begun = now_ns();
  tally->cpu = own_cpu_ns();
  say("{\"event\":\"measuring\"}");
  tally->is_measuring = true;
}

void tally_end(struct tally *tally) {
  const struct histogram *latencies = &tally->latencies;
  tally->is_measuring = false;
  double seconds = (double)(now_ns() - tally->begun) / 1e9;
  double own = (double)(own_cpu_ns() - tally->cpu) / 1e9;
  double messages = (double)tally->delivered;
  if (tally->delivered == 0) fail("no message arrived within %.1f s", seconds);
  say("{\"event\":\"measured\",\"messages\":%lu,\"seconds\":%.6f,\"rate\":%.1f,"
      "\"requestsPerMessage\":%.4f,"
      "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f,\"generatorCpuSeconds\":%.6f,"
      "\"generatorShare\":%.4f}",
      tally->delivered, seconds, messages / seconds, (double)tally->requests / messages,
      histogram_percentile_ms(latencies, 0.5), histogram_percentile_ms(latencies, 0.99),
      histogram_percentile_ms(latencies, 0.999), own, own / seconds);
}
