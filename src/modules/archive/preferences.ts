import { LruMap } from '../../lib/lru.ts';
import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { ArchivePreferences, ArchiveStore } from '../../storage/archive-port.ts';
import type { Ticket } from '../../storage/ports.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { Rosters } from '../roster/rosters.ts';

/** Null where the account has never set any. */
const Preferences = slot<Maybe<ArchivePreferences | null>>('archiving preferences');
/** Whether those who were asked about last are in the roster, where it is not in memory. */
const Contacts = slot<LruMap<string, boolean>>('contacts for the archive');
const MAX_CONTACTS = 256;
/** So many addresses in preferences are kept in memory when nobody is signed in. */
const FEW = 20;

/** The preferences that are in memory (XEP-0441). */
export class PreferenceMemory {
  readonly #store: ArchiveStore;
  readonly #rosters: Rosters;
  /** Those of who has set none. */
  readonly #usual: ArchivePreferences;

  constructor(store: ArchiveStore, rosters: Rosters, usual: ArchivePreferences['default']) {
    this.#store = store;
    this.#rosters = rosters;
    this.#usual = { default: usual, always: [], never: [] };
  }

  of(account: Account): Maybe<ArchivePreferences> {
    return then(this.#load(account), (set) => set ?? this.#usual);
  }

  set(account: Account, preferences: ArchivePreferences): Ticket {
    account.set(Preferences, preferences);
    return this.#store.setPreferences(account.owner, preferences);
  }

  /** Finds out all that `wants` has to know. */
  foresee(account: Account, peer: Jid): Maybe<undefined> {
    return then(this.#load(account), (set) => {
      const { default: rule } = set ?? this.#usual;
      if (rule !== 'roster' || this.#rosters.loaded(account)) return undefined;
      return this.#rosters.use(account, (roster) => {
        const contacts = account.kept(Contacts, () => new LruMap(MAX_CONTACTS));
        contacts.set(peer.bareString, roster.get(peer.bareString)?.isListed === true);
        return undefined;
      });
    });
  }

  /**
   * Whether messages from or to `peer` go into the archive (§2.3); `foresee` comes first.
   * Where the account has gone idle since, so that it is not known any more, the sender
   * may try again: better than a gap, and than a breach.
   * @throws {StanzaError} resource-constraint
   */
  wants(account: Account, peer: Jid): boolean {
    const set = this.#load(account);
    if (isLater(set)) throw unknown();
    const { default: rule, always, never } = set ?? this.#usual;
    for (const address of always.length + never.length > 0 ? formsOf(peer) : []) {
      if (never.includes(address)) return false;
      if (always.includes(address)) return true;
    }
    return rule === 'roster' ? this.#isContact(account, peer) : rule === 'always';
  }

  /** The account has no sessions any more; what says little is worth knowing. */
  mayForget(account: Account): void {
    const set = account.get(Preferences);
    if (!set || isLater(set)) return;
    if (set.always.length + set.never.length > FEW) account.set(Preferences, undefined);
  }

  /** Notes to oneself are among contacts. */
  #isContact(account: Account, { bareString }: Jid): boolean {
    if (bareString === account.owner) return true;
    const roster = this.#rosters.loaded(account);
    if (roster) return roster.get(bareString)?.isListed === true;
    const isContact = account.get(Contacts)?.get(bareString);
    if (isContact === undefined) throw unknown();
    return isContact;
  }

  #load(account: Account): Maybe<ArchivePreferences | null> {
    const there = account.get(Preferences);
    if (there !== undefined) return there;
    const loading = this.#store.preferences(account.owner);
    account.set(Preferences, loading);
    if (isLater(loading)) keepWhenLoaded(account, loading);
    return loading;
  }
}

function unknown(): StanzaError {
  return new StanzaError('resource-constraint');
}

/** As a list may name it, the nearer first. */
function formsOf(jid: Jid): string[] {
  return [jid.toString(), jid.bareString];
}

/** Puts what is loaded in the promise's place, or makes room for another try. */
function keepWhenLoaded(account: Account, loading: Promise<ArchivePreferences | null>): void {
  const settle = (set: ArchivePreferences | null | undefined): void => {
    if (account.get(Preferences) === loading) account.set(Preferences, set);
  };
  loading.then(settle, () => settle(undefined));
}
