import { type Maybe, then } from '../../lib/maybe.ts';
import { event, service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { SessionEnded } from '../../server/events.ts';
import { DONE, type Incoming, type Outcome, type Verdict } from '../../server/flow.ts';
import { defineModule, on, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { makeStanza, readStoredStanza, type Stanza } from '../../xmpp/stanza.ts';
import { isSubscriptionType } from '../../xmpp/subscription.ts';
import { IsInterested, Rosters } from '../roster/module.ts';
import { DirectedPresence } from './directed.ts';
import { checkPresence, priorityOf } from './syntax.ts';

/** What other modules may make an account show. */
export interface Presences {
  /** Tells `to` that each available resource of the account has gone. */
  withdraw(account: Account, to: Jid): void;
}

export const Presences = service<Presences>('presences');

/** A session can be reached by messages to the bare JID, and could not be before. */
export const BecameReachable = event<{ readonly session: Session }>('became reachable');

/** The presence that the session showed last; absent while unavailable. */
const Shown = slot<Stanza>('presence shown');
const Directed = slot<DirectedPresence>('directed presence');

const IGNORED: Outcome = { kind: 'dropped', why: 'nobody there is to see it' };

/** RFC 6121 §4. */
export default defineModule({
  name: 'presence',
  summary: 'Shows people to those who may see them, and takes it back when they go.',
  needs: [Rosters],
  provides: [Presences],
  setup({ host, use, emit }) {
    const rosters = use(Rosters);

    const availableSessions = (account: Account) =>
      host.directory.peek(account.owner).filter((entry) => entry.priority !== null);

    /** §4.2.2, §4.4.2, §4.5.2: to subscribers and to the account's own resources. */
    const broadcast = (session: Session, stanza: Stanza): void => {
      const { account } = session;
      const roster = rosters.loaded(account);
      for (const item of roster?.subscribers() ?? [])
        host.send(stanza.stamped(session.jid, item.jid));
      const toSelf = stanza.stamped(session.jid, account.jid);
      for (const entry of availableSessions(account)) entry.deliver(toSelf);
    };

    /** §4.2.2: what a newly available resource asks and is told. */
    const greet = (session: Session): void => {
      const { account } = session;
      const roster = rosters.loaded(account);
      for (const item of roster?.publishers() ?? []) {
        host.send(makeStanza('presence', { type: 'probe', from: session.jid, to: item.jid }));
      }
      for (const shown of shownBy(account)) {
        if (shown.from !== session.jid)
          session.deliver(shown.stamped(shown.from as Jid, session.jid));
      }
      for (const request of roster?.requests() ?? []) session.deliver(readStoredStanza(request));
    };

    const shownBy = (account: Account): Stanza[] =>
      host.directory
        .peek(account.owner)
        .flatMap((entry) => (entry instanceof Session && entry.get(Shown)) || []);

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
      const roster = rosters.loaded(session.account);
      for (const to of session.get(Directed)?.clear() ?? []) {
        if (!wasAvailable || !roster?.isSubscriber(to)) host.send(stanza.stamped(session.jid, to));
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

    const reveal = (account: Account, to: Jid): void => {
      for (const shown of shownBy(account)) host.send(shown.stamped(shown.from as Jid, to));
    };

    const withdraw = (account: Account, to: Jid): void => {
      for (const { jid } of availableSessions(account)) {
        host.send(makeStanza('presence', { type: 'unavailable', from: jid, to }));
      }
    };

    /** §4.3.2: subscribers learn what the account shows; others that they are none. */
    const answerProbe = (account: Account, from: Jid): Maybe<Verdict> =>
      then(rosters.of(account), (roster) => {
        if (roster.isSubscriber(from) || from.bare.equals(account.jid)) {
          const shown = shownBy(account);
          if (shown.length > 0) reveal(account, from);
          else
            host.send(makeStanza('presence', { type: 'unavailable', from: account.jid, to: from }));
        } else {
          host.send(makeStanza('presence', { type: 'unsubscribed', from: account.jid, to: from }));
        }
        return { drop: 'the server has answered the probe' };
      });

    /** §8.5: presence goes to whoever is there; that nobody is, is no error. */
    const deliver = (stanza: Stanza, { account, to, sessions }: Incoming): Outcome => {
      if (!account) return IGNORED;
      if (!to.isBare && !isSubscriptionType(stanza.type)) {
        return host.directory.find(to)?.deliver(stanza) ? DONE : IGNORED;
      }
      if (stanza.type === 'error') return IGNORED;
      for (const entry of sessions) {
        if (concerns(entry, stanza.type)) entry.deliver(stanza);
      }
      return DONE;
    };

    return {
      provides: [provide(Presences, { withdraw })],
      on: [
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
            apply: (_, { account }) => then(rosters.of(account), () => undefined),
            broadcast: onOutgoing,
          },
        },
        incoming: {
          presence: {
            apply: (stanza, { account }) =>
              account && stanza.type === 'probe'
                ? answerProbe(account, stanza.from as Jid)
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
