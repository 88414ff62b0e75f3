import { peerKey } from '../address.ts';

export interface SessionBounds {
  readonly maxConnections: number;
  /** From one IPv4 address or IPv6 /64 network. */
  readonly maxConnectionsPerAddress: number;
}

/**
 * How many sessions there are, in all and of each peer. They cost a stranger no socket, so
 * that those without a login may only be a tenth.
 */
export class SessionCounts {
  readonly #counts = new Map<string, number>();

  hasRoom(address: string, { maxConnections, maxConnectionsPerAddress }: SessionBounds): boolean {
    const peer = peerKey(address);
    return (
      this.#of('all') < maxConnections &&
      this.#of(peer) < maxConnectionsPerAddress &&
      this.#of('strangers') < Math.ceil(maxConnections / 10) &&
      this.#of(`strangers ${peer}`) < Math.ceil(maxConnectionsPerAddress / 10)
    );
  }

  add(address: string, isStranger: boolean): void {
    this.#change(address, isStranger, 1);
  }

  remove(address: string, isStranger: boolean): void {
    this.#change(address, isStranger, -1);
  }

  #of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #change(address: string, isStranger: boolean, change: 1 | -1): void {
    const peer = peerKey(address);
    const keys = isStranger ? ['all', peer, 'strangers', `strangers ${peer}`] : ['all', peer];
    for (const key of keys) {
      const count = this.#of(key) + change;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
  }
}
