import type { Clock } from '../../lib/clock.ts';
import { LruMap } from '../../lib/lru.ts';
import { StanzaError } from '../../xmpp/errors.ts';

/** Peers that are counted; whoever was not seen for longest is forgotten. */
const COUNTED_PEERS = 10_000;

export interface Count {
  readonly until: number;
  taken: number;
}

/** How often each of whom one may be has done it. */
export type Counts = LruMap<string, Count>;

export function noCounts(): Counts {
  return new LruMap(COUNTED_PEERS);
}

/** So many times in so many milliseconds, for each key by itself. */
export class Rate {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #interval: number;
  readonly #counts: Counts;

  /** With `counts` it goes on where another has stopped. */
  constructor(clock: Clock, max: number, interval: number, counts: Counts = noCounts()) {
    this.#clock = clock;
    this.#max = max;
    this.#interval = interval;
    this.#counts = counts;
  }

  /** Counts one; false when that was too many. */
  take(key: string): boolean {
    const now = this.#clock.now();
    const known = this.#counts.get(key);
    const count = known && known.until > now ? known : { until: now + this.#interval, taken: 0 };
    if (count !== known) this.#counts.set(key, count);
    count.taken += 1;
    return count.taken <= this.#max;
  }
}

/** Bounds how much costly work is under way at a time. */
export class Places {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Rejects with `StanzaError` resource-constraint while all places are taken. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) throw new StanzaError('resource-constraint', 'try again in a moment');
    this.#free -= 1;
    try {
      return await work();
    } finally {
      this.#free += 1;
    }
  }
}
