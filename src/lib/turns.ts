import { setTimeout as delay } from 'node:timers/promises';

/** Runs tasks one after another, in the order they come; one that fails does not keep the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}

/**
 * Lets what has come in be read and answered before more is done. A timer, since what
 * is queued for the end of a turn leaves behind the immediates that were set before.
 */
export function letOthersPass(): Promise<void> {
  return delay(1);
}
