/** What a histogram has counted so far. */
export interface HistogramReading {
  /** Upper ends of the buckets, growing; above the last there is one more. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket alone. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts values by size, without keeping them. */
export class Histogram implements HistogramReading {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at++;
    this.counts[at]!++;
    this.sum += value;
  }
}
