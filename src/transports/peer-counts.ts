import { peerKey } from './address.ts';

/** How many connections each peer has: an IPv4 address, or an IPv6 /64 network. */
export class PeerCounts {
  readonly #counts = new Map<string, number>();

  of(address: string): number {
    return this.#counts.get(peerKey(address)) ?? 0;
  }

  add(address: string): void {
    this.#change(address, 1);
  }

  remove(address: string): void {
    this.#change(address, -1);
  }

  #change(address: string, change: 1 | -1): void {
    const key = peerKey(address);
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
