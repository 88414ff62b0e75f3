import type { Jid } from '../../xmpp/jid.ts';

/**
 * The addresses that one account has blocked, each of them of one of four kinds
 * (XEP-0191 §6). It never changes; a changed list is another set.
 */
export class BlockSet implements Iterable<string> {
  readonly #owner: Jid | null;
  readonly #jids: ReadonlySet<string>;

  private constructor(owner: Jid | null, jids: Iterable<string>) {
    this.#owner = owner;
    this.#jids = new Set(jids);
  }

  /** Of most accounts, which have blocked nobody. */
  static readonly NONE = new BlockSet(null, []);

  /** `jids` are prepared addresses; `owner` is the account's bare JID. */
  static of(owner: Jid, jids: Iterable<string>): BlockSet {
    const set = new BlockSet(owner, jids);
    return set.size === 0 ? BlockSet.NONE : set;
  }

  get size(): number {
    return this.#jids.size;
  }

  /** Characters of all addresses. */
  get length(): number {
    let length = 0;
    for (const jid of this.#jids) length += jid.length;
    return length;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#jids.values();
  }

  has(jid: Jid): boolean {
    return this.#jids.has(jid.toString());
  }

  /**
   * Whether stanzas from and to this address are blocked: it is listed itself, or
   * without its resource, or its domain is. The account's own resources and its
   * server never are, whatever is listed (XEP-0191 §5).
   */
  blocks(jid: Jid): boolean {
    if (this.#jids.size === 0) return false;
    const isListed = this.has(jid) || this.#jids.has(jid.bareString) || this.#jids.has(jid.domain);
    return isListed && !this.#isOwn(jid);
  }

  #isOwn({ local, domain }: Jid): boolean {
    if (domain !== this.#owner?.domain) return false;
    return local === '' || local === this.#owner.local;
  }
}
