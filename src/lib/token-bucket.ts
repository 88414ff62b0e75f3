/** How much may pass in a second in the long run, and how much at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Holds something to a rate. Times are milliseconds since 1970. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filled: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filled = now;
  }

  /** Takes that many, also on credit; returns for how many milliseconds to wait until it is paid. */
  take(amount: number, now: number): number {
    this.#fill(now);
    this.#tokens -= amount;
    return this.#wait(0);
  }

  /** For how many milliseconds to wait until there are that many. */
  waitFor(amount: number, now: number): number {
    this.#fill(now);
    return this.#wait(amount);
  }

  /** Where the clock was set back, nothing comes until it is where it was. */
  #fill(now: number): void {
    const { perSecond, burst } = this.#rate;
    const passed = Math.max(0, now - this.#filled);
    this.#tokens = Math.min(burst, this.#tokens + (passed * perSecond) / 1_000);
    this.#filled = Math.max(this.#filled, now);
  }

  #wait(amount: number): number {
    return Math.max(0, Math.ceil(((amount - this.#tokens) * 1_000) / this.#rate.perSecond));
  }
}
