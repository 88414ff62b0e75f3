import { Jid } from '../../xmpp/jid.ts';

/** Addresses that one session may show itself to besides its contacts. */
const MAX_DIRECTED = 2000;
/** Characters of all of them. */
const MAX_LENGTH = 256 * 1024;

/** Whom a session has shown itself to by directed presence (RFC 6121 §4.6.3). */
export class DirectedPresence {
  readonly #addresses = new Map<string, Jid>();
  #length = 0;

  static of(addresses: readonly string[]): DirectedPresence {
    const directed = new DirectedPresence();
    for (const address of addresses) directed.add(Jid.parse(address));
    return directed;
  }

  get addresses(): readonly string[] {
    return [...this.#addresses.keys()];
  }

  get isFull(): boolean {
    return this.#addresses.size >= MAX_DIRECTED || this.#length >= MAX_LENGTH;
  }

  /** Whether it is shown to the address, or to its account as a whole. */
  has(to: Jid): boolean {
    return this.#addresses.has(to.toString()) || this.#addresses.has(to.bareString);
  }

  add(to: Jid): void {
    this.remove(to);
    this.#addresses.set(to.toString(), to);
    this.#length += to.toString().length;
  }

  remove(to: Jid): void {
    if (this.#addresses.delete(to.toString())) this.#length -= to.toString().length;
  }

  /** Takes those addresses out that are concerned, and returns them; by default all. */
  take(isConcerned: (to: Jid) => boolean = () => true): Jid[] {
    const taken = [...this.#addresses.values()].filter(isConcerned);
    for (const to of taken) this.remove(to);
    return taken;
  }
}
