import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { Owner, RosterStore } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { isSubscriber, Roster } from './roster.ts';

/** A roster in memory, and how many act on it right now. */
interface Held {
  roster: Maybe<Roster>;
  users: number;
}

const Loaded = slot<Held>('roster');

/** Whom of the asked a contact sees, as the store said in this same turn. */
interface Foreseen {
  readonly contact: string;
  readonly asked: ReadonlySet<Owner>;
  readonly seen: ReadonlySet<Owner>;
}

const NOTHING_FORESEEN: Foreseen = { contact: '', asked: new Set(), seen: new Set() };

/** For fewer accounts than this, to ask by each costs no more than to ask for all. */
const FEW = 4;

/**
 * Which rosters are in memory: those of accounts that somebody is signed in to,
 * and others while something is done with them. Never is one forgotten in between,
 * for then two of them could be changed side by side.
 */
export class RosterMemory {
  readonly #store: RosterStore;
  #foreseen: Foreseen | null = null;

  constructor(store: RosterStore) {
    this.#store = store;
  }

  use<T>(account: Account, action: (roster: Roster) => Maybe<T>): Maybe<T> {
    const held = account.get(Loaded) ?? this.#load(account);
    held.users++;
    try {
      const result = then(held.roster, action);
      if (isLater(result)) return result.finally(() => this.#leave(account, held));
      this.#leave(account, held);
      return result;
    } catch (error) {
      this.#leave(account, held);
      throw error;
    }
  }

  loaded(account: Account): Roster | null {
    const roster = account.get(Loaded)?.roster;
    return roster instanceof Roster ? roster : null;
  }

  /**
   * Runs `action`, during which it is known whose presence the contact sees among
   * accounts without a roster in memory. Where the store has to be waited for, each
   * is asked by itself, and `action` gets none of those that are seen.
   */
  foresee(
    contact: Jid,
    owners: readonly Owner[],
    action: (seen: ReadonlySet<Owner>) => void,
  ): void {
    this.#foreseen = owners.length < FEW ? null : this.#ask(contact.bareString, owners);
    try {
      action(this.#foreseen?.seen ?? NOTHING_FORESEEN.seen);
    } finally {
      this.#foreseen = null;
    }
  }

  isSubscriber(account: Account, contact: Jid): Maybe<boolean> {
    if (account.get(Loaded)) return this.use(account, (roster) => roster.isSubscriber(contact));
    const { contact: known, asked, seen } = this.#foreseen ?? NOTHING_FORESEEN;
    if (known === contact.bareString && asked.has(account.owner)) return seen.has(account.owner);
    const subscription = this.#store.subscription(account.owner, contact.bareString);
    return then(subscription, (subscription) => isSubscriber({ subscription }));
  }

  /** The account has no sessions any more. */
  mayForget(account: Account): void {
    const held = account.get(Loaded);
    if (held) this.#forgetIdle(account, held);
  }

  #ask(contact: string, owners: readonly Owner[]): Foreseen | null {
    const seen = this.#store.seenBy(contact, owners);
    return isLater(seen) ? null : { contact, asked: new Set(owners), seen: new Set(seen) };
  }

  #leave(account: Account, held: Held): void {
    held.users--;
    this.#forgetIdle(account, held);
  }

  #forgetIdle(account: Account, held: Held): void {
    if (held.users === 0 && account.holders === 0) account.set(Loaded, undefined);
  }

  #load(account: Account): Held {
    const roster = then(
      this.#store.load(account.owner),
      (record) => new Roster(account.owner, this.#store, record),
    );
    const held: Held = { roster, users: 0 };
    account.set(Loaded, held);
    if (isLater(roster)) keepWhenLoaded(account, held, roster);
    return held;
  }
}

/** Puts the roster itself in the promise's place, or makes room for another try. */
function keepWhenLoaded(account: Account, held: Held, loading: Promise<Roster>): void {
  loading.then(
    (roster) => {
      held.roster = roster;
    },
    () => account.set(Loaded, undefined),
  );
}
