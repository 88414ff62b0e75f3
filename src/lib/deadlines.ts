import type { Clock } from './clock.ts';

/** Something with at most one deadline at a time; the wheel keeps its place in `deadline`. */
export interface Expiring {
  /** Owned by `Deadlines`; starts as 0, which means none. */
  deadline: number;
  /** The deadline has passed; the item has none now and may set a new one. */
  onDeadline(): void;
}

/**
 * Coarse deadlines for very many items on one timer. A deadline may pass up to
 * one step early, never late. Time is counted in steps of the timer and not
 * read from the clock, so that a clock that is set forward expires nobody.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #step: number;
  readonly #buckets = new Map<number, Set<Expiring>>();
  #tick = 0;
  #cancelTimer: (() => void) | null = null;

  /** `step` is the resolution in milliseconds. */
  constructor(clock: Clock, step = 500) {
    this.#clock = clock;
    this.#step = step;
  }

  /** Milliseconds on the wheel's own time; stands still while nothing has a deadline. */
  get elapsed(): number {
    return this.#tick * this.#step;
  }

  /** Gives `item` a deadline `delay` ms from now, in place of the one it had. */
  set(item: Expiring, delay: number): void {
    this.clear(item);
    const tick = this.#tick + Math.max(1, Math.ceil(delay / this.#step));
    item.deadline = tick;
    const bucket = this.#buckets.get(tick);
    if (bucket) bucket.add(item);
    else this.#buckets.set(tick, new Set([item]));
    this.#cancelTimer ??= this.#clock.after(this.#step, this.#advance);
  }

  /** Takes the item's deadline away, if it has one. */
  clear(item: Expiring): void {
    if (item.deadline === 0) return;
    const bucket = this.#buckets.get(item.deadline);
    bucket?.delete(item);
    if (bucket?.size === 0) this.#buckets.delete(item.deadline);
    item.deadline = 0;
  }

  readonly #advance = (): void => {
    this.#tick += 1;
    const due = this.#buckets.get(this.#tick);
    this.#buckets.delete(this.#tick);
    this.#cancelTimer =
      this.#buckets.size > 0 ? this.#clock.after(this.#step, this.#advance) : null;
    if (due) this.#expire(due);
  };

  #expire(due: Set<Expiring>): void {
    for (const item of due) {
      // Another item's handler may have moved or cleared this one.
      if (item.deadline !== this.#tick) continue;
      item.deadline = 0;
      item.onDeadline();
    }
  }
}
