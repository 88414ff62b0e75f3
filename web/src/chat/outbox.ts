import type { Stanzas } from 'stanza';

/** A message that has an id. */
export type Outgoing = Stanzas.Message & { readonly id: string };

/**
 * Keeps what is sent until the server has confirmed it, so that a broken connection loses
 * nothing and doubles nothing.
 */
export class Outbox {
  readonly #send: (message: Outgoing) => void;
  /** In the order in which they were written. */
  readonly #waiting = new Map<string, Outgoing>();
  /** What stream management looks after: it goes again by itself where a session goes on. */
  readonly #handed = new Set<string>();
  #isOpen = false;

  constructor(send: (message: Outgoing) => void) {
    this.#send = send;
  }

  post(message: Outgoing): void {
    this.#waiting.set(message.id, message);
    if (this.#isOpen) this.#hand(message);
  }

  /** The server has it: it said so, or its archive shows it. */
  settle(id: string): void {
    this.#waiting.delete(id);
    this.#handed.delete(id);
  }

  /** There is no connection. */
  close(): void {
    this.#isOpen = false;
  }

  /** There is one: with the session as it was, or with a new one that knows nothing of before. */
  open(isNewSession: boolean): void {
    if (isNewSession) this.#handed.clear();
    this.#isOpen = true;
    for (const [id, message] of [...this.#waiting]) {
      if (!this.#handed.has(id)) this.#hand(message);
    }
  }

  #hand(message: Outgoing): void {
    this.#handed.add(message.id);
    this.#send(message);
  }
}
