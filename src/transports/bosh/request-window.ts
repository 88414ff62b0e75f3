import { BoshError } from './condition.ts';
import type { BoshRequest } from './request.ts';

/** The requests of one session that are not answered, in the order of their `rid` (XEP-0124 §14). */
export class RequestWindow {
  /** The highest `rid` up to which all have come. */
  last: number;
  readonly #size: number;
  /** Oldest first. */
  #waiting: BoshRequest[] = [];
  /** Those that came before one that they have to follow. */
  readonly #early = new Map<number, BoshRequest>();

  /** `first` is the rid of the first request, `size` how many the client may have under way. */
  constructor(first: number, size: number) {
    this.last = first;
    this.#size = size;
  }

  /** How many have come in their turn and are not answered. */
  get size(): number {
    return this.#waiting.length;
  }

  get oldest(): BoshRequest | undefined {
    return this.#waiting[0];
  }

  /** The oldest whose payloads are not all handed on. */
  get unread(): BoshRequest | undefined {
    return this.#waiting.find(({ isRead }) => !isRead);
  }

  /** For how many of them somebody still waits. */
  get held(): number {
    return this.#waiting.filter(({ reply }) => !reply.isLost).length;
  }

  /** Whether all are to be answered at once (§10). */
  get mustAnswerAll(): boolean {
    return this.#waiting.some(({ header }) => header.pause !== null);
  }

  /** Whether a request with that `rid` has come before. */
  hasSeen({ header: { rid } }: BoshRequest): boolean {
    return rid <= this.last || this.#early.has(rid);
  }

  find(rid: number): BoshRequest | undefined {
    return this.#early.get(rid) ?? this.#waiting.find(({ header }) => header.rid === rid);
  }

  /** Lets a request wait for its turn. Throws `BoshError` item-not-found beyond the window (§14.2). */
  admit(request: BoshRequest): void {
    const { rid } = request.header;
    if (rid > this.last + this.#size + Number(request.isExtra)) {
      throw new BoshError('item-not-found', 'rid is beyond the window');
    }
    this.#early.set(rid, request);
  }

  /** The request whose turn it is, out of those that wait for it. */
  next(): BoshRequest | undefined {
    const next = this.#early.get(this.last + 1);
    if (!next) return undefined;
    this.last += 1;
    this.#early.delete(this.last);
    return next;
  }

  push(request: BoshRequest): void {
    this.#waiting.push(request);
  }

  shift(): BoshRequest | undefined {
    return this.#waiting.shift();
  }

  /** Takes all away, those that are early as well. */
  clear(): BoshRequest[] {
    const all = [...this.#waiting, ...this.#early.values()];
    this.#waiting = [];
    this.#early.clear();
    return all;
  }
}
