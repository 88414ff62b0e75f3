import { type Maybe, then } from '../../lib/maybe.ts';
import { event, service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { SessionEnded, SessionRestored } from '../../server/events.ts';
import { DONE, type Incoming, type Outcome, type Verdict } from '../../server/flow.ts';
import { defineModule, on, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid } from '../../xmpp/jid.ts';
import { makeStanza, readStoredStanza, type Stanza } from '../../xmpp/stanza.ts';
import { isSubscriptionType } from '../../xmpp/subscription.ts';
import { isBlockedBy } from '../blocking/memory.ts';
import { jidOf, type Roster } from '../roster/roster.ts';
import { IsInterested, Rosters } from '../roster/rosters.ts';
import { DirectedPresence } from './directed.ts';
import { LastPresences } from './last.ts';
import { LocalContacts } from './local-contacts.ts';
import { Shown, shownBy } from './shown.ts';
import { checkPresence, priorityOf } from './syntax.ts';

/** What other modules may make an account show. */
export interface Presences {
  /** Shows `to` each available resource of the account; returns how many there are. */
  reveal(account: Account, to: Jid): number;
  /** Tells `to` that each available resource of the account has gone. */
  withdraw(account: Account, to: Jid): void;
  /** The same for those who see the account by directed presence alone, and are concerned. */
  withdrawDirected(account: Account, isConcerned: (to: Jid) => boolean): void;
  /** Whether a resource of the account has shown itself to the address by directed presence. */
  isShownTo(account: Account, to: Jid): boolean;
  /** Shows each available resource of the account anew where `change` returns another presence. */
  refresh(account: Account, change: (shown: Stanza, session: Session) => Stanza): void;
}

export const Presences = service<Presences>('presences');

/** A session can be reached by messages to the bare JID, and could not be before. */
export const BecameReachable = event<{ readonly session: Session }>('became reachable');

const Directed = slot<DirectedPresence>('directed presence', {
  encode: (directed) => directed.addresses,
  decode: (addresses) => DirectedPresence.of(addresses as readonly string[]),
});

type Entries = Incoming['sessions'];

const PROBE = makeStanza('presence', { type: 'probe' });
const ANSWERED: Verdict = { drop: 'the server has answered the probe' };
const IGNORED: Outcome = { kind: 'dropped', why: 'nobody there is to see it' };

/** RFC 6121 §4. */
export default defineModule({
  name: 'presence',
  summary: 'Shows people to those who may see them, and takes it back when they go.',
  needs: [Rosters],
  provides: [Presences],
  setup({ host, storage, clock, use, emit }) {
    const rosters = use(Rosters);
    const last = new LastPresences(host, storage.lastPresences, clock);
    const local = new LocalContacts(host, rosters, last);

    /** Nothing goes out to whom the account has blocked (XEP-0191 §3.3). */
    const send = (account: Account, stanza: Stanza): void => {
      if (!isBlockedBy(account, stanza.to as Jid)) host.send(stanza);
    };

    const availableSessions = (account: Account) =>
      host.directory.peek(account.owner).filter((entry) => entry.priority !== null);

    /** §4.2.2, §4.4.2, §4.5.2: to subscribers and to the account's own resources. */
    const broadcast = (session: Session, stanza: Stanza): void => {
      const { account } = session;
      const roster = rosters.loaded(account);
      for (const item of roster?.subscribers() ?? []) {
        if (!local.isAway(item.contact)) send(account, stanza.stamped(session.jid, jidOf(item)));
      }
      const toSelf = stanza.stamped(session.jid, account.jid);
      for (const entry of availableSessions(account)) entry.deliver(toSelf);
    };

    /** §4.2.2: what a newly available resource asks and is told. */
    const greet = (session: Session): void => {
      const { account } = session;
      const roster = rosters.loaded(account);
      if (roster)
        probe(session, host.tracing.isOn ? publishersOf(roster) : local.show(session, roster));
      for (const shown of shownBy(host.directory.peek(account.owner))) {
        if (shown.from !== session.jid)
          session.deliver(shown.stamped(shown.from as Jid, session.jid));
      }
      for (const request of roster?.requests().map(readStoredStanza) ?? []) {
        if (!isBlockedBy(account, request.from as Jid)) session.deliver(request);
      }
    };

    /** Whom the newcomer may see is asked at once, and not again for every contact. */
    const probe = (session: Session, contacts: readonly string[]): void =>
      rosters.foresee(session.jid, contacts, (seen) => {
        for (const contact of contacts.map(Jid.parse)) {
          const isKnown = seen.has(contact.toString()) && !host.tracing.isOn;
          if (!isKnown || !local.tellLast(session, contact))
            send(session.account, PROBE.stamped(session.jid, contact));
        }
      });

    /** Initial presence, or a change of it (§4.2, §4.4). */
    const show = (session: Session, stanza: Stanza): void => {
      const before = session.priority;
      const priority = priorityOf(stanza);
      session.set(Shown, stanza.keep());
      session.setPriority(priority);
      broadcast(session, stanza);
      if (before === null) greet(session);
      if (priority >= 0 && (before === null || before < 0)) emit(BecameReachable, { session });
    };

    /** §4.5, and §4.6.3 for those who saw it by directed presence. */
    const hide = (session: Session, stanza: Stanza): void => {
      const wasAvailable = session.priority !== null;
      session.set(Shown, undefined);
      session.setPriority(null);
      if (wasAvailable) broadcast(session, stanza);
      if (wasAvailable && availableSessions(session.account).length === 0) {
        last.note(session.account, stanza.stamped(session.jid, null));
      }
      const roster = rosters.loaded(session.account);
      for (const to of session.get(Directed)?.take() ?? []) {
        if (wasAvailable && roster?.isSubscriber(to)) continue;
        send(session.account, stanza.stamped(session.jid, to));
      }
      if (wasAvailable && !session.isEnded) {
        session.deliver(stanza.stamped(session.jid, session.account.jid));
      }
    };

    const direct = (session: Session, stanza: Stanza, to: Jid): void => {
      const directed = session.get(Directed) ?? new DirectedPresence();
      session.set(Directed, directed);
      if (stanza.type === '') directed.add(to);
      else directed.remove(to);
    };

    const onOutgoing = (stanza: Stanza, { session }: { session: Session }): void => {
      const { to, type } = stanza;
      if (to && isSubscriptionType(type)) {
        // §3.1.5: whoever has just been let in sees who is there.
        if (type === 'subscribed') reveal(session.account, to);
      } else if (to) {
        if (type === '' || type === 'unavailable') direct(session, stanza, to);
      } else if (type === 'unavailable') hide(session, stanza);
      else show(session, stanza);
    };

    const reveal = (account: Account, to: Jid, sessions = host.directory.peek(account.owner)) => {
      const all = shownBy(sessions);
      for (const shown of all) send(account, shown.stamped(shown.from as Jid, to));
      return all.length;
    };

    const withdraw = (account: Account, to: Jid): void => {
      for (const { jid } of availableSessions(account)) {
        send(account, makeStanza('presence', { type: 'unavailable', from: jid, to }));
      }
    };

    const withdrawDirected = (account: Account, isConcerned: (to: Jid) => boolean): void => {
      const roster = rosters.loaded(account);
      for (const entry of host.directory.peek(account.owner)) {
        const directed = entry instanceof Session ? entry.get(Directed)?.take(isConcerned) : [];
        for (const to of directed ?? []) {
          if (entry.priority !== null && roster?.isSubscriber(to)) continue;
          host.send(makeStanza('presence', { type: 'unavailable', from: entry.jid, to }));
        }
      }
    };

    const isShownTo = (account: Account, to: Jid): boolean =>
      host.directory
        .peek(account.owner)
        .some((entry) => entry instanceof Session && entry.get(Directed)?.has(to) === true);

    const refresh = (account: Account, change: (shown: Stanza, session: Session) => Stanza) => {
      for (const entry of host.directory.peek(account.owner)) {
        const shown = entry instanceof Session && entry.get(Shown);
        const changed = shown && change(shown, entry);
        if (!changed || changed === shown) continue;
        entry.set(Shown, changed);
        broadcast(entry, changed);
      }
    };

    /** §4.3.2: subscribers learn what the account shows; others that they are none. */
    const answerProbe = (account: Account, from: Jid, sessions: Entries): Maybe<Verdict> =>
      then(rosters.maySee(account, from), (maySee) => {
        if (!maySee) {
          const unsubscribed = { type: 'unsubscribed', from: account.jid, to: from };
          send(account, makeStanza('presence', unsubscribed));
          return ANSWERED;
        }
        if (reveal(account, from, sessions) > 0) return ANSWERED;
        return then(last.of(account), (stanza) => {
          send(account, stanza.stamped(account.jid, from));
          return ANSWERED;
        });
      });

    /** §8.5: presence goes to whoever is there; that nobody is, is no error. */
    const deliver = (stanza: Stanza, { account, to, sessions }: Incoming): Outcome => {
      if (!account) return IGNORED;
      if (!to.isBare && !isSubscriptionType(stanza.type)) {
        const entry = sessions.find(({ jid }) => jid.resource === to.resource);
        return entry?.deliver(stanza) ? DONE : IGNORED;
      }
      if (stanza.type === 'error') return IGNORED;
      for (const entry of sessions) {
        if (concerns(entry, stanza.type)) entry.deliver(stanza);
      }
      return DONE;
    };

    const presences = { reveal, withdraw, withdrawDirected, isShownTo, refresh };
    return {
      provides: [provide(Presences, presences)],
      facts: (account) => last.facts(account),
      on: [
        // Its contacts are to hear when it ends.
        on(SessionRestored, ({ session, waitFor }) =>
          waitFor(rosters.use(session.account, () => undefined)),
        ),
        on(SessionEnded, ({ session }) =>
          hide(session, makeStanza('presence', { type: 'unavailable', from: session.jid })),
        ),
      ],
      flows: {
        outgoing: {
          presence: {
            check(stanza, { session }) {
              const fault = checkPresence(stanza);
              if (fault) return { reject: fault };
              const isFull = stanza.to && session.get(Directed)?.isFull;
              return isFull ? { reject: new StanzaError('policy-violation') } : undefined;
            },
            // The roster is there from here on, so that broadcasts keep their order.
            apply: (_, { account }) => rosters.use(account, () => undefined),
            broadcast: onOutgoing,
          },
        },
        incoming: {
          presence: {
            apply: (stanza, { account, sessions }) =>
              account && stanza.type === 'probe'
                ? answerProbe(account, stanza.from as Jid, sessions)
                : undefined,
            deliver,
          },
        },
      },
    };
  },
});

/** §3.1.3, §3.1.6: answers go to who has the roster, all else to who is available. */
function concerns(entry: { readonly priority: number | null }, type: string): boolean {
  const isAnswer = isSubscriptionType(type) && type !== 'subscribe';
  if (isAnswer && entry instanceof Session && entry.get(IsInterested)) return true;
  return entry.priority !== null;
}

/** The contacts whose presence the account sees, as bare JIDs. */
function publishersOf(roster: Roster): string[] {
  return Array.from(roster.publishers(), ({ contact }) => contact);
}
