import { type Owner, StorageError } from '../../ports.ts';

/** Milliseconds that new messages wait for others. */
const DELAY = 300;
/** How long it rests after a step, in times of that step; the writer belongs to others then. */
const REST = 3;
/** Milliseconds that it rests at most, lest it never catch up. */
const MAX_REST = 30;
/** Milliseconds that a pass should not exceed; where commits are slow, they get more steps each. */
const LONG = 1_000;
/** Steps that a commit gets at most. */
const MAX_AT_ONCE = 8;
/** Steps of the index that a pass has at most; one that is far behind takes many passes. */
const MAX_STEPS = 50;

/** Steps of the writer, each small; false where nothing is left to do. */
interface Steps {
  /** Files messages in their archives: all that had come when the first of these steps was asked for. */
  readonly file: () => Promise<boolean>;
  /** Takes what is filed into the index of words. */
  readonly index: () => Promise<boolean>;
}

/**
 * Lets archives, and then the index of words, follow the messages that are committed: in small
 * steps, behind everybody who sends.
 */
export class Follower {
  readonly #steps: Steps;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | null = null;
  #isBehind = true;
  #isClosed = false;
  /** How many wait for it, during which it does not rest. */
  #waiting = 0;
  /** Steps in a commit. */
  #atOnce = 1;
  /** Whose archives lack messages: what has come since this pass began, and before. */
  #behind = new Set<Owner>();
  #filing = new Set<Owner>();

  constructor(steps: Steps) {
    this.#steps = steps;
    this.#start(DELAY);
  }

  /** There is something to do: for a new message in the owner's archive. */
  nudge(owner?: Owner): void {
    if (owner !== undefined) this.#behind.add(owner);
    this.#isBehind = true;
    if (!this.#timer && !this.#pass) this.#start(DELAY);
  }

  /** Whether messages may lack in the owner's archive; whoever asks lets them be filed. */
  takeBehind(owner: Owner): boolean {
    const [isNew, isOld] = [this.#behind.delete(owner), this.#filing.delete(owner)];
    return isNew || isOld;
  }

  /** Lets everything be taken in that has come, for somebody who is about to search. */
  async catchUp(): Promise<void> {
    this.#waiting++;
    try {
      // The pass that is under way may have begun before the newest message came.
      for (let passes = 0; passes < 2 && (this.#pass || this.#isBehind); passes++) {
        await (this.#pass ?? this.#begin());
      }
    } finally {
      this.#waiting--;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #start(delay: number): void {
    this.#timer = setTimeout(() => this.#work(), delay).unref();
  }

  #work(): void {
    this.#begin().catch((error) => {
      // Closed, or failed, of which all others hear; the next start goes on.
      if (!(error instanceof StorageError)) throw error;
    });
  }

  /** Begins a pass: what has come is filed, and a part of what is filed indexed. */
  #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBehind = false;
    this.#filing = this.#behind;
    this.#behind = new Set();
    this.#pass = this.#follow().finally(() => {
      this.#pass = null;
    });
    return this.#pass;
  }

  async #follow(): Promise<void> {
    const started = performance.now();
    while (await this.#step(this.#steps.file));
    this.#filing = new Set();
    let steps = 0;
    while (steps < MAX_STEPS && (await this.#step(this.#steps.index))) steps += this.#atOnce;
    this.#adapt(performance.now() - started);
    const isFar = steps >= MAX_STEPS;
    if (isFar) this.#isBehind = true;
    if (this.#isBehind && !this.#isClosed) this.#start(isFar ? 0 : DELAY);
  }

  #adapt(taken: number): void {
    const wanted = taken > LONG ? this.#atOnce * 2 : this.#atOnce / 2;
    this.#atOnce = Math.min(MAX_AT_ONCE, Math.max(1, wanted));
  }

  async #step(take: () => Promise<boolean>): Promise<boolean> {
    const started = performance.now();
    const areMore = await Promise.all(Array.from({ length: this.#atOnce }, take));
    const taken = performance.now() - started;
    if (this.#waiting === 0) await rest(Math.min(MAX_REST, REST * taken));
    return areMore.every(Boolean) && !this.#isClosed;
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
