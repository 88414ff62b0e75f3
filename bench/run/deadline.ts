/** A time until which work has to be done; without end it goes on as long as it likes. */
export class Deadline {
  readonly #timer: NodeJS.Timeout;
  readonly #passing: Promise<never>;
  #hasPassed = false;

  /** `onPassed` ends what is still under way, once the time is over. */
  constructor(seconds: number, onPassed: () => void) {
    const { promise, reject } = Promise.withResolvers<never>();
    // Nobody may be waiting when it passes.
    promise.catch(() => undefined);
    this.#passing = promise;
    this.#timer = setTimeout(() => {
      this.#hasPassed = true;
      reject(new Error('took too long and was ended'));
      onPassed();
    }, seconds * 1_000);
  }

  /** @throws {Error} when the time is over, before or while the work is done. */
  async bound<T>(work: () => Promise<T>): Promise<T> {
    if (this.#hasPassed) throw new Error('no time was left');
    return Promise.race([work(), this.#passing]);
  }

  /** Nothing is ended any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
