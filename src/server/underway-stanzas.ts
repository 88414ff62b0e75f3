import type { Receipts } from '../stream/connection.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { type Sent, SentStanzas, wrapped } from './sent-stanzas.ts';

/**
 * What a client has been sent and has not got yet, as far as its transport tells: over
 * BOSH a response counts once the client has asked for the next (XEP-0124 §9.2).
 */
export class UnderwayStanzas {
  readonly #receipts: Receipts;
  readonly #sent = new SentStanzas();
  /** Where each of them ends in all that was given to the transport. */
  readonly #ends: number[] = [];
  #received = 0;

  constructor(receipts: Receipts) {
    this.#receipts = receipts;
  }

  /** Notes a stanza that has just been written; `at` is in milliseconds since 1970. */
  push(stanza: Stanza, at: number): void {
    this.#forgetReceived();
    this.#sent.push(stanza.keep(), at);
    this.#ends.push(this.#receipts.given);
  }

  get isEmpty(): boolean {
    this.#forgetReceived();
    return this.#ends.length === 0;
  }

  /** Nothing more will be received; returns what was not. */
  giveUp(): readonly Sent[] {
    this.#forgetReceived();
    this.#ends.length = 0;
    return this.#sent.giveUp();
  }

  #forgetReceived(): void {
    const { received } = this.#receipts;
    let count = 0;
    while (count < this.#ends.length && this.#ends[count]! <= received) count++;
    if (count === 0) return;
    this.#ends.splice(0, count);
    this.#received += count;
    this.#sent.acknowledge(wrapped(this.#received));
  }
}
