import type { Stanzas } from 'stanza';
import type { Posted } from './unsent.ts';

/** A message that has an id. */
export type Outgoing = Stanzas.Message & { readonly id: string };

/**
 * Keeps what is sent until the server has confirmed it, so that a broken connection loses
 * nothing and doubles nothing.
 */
export class Outbox {
  readonly #send: (message: Outgoing) => void;
  readonly #keep: (posted: readonly Posted[]) => void;
  /** In the order in which they were written. */
  readonly #waiting = new Map<string, Posted>();
  /** What stream management looks after: it goes again by itself where a session goes on. */
  readonly #handed = new Set<string>();
  #isOpen = false;
  #isGivenUp = false;

  /** `keep` is told what waits, whenever that changes; `posted` waits from before. */
  constructor(
    send: (message: Outgoing) => void,
    keep: (posted: readonly Posted[]) => void = () => {},
    posted: readonly Posted[] = [],
  ) {
    this.#send = send;
    this.#keep = keep;
    for (const each of posted) this.#waiting.set(each.message.id, each);
  }

  post(message: Outgoing): void {
    if (this.#isGivenUp) return;
    this.#waiting.set(message.id, { message, time: Date.now() });
    this.#keep([...this.#waiting.values()]);
    if (this.#isOpen) this.#hand(message);
  }

  /** The server has it: it said so, or its archive shows it. */
  settle(id: string): void {
    if (this.#waiting.delete(id)) this.#keep([...this.#waiting.values()]);
    this.#handed.delete(id);
  }

  /** Forgets everything, and takes nothing more: its owner has signed out. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#waiting.clear();
    this.#keep([]);
  }

  /** There is no connection. */
  close(): void {
    this.#isOpen = false;
  }

  /** There is one: with the session as it was, or with a new one that knows nothing of before. */
  open(isNewSession: boolean): void {
    if (isNewSession) this.#handed.clear();
    this.#isOpen = true;
    for (const [id, { message }] of [...this.#waiting]) {
      if (!this.#handed.has(id)) this.#hand(message);
    }
  }

  #hand(message: Outgoing): void {
    this.#handed.add(message.id);
    this.#send(message);
  }
}
