import { isLater } from '../../lib/maybe.ts';
import type { Account } from '../../server/accounts.ts';
import type { Incoming } from '../../server/flow.ts';
import type { Host } from '../../server/host.ts';
import { Session } from '../../server/session.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { knownBlocks } from '../blocking/memory.ts';
import type { Roster } from '../roster/roster.ts';
import type { Rosters } from '../roster/rosters.ts';
import type { LastPresences } from './last.ts';
import { Shown } from './shown.ts';

/**
 * Contacts that are accounts of the same host. What they would answer to a probe is at
 * hand for nearly all, so that a newcomer is told without one (RFC 6121 §4.3.2). Nothing
 * is decided here for whoever is blocked, or not known to see the contact.
 */
export class LocalContacts {
  readonly #host: Host;
  readonly #rosters: Rosters;
  readonly #last: LastPresences;
  readonly #suffix: string;

  constructor(host: Host, rosters: Rosters, last: LastPresences) {
    this.#host = host;
    this.#rosters = rosters;
    this.#last = last;
    this.#suffix = `@${host.domain}`;
  }

  /** Whether presence for the contact, a bare JID, has nobody to go to. */
  isAway(contact: string): boolean {
    const sessions = this.#host.directory.list(contact);
    return !isLater(sessions) && sessions.length === 0 && contact.endsWith(this.#suffix);
  }

  /** Shows the newcomer those contacts that are here; returns whom it has to ask. */
  show(newcomer: Session, roster: Roster): string[] {
    const others: string[] = [];
    for (const { contact } of roster.publishers()) {
      const sessions = this.#host.directory.list(contact);
      if (isLater(sessions) || !this.#showEach(newcomer, sessions)) others.push(contact);
    }
    return others;
  }

  #showEach(newcomer: Session, sessions: Incoming['sessions']): boolean {
    const entry = sessions[0];
    if (!(entry instanceof Session) || entry.host !== this.#host) return false;
    const { account } = entry;
    const roster = this.#rosters.loaded(account);
    if (!roster?.isSubscriber(newcomer.jid)) return false;
    if (!this.#isOpen(account, newcomer)) return false;
    let isShown = false;
    for (const each of sessions) {
      const shown = each instanceof Session && each.get(Shown);
      if (!shown) continue;
      this.#tell(newcomer, shown, each.jid);
      isShown = true;
    }
    return isShown;
  }

  /** Tells the newcomer how a contact went that it sees and that is away; false where it has to ask. */
  tellLast(newcomer: Session, contact: Jid): boolean {
    const account = this.#host.accounts.peek(contact.local);
    const farewell = account && this.#last.known(account);
    if (!farewell || !this.#isOpen(account, newcomer)) return false;
    this.#tell(newcomer, farewell, account.jid);
    return true;
  }

  /** Whether it is known that the account has not blocked the newcomer. */
  #isOpen(account: Account, newcomer: Session): boolean {
    return knownBlocks(account)?.blocks(newcomer.jid) === false;
  }

  #tell(newcomer: Session, presence: Stanza, from: Jid): void {
    this.#host.send(presence.stamped(from, newcomer.jid));
  }
}
