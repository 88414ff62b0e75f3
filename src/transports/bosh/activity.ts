import type { BoshRequest } from './request.ts';
import { type BoshTerms, isPolling, POLLING } from './terms.ts';

/** Times that one request may be sent again, until another one comes (XEP-0124 §14.3). */
const MAX_REPEATS = 20;

interface Circumstances {
  readonly under: number;
  readonly held: number;
  readonly gotNothing: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Watches that a client does not ask more often than it may (XEP-0124 §11, §12). */
export class Activity {
  readonly #terms: BoshTerms;
  readonly #isPolling: boolean;
  /** When the newest request came, in milliseconds since 1970, and whether it brought anything. */
  #last = 0;
  #wasEmpty = false;
  #repeats = 0;

  constructor(terms: BoshTerms) {
    this.#terms = terms;
    this.#isPolling = isPolling(terms);
  }

  /**
   * Whether a new request comes too early, behind `under` that are not answered, of which
   * `held` still have a connection; `gotNothing` where the last one was answered with nothing.
   */
  isTooMuch(request: BoshRequest, { under, held, gotNothing, now }: Circumstances): boolean {
    const { requests } = this.#terms;
    const since = now - this.#last;
    const isEarly = since >= 0 && since < POLLING * 1000;
    const isInVain = this.#isPolling ? this.#wasEmpty && gotNothing : held + 1 === requests;
    this.#last = now;
    this.#wasEmpty = request.isEmpty;
    this.#repeats = 0;
    if (request.isExtra) return under > requests;
    return under + 1 > requests || (request.isEmpty && isEarly && isInVain);
  }

  /** Whether a request that has come before comes too often. */
  isRepeatedTooMuch(): boolean {
    this.#repeats += 1;
    return this.#repeats > MAX_REPEATS;
  }
}
