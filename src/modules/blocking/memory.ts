import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { BlockStore } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { BlockSet } from './block-set.ts';

const Blocked = slot<Maybe<BlockSet>>('blocked addresses');

/**
 * Whether the account has blocked the address, for who acts in the account's name
 * without a flow. True only once the list is in memory, as it is from the first
 * stanza that a session of the account sends or gets.
 */
export function isBlockedBy(account: Account, jid: Jid): boolean {
  return knownBlocks(account)?.blocks(jid) === true;
}

/** Whom the account has blocked; null while that is not in memory. */
export function knownBlocks(account: Account): BlockSet | null {
  const list = account.get(Blocked);
  return list instanceof BlockSet ? list : null;
}

/** The block lists that are in memory. */
export class BlockMemory {
  readonly #store: BlockStore;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** At once, but for the first time. */
  of(account: Account): Maybe<BlockSet> {
    return account.get(Blocked) ?? this.#load(account);
  }

  /** Runs `action` on the list as it is in that moment, so that it may set another. */
  use<T>(account: Account, action: (list: BlockSet) => Maybe<T>): Maybe<T> {
    return then(this.of(account), (list) =>
      account.get(Blocked) === list ? action(list) : this.use(account, action),
    );
  }

  set(account: Account, list: BlockSet): void {
    account.set(Blocked, list);
  }

  /** The account has no sessions any more; that it has blocked nobody is worth knowing. */
  mayForget(account: Account): void {
    const list = account.get(Blocked);
    if (list instanceof BlockSet && list.size > 0) account.set(Blocked, undefined);
  }

  #load(account: Account): Maybe<BlockSet> {
    const list = then(this.#store.load(account.owner), (jids) => BlockSet.of(account.jid, jids));
    account.set(Blocked, list);
    if (isLater(list)) keepWhenLoaded(account, list);
    return list;
  }
}

/** Puts the list itself in the promise's place, or makes room for another try. */
function keepWhenLoaded(account: Account, loading: Promise<BlockSet>): void {
  const settle = (list: BlockSet | undefined): void => {
    if (account.get(Blocked) === loading) account.set(Blocked, list);
  };
  loading.then(settle, () => settle(undefined));
}
