import type { Clock } from '../../src/lib/clock.ts';

interface Task {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that moves only when a test says so. */
export class ManualClock implements Clock {
  #now: number;
  readonly #tasks = new Set<Task>();

  constructor(start = 1_800_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void): () => void {
    const task = { due: this.#now + delay, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** How many tasks wait. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** Moves the time on, running in order what falls due, new tasks included. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let task = this.#next(end); task; task = this.#next(end)) {
      this.#tasks.delete(task);
      this.#now = task.due;
      task.run();
    }
    this.#now = end;
  }

  #next(end: number): Task | null {
    let next: Task | null = null;
    for (const task of this.#tasks) {
      if (task.due <= end && (!next || task.due < next.due)) next = task;
    }
    return next;
  }
}
