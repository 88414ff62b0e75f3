import { StorageError } from '../../ports.ts';

/** Milliseconds that new messages wait for others. */
const DELAY = 500;
/** How long it rests after a step, in times of that step; the writer belongs to others then. */
const REST = 3;
/** Milliseconds that it rests at most, lest it never catch up. */
const MAX_REST = 10;
/** Steps that a search waits for at most; an index that is far behind goes on by itself. */
const MAX_STEPS = 20;

/** Lets the index of words follow the archive: in small steps, behind everybody who sends. */
export class Indexer {
  readonly #takeNext: () => Promise<boolean>;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | null = null;
  #isBehind = true;
  #isClosed = false;

  /** @param takeNext lets the index go one step; false where there is nothing to take in */
  constructor(takeNext: () => Promise<boolean>) {
    this.#takeNext = takeNext;
    this.#start();
  }

  /** There are new messages. */
  nudge(): void {
    this.#isBehind = true;
    if (!this.#timer && !this.#working) this.#start();
  }

  /** Takes in what there is, for somebody who is about to search. */
  async catchUp(): Promise<void> {
    for (let step = 0; step < MAX_STEPS && this.#isBehind; step++) {
      await this.#step();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#work().finally(() => {
        this.#working = null;
        if (this.#isBehind && !this.#isClosed) this.#start();
      });
    }, DELAY).unref();
  }

  async #work(): Promise<void> {
    try {
      while (this.#isBehind && !this.#isClosed) {
        const started = performance.now();
        await this.#step();
        await rest(Math.min(MAX_REST, REST * (performance.now() - started)));
      }
    } catch (error) {
      // Closed, or failed, of which all others hear; the next start goes on.
      if (!(error instanceof StorageError)) throw error;
      this.#isBehind = false;
    }
  }

  /** What comes while the step is on its way belongs to the next one. */
  async #step(): Promise<void> {
    this.#isBehind = false;
    if (await this.#takeNext()) this.#isBehind = true;
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
