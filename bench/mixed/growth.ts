/** Resident memory at one moment. */
export interface Reading {
  readonly seconds: number;
  readonly kib: number;
}

/** Fewer say nothing: ten seconds of a collector's ups and downs look like anything. */
const FEWEST = 60;
/** Of the memory at the start: less is noise, or a page here and there. */
const LEAST = 0.02;

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/**
 * KiB a second by which memory grows; NaN where that is not significant. It is where the means of
 * the three thirds of the time rise, the second time by at least half as much as the first, and by
 * more than a fiftieth in all: heaps that find their size rise less and less. What is told is the second rise.
 */
export function growthPerSecond(readings: readonly Reading[]): number {
  if (readings.length < FEWEST) return Number.NaN;
  const third = Math.floor(readings.length / 3);
  const parts = [0, 1, 2].map((n) => readings.slice(n * third, (n + 1) * third));
  const [first, middle, last] = parts.map((part) => mean(part.map(({ kib }) => kib))) as [
    number,
    number,
    number,
  ];
  const rises = middle > first && last - middle > (middle - first) / 2;
  if (!rises || last - first < LEAST * first) return Number.NaN;
  const between = readings[2 * third]!.seconds - readings[third]!.seconds;
  return (last - middle) / between;
}
