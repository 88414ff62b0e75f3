/** The time, so that tests can own it. Times are milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Runs `task` once after `delay` ms; the returned function calls it off. */
  after(delay: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, task) {
    const timer = setTimeout(task, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
