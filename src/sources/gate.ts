import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { SourceError } from './ports.ts';

const MAX_RUNNING = 16;
const MAX_WAITING = 256;
/** Failures in a row after which nobody asks for a while. */
const FAILURES = 5;
/** Milliseconds of that; then questions find out how things are, one failure is enough. */
const REST = 5_000;

/**
 * What every question to somebody else's server passes: so many at a time, each with
 * a deadline that waiting for its turn counts for, and none at all for a while once
 * the other side has failed again and again.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timeout: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #failures = 0;
  #restsUntil = 0;

  /** `timeout` in milliseconds. */
  constructor(timeout: number, deps: { clock: Clock; log: Log }) {
    this.#timeout = timeout;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Rejects with `SourceError` for whatever goes wrong; then `signal` is aborted. */
  async run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#restsUntil > this.#clock.now()) throw new SourceError('it has failed too often');
    if (this.#waiting.size >= MAX_WAITING) throw new SourceError('too many questions wait');
    const ending = new AbortController();
    const late = Promise.withResolvers<never>();
    // Nobody may be listening yet.
    late.promise.catch(() => {});
    const cancel = this.#clock.after(this.#timeout, () => late.reject(this.#tooLate()));
    try {
      await this.#enter(late.promise);
      return await this.#ask(task, ending.signal, late.promise);
    } finally {
      cancel();
      ending.abort();
    }
  }

  async #ask<T>(
    task: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    late: Promise<never>,
  ): Promise<T> {
    try {
      const answer = await Promise.race([task(signal), late]);
      this.#note(null);
      return answer;
    } catch (error) {
      const failure = error instanceof SourceError ? error : new SourceError(reasonOf(error));
      this.#note(failure);
      throw failure;
    } finally {
      this.#leave();
    }
  }

  async #enter(late: Promise<never>): Promise<void> {
    if (this.#running < MAX_RUNNING) {
      this.#running += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, late]);
    } catch (error) {
      // It may have been given its turn in the same moment.
      if (!this.#waiting.delete(resolve)) this.#leave();
      throw error;
    }
  }

  /** Hands the place over to who has waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  #note(failure: SourceError | null): void {
    if (!failure) {
      if (this.#failures >= FAILURES) this.#log.info({}, 'the account source answers again');
      this.#failures = 0;
      return;
    }
    this.#failures += 1;
    this.#log.warn({ reason: failure.message }, 'the account source failed');
    if (this.#failures >= FAILURES) this.#restsUntil = this.#clock.now() + REST;
  }

  #tooLate(): SourceError {
    return new SourceError(`no answer within ${this.#timeout} ms`);
  }
}

/** What went wrong, in one line; of `fetch` the cause tells more than the error. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const telling = cause instanceof Error ? cause : error;
  const { message, code } = telling as { message?: string; code?: string };
  return (message || code || String(telling)).split('\n', 1)[0]!.slice(0, 200);
}
