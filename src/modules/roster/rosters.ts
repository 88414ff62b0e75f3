import type { Maybe } from '../../lib/maybe.ts';
import { asIs, event, service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { StanzaErrorCondition } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { Roster, RosterItem } from './roster.ts';

/** The contacts of accounts, for modules that act on them. */
export interface Rosters {
  /**
   * Runs `action` on the account's roster, which is in memory until it has settled,
   * and as long as anybody is signed in to the account.
   */
  use<T>(account: Account, action: (roster: Roster) => Maybe<T>): Maybe<T>;
  /** The roster if it is in memory, as it is while a session of the account is available. */
  loaded(account: Account): Roster | null;
  /**
   * Whether `from` is of the account itself or sees its presence; a whole roster is
   * not loaded for that.
   */
  maySee(account: Account, from: Jid): Maybe<boolean>;
  /**
   * Runs `action`, in which `maySee` knows of these contacts, bare JIDs, without asking
   * the store about each. It gets those of them that are away and surely may be seen.
   */
  foresee(
    from: Jid,
    contacts: readonly string[],
    action: (seen: ReadonlySet<string>) => void,
  ): void;
  /**
   * Settles when `from` may see the account. Fails with `refusal` for others, who
   * cannot tell so that the account exists.
   */
  assertVisible(account: Account, from: Jid, refusal?: StanzaErrorCondition): Maybe<void>;
  /**
   * Stores a changed item, or forgets one that says nothing any more; settles with
   * the item once that is on disk. Throws `StanzaError` resource-constraint where
   * the roster is full.
   */
  store(roster: Roster, item: RosterItem): Maybe<RosterItem>;
  /** Shows the item to the account's interested sessions if it is listed (RFC 6121 §2.1.6). */
  push(account: Account, item: RosterItem): void;
  /** Removes a contact; throws `StanzaError` item-not-found for a stranger (RFC 6121 §2.5). */
  remove(account: Account, roster: Roster, contact: string): Maybe<void>;
}

export const Rosters = service<Rosters>('rosters');

/** A contact has been removed; `item` is as it was before (RFC 6121 §2.5.2). */
export const ContactRemoved = event<{ readonly account: Account; readonly item: RosterItem }>(
  'contact removed',
);

/** Sessions that have asked for the roster get pushes (RFC 6121 §2.1.6). */
export const IsInterested = slot<boolean>('interested in the roster', asIs());
