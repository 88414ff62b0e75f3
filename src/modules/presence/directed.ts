import type { Jid } from '../../xmpp/jid.ts';

/** Addresses that one session may show itself to besides its contacts. */
const MAX_DIRECTED = 2000;

/** Whom a session has shown itself to by directed presence (RFC 6121 §4.6.3). */
export class DirectedPresence {
  readonly #addresses = new Map<string, Jid>();

  get isFull(): boolean {
    return this.#addresses.size >= MAX_DIRECTED;
  }

  add(to: Jid): void {
    this.#addresses.set(to.toString(), to);
  }

  remove(to: Jid): void {
    this.#addresses.delete(to.toString());
  }

  /** Empties the list and returns what it held. */
  clear(): Jid[] {
    const addresses = [...this.#addresses.values()];
    this.#addresses.clear();
    return addresses;
  }
}
