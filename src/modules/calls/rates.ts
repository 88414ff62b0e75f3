import type { Clock } from '../../lib/clock.ts';
import { LruMap } from '../../lib/lru.ts';

/** Milliseconds in which calls are counted. */
const WINDOW = 60_000;
/** Who is counted; whoever has not called for longest is forgotten. */
const COUNTED = 10_000;

interface Window {
  readonly since: number;
  count: number;
}

/** How often each has called of late. */
export class CallRates {
  readonly #clock: Clock;
  readonly #windows = new LruMap<string, Window>(COUNTED);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more; false where that is more than `limit` within a minute. */
  take(key: string, limit: number): boolean {
    const time = this.#clock.now();
    const known = this.#windows.get(key);
    const isCurrent = known !== undefined && time - known.since < WINDOW;
    const window = isCurrent ? known : { since: time, count: 0 };
    if (window.count >= limit) return false;
    window.count++;
    this.#windows.set(key, window);
    return true;
  }
}
