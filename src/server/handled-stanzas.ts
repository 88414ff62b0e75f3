import type { Maybe } from '../lib/maybe.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/**
 * Which stanzas of a client are handled (XEP-0198 §4): those whose outcome is known.
 * Several may be under way, so what counts is how many there are before the first that
 * is not.
 */
export class HandledStanzas {
  /** Under way, with how many came before each; in the order in which they came. */
  readonly #open = new Map<Stanza, number>();
  #taken: number;
  #waiting: (() => void)[] = [];

  /** `taken` were handled before, on the way to where this goes on. */
  constructor(taken = 0) {
    this.#taken = taken;
  }

  /** How many have come. */
  get taken(): number {
    return this.#taken;
  }

  /** How many are handled, with all before them. */
  get count(): number {
    for (const before of this.#open.values()) return before;
    return this.#taken;
  }

  /** How many there are up to this one, which is under way; 0 for one that does not count. */
  upTo(stanza: Stanza): number {
    const before = this.#open.get(stanza);
    return before === undefined ? 0 : before + 1;
  }

  take(stanza: Stanza): void {
    this.#open.set(stanza, this.#taken++);
  }

  /** Its outcome is known; a stanza that came before all counting is passed over. */
  conclude(stanza: Stanza): void {
    if (!this.#open.delete(stanza) || this.#open.size > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const settle of waiting) settle();
  }

  /** Settles when nothing is under way. */
  whenAll(): Maybe<void> {
    if (this.#open.size === 0) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
