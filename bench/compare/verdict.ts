import type { Round } from '../run/play.ts';
import type { Column } from '../run/scenario.ts';
import { median } from '../run/statistics.ts';
import { type Interval, medianInterval } from './interval.ts';

/** What can be said of a figure; `too few` pairs allow no verdict whatever they are. */
export type Verdict = 'better' | 'worse' | 'no difference' | 'too few';

/** One figure of two servers, from rounds in which both were. */
export interface Finding {
  readonly column: Column;
  readonly pairs: number;
  /** Medians of each. */
  readonly before: number;
  readonly after: number;
  /** Of `after` to `before`, within pairs. */
  readonly ratio: number;
  /** Of that ratio; null when there are too few pairs. */
  readonly interval: Interval | null;
  readonly verdict: Verdict;
  /** A change of the ratio by this much, in percent, would have been seen; null as `interval`. */
  readonly seen: number | null;
}

/** Both nothing is no change; what there is now where there was nothing is more by any factor. */
function ratioOf(before: number, after: number): number {
  return before === after ? 1 : after / before;
}

function verdictOf(interval: Interval | null, { better }: Column): Verdict {
  if (!interval) return 'too few';
  if (interval.low <= 1 && interval.high >= 1) return 'no difference';
  return interval.high < 1 === (better === 'lower') ? 'better' : 'worse';
}

/** The values scattered as they did, about another median: from where on would 1 have been outside? */
function smallestSeen({ median, low, high }: Interval): number {
  return (Math.max(high / median, median / low) - 1) * 100;
}

/** What two servers' rounds say of a figure; null when no round has it of both. */
export function find(
  column: Column,
  rounds: readonly Round[],
  names: { readonly before: string; readonly after: string },
): Finding | null {
  const values = rounds
    .map((round) => [round[names.before]?.[column.key], round[names.after]?.[column.key]] as const)
    .filter((pair): pair is [number, number] => pair.every(Number.isFinite));
  if (values.length === 0) return null;
  const ratios = values.map(([before, after]) => ratioOf(before, after));
  const interval = medianInterval(ratios);
  return {
    column,
    pairs: values.length,
    before: median(values.map(([before]) => before)),
    after: median(values.map(([, after]) => after)),
    ratio: median(ratios),
    interval,
    verdict: verdictOf(interval, column),
    seen: interval && smallestSeen(interval),
  };
}

/** How much worse, in percent, 0 where nothing is known to be. */
export function lossOf({ verdict, ratio, column }: Finding): number {
  if (verdict !== 'worse') return 0;
  return ((column.better === 'lower' ? ratio : 1 / ratio) - 1) * 100;
}
