import type { Clock } from '../../lib/clock.ts';
import type { Answer } from './answers.ts';
import type { Summary } from './codec.ts';

/** Milliseconds between two notifications at most, however often they have failed. */
const LONGEST_PAUSE = 3_600_000;

/**
 * How often one registration is notified: one at a time, and not before its time.
 * What comes meanwhile becomes one notification, of the newest. What is urgent does not wait
 * for its time, unless others have failed.
 */
export class Pace {
  readonly #clock: Clock;
  /** Milliseconds between two. */
  readonly #interval: number;
  readonly #publish: (summary: Summary) => Promise<Answer>;
  #waiting: Summary | null = null;
  #isBusy = false;
  /** Calls the pause off, where there is one. */
  #endPause: (() => void) | null = null;
  #failures = 0;
  /** Before this there is none, in milliseconds since 1970. */
  #next = 0;

  constructor(clock: Clock, interval: number, publish: (summary: Summary) => Promise<Answer>) {
    this.#clock = clock;
    this.#interval = interval;
    this.#publish = publish;
  }

  notify(summary: Summary): void {
    if (summary.isUrgent || !this.#waiting?.isUrgent) this.#waiting = summary;
    if (summary.isUrgent && this.#endPause && this.#failures === 0) this.#endPause();
    if (!this.#isBusy) this.#goOn();
  }

  #goOn(): void {
    const isUrgent = this.#waiting?.isUrgent === true && this.#failures === 0;
    const pause = isUrgent ? 0 : this.#next - this.#clock.now();
    this.#isBusy = true;
    if (pause > 0) this.#rest(pause);
    else void this.#send();
  }

  #rest(pause: number): void {
    const cancel = this.#clock.after(pause, () => void this.#send());
    this.#endPause = () => {
      cancel();
      this.#isBusy = false;
      this.#endPause = null;
    };
  }

  async #send(): Promise<void> {
    this.#endPause = null;
    const summary = this.#waiting!;
    this.#waiting = null;
    this.#next = this.#clock.now() + this.#interval;
    const answer = await this.#publish(summary);
    this.#failures = answer === 'failed' ? this.#failures + 1 : 0;
    if (this.#failures > 0) this.#next = this.#clock.now() + this.#pause();
    this.#isBusy = false;
    if (this.#waiting && answer !== 'refused') this.#goOn();
  }

  /** Twice as long with each failure. */
  #pause(): number {
    return Math.min(LONGEST_PAUSE, Math.max(1_000, this.#interval) * 2 ** this.#failures);
  }
}
