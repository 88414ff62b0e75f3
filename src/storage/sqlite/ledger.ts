import { Histogram } from '../../lib/histogram.ts';
import { type Maybe, now } from '../../lib/maybe.ts';
import type { Durability, StorageError, Ticket } from '../ports.ts';
import { failed } from './errors.ts';

/** Seconds; from what memory takes to what a disk in trouble does. */
const COMMIT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Keeps the tickets: which are handed out, which are on disk, who waits for which. */
export class Ledger implements Durability {
  committed: Ticket = 0;
  latest: Ticket = 0;
  dropped = 0;
  readonly commitTimes = new Histogram(COMMIT_BOUNDS);
  /** When each batch that is not on disk yet was opened, ms; oldest first. */
  readonly #openedAt: number[] = [];
  readonly #waiting = new Map<Ticket, PromiseWithResolvers<void>>();
  /** Changes whose effect somebody wants to know, by ordinal. */
  readonly #asked = new Map<number, boolean>();
  readonly #listeners: ((error: StorageError) => void)[] = [];
  #whenCommitting = () => {};
  #failure: StorageError | null = null;
  #isClosed = false;

  /** Starts a new batch and returns its ticket. */
  open(): Ticket {
    this.#openedAt.push(performance.now());
    return ++this.latest;
  }

  /** Whether changes are taken. */
  get isOpen(): boolean {
    return !this.#failure && !this.#isClosed;
  }

  /** Throws when no more changes are taken. */
  assertOpen(): void {
    if (this.#failure) throw failed(`The store takes no more changes: ${this.#failure.message}`);
    if (this.#isClosed) throw failed('The store is closed.');
  }

  whenCommitted(ticket: Ticket): Maybe<void> {
    if (ticket <= this.committed) return now(undefined);
    const waiting = this.#waiting.get(ticket) ?? this.#wait(ticket);
    return waiting.promise;
  }

  #wait(ticket: Ticket): PromiseWithResolvers<void> {
    const waiting = Promise.withResolvers<void>();
    // Whoever waits handles the failure; a promise nobody waits for is no accident.
    waiting.promise.catch(() => {});
    if (this.#failure) waiting.reject(this.#failure);
    else this.#waiting.set(ticket, waiting);
    return waiting;
  }

  /** Remembers the effect of the change `ordinal` until `tookEffect` is asked. */
  expect(ordinal: number): void {
    this.#asked.set(ordinal, true);
  }

  /** Whether the expected change, now committed, took effect. */
  tookEffect(ordinal: number): boolean {
    const effect = this.#asked.get(ordinal) ?? false;
    this.#asked.delete(ordinal);
    return effect;
  }

  /** All tickets up to `ticket` are on disk; the `refused` changes had no effect. */
  settle(ticket: Ticket, refused: readonly number[]): void {
    for (const ordinal of refused) {
      if (this.#asked.has(ordinal)) this.#asked.set(ordinal, false);
      else this.dropped++;
    }
    const first = this.committed + 1;
    this.#observe(ticket - this.committed);
    this.committed = ticket;
    this.#whenCommitting();
    for (let settled = first; settled <= ticket; settled++) {
      this.#waiting.get(settled)?.resolve();
      this.#waiting.delete(settled);
    }
  }

  #observe(batches: number): void {
    const now = performance.now();
    for (const opened of this.#openedAt.splice(0, batches)) {
      this.commitTimes.observe((now - opened) / 1_000);
    }
  }

  /** Calls `task` at each commit, before anybody who waits for it goes on. */
  onCommit(task: () => void): void {
    this.#whenCommitting = task;
  }

  /** A commit failed: all who wait hear of it, and later changes are refused. */
  fail(error: StorageError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#asked.clear();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    for (const listener of this.#listeners) listener(error);
  }

  /** Refuses later changes. */
  close(): void {
    this.#isClosed = true;
  }

  onFailure(listener: (error: StorageError) => void): void {
    if (this.#failure) listener(this.#failure);
    else this.#listeners.push(listener);
  }
}
