import { LruMap } from '../../lib/lru.ts';
import type { Jid } from '../../xmpp/jid.ts';

/** Messages of one account that errors may still answer. */
const MESSAGES = 64;
/** Longer ids are no use to remember. */
const MAX_LENGTH = 256;

/** The messages that were copied last, so that an error is copied if it answers one of them. */
export class Answerable {
  readonly #messages = new LruMap<string, true>(MESSAGES);

  /** `peer` is whom the message went to, or came from. */
  add(peer: Jid, id: string): void {
    if (id !== '' && id.length <= MAX_LENGTH) this.#messages.set(keyOf(peer, id), true);
  }

  /** Whether an error between the account and `peer` answers one of them. */
  has(peer: Jid, id: string): boolean {
    return this.#messages.get(keyOf(peer, id)) === true;
  }
}

/** Whoever answers for a bare address may be one of its resources. */
function keyOf(peer: Jid, id: string): string {
  return `${peer.bareString} ${id}`;
}
