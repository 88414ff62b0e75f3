import { median } from '../run/statistics.ts';

/** Where the median of what was drawn from may be. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How often such an interval has it in it, at least: `0.969`. */
  readonly confidence: number;
}

/** How likely at most `most` of `count` coins show heads. */
function tail(most: number, count: number): number {
  let probability = 0.5 ** count;
  let sum = 0;
  for (let heads = 0; heads <= most; heads++) {
    sum += probability;
    probability *= (count - heads) / (heads + 1);
  }
  return sum;
}

/**
 * The interval of the sign test: between the `k`-th lowest value and the `k`-th highest, with the
 * largest `k` that keeps the confidence. Each value is as likely above the median as below, and
 * nothing else is supposed of how they are spread: a round in which something disturbed the machine
 * counts as one value and not by how far off it is. The confidence is exact, also of few values,
 * where resampling is too sure of itself; equal values only make it higher.
 * @returns null when there are too few values: fewer than six for 95 %.
 */
export function medianInterval(values: readonly number[], confidence = 0.95): Interval | null {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const errorOf = (rank: number) => 2 * tail(rank - 1, count);
  let rank = 0;
  while (2 * (rank + 1) <= count && errorOf(rank + 1) <= 1 - confidence) rank++;
  if (rank === 0) return null;
  return {
    median: median(sorted),
    low: sorted[rank - 1]!,
    high: sorted[count - rank]!,
    confidence: 1 - errorOf(rank),
  };
}
