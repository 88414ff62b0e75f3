import { type Maybe, then } from '../lib/maybe.ts';
import type { Account } from '../server/accounts.ts';
import type { Verdict } from '../server/flow.ts';
import { defineModule, on } from '../server/module.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import { makeStanza, type Stanza } from '../xmpp/stanza.ts';
import {
  inbound,
  isSubscriptionType,
  outbound,
  type SubscriptionType,
  type Transition,
} from '../xmpp/subscription.ts';
import { Presences } from './presence/module.ts';
import { ContactRemoved, Rosters } from './roster/module.ts';
import { inState, newItem, type Roster, type RosterItem, stateOf } from './roster/roster.ts';

const NOT_ROUTED: Verdict = { drop: 'the subscription state does not let it pass' };

/** RFC 6121 §3: who may see whose presence, by the table of Appendix A. */
export default defineModule({
  name: 'subscriptions',
  summary: 'Lets people ask for, grant and cancel subscriptions to presence.',
  needs: [Rosters, Presences],
  setup({ host, use }) {
    const rosters = use(Rosters);
    const presences = use(Presences);

    const send = (type: SubscriptionType, from: Account, to: Jid): void =>
      host.send(makeStanza('presence', { type, from: from.jid, to }));

    /** Stores what the transition changes; nothing else waits for the disk. */
    const move = (
      account: Account,
      roster: Roster,
      item: RosterItem,
      { next }: Transition,
      request: string | null,
    ): Maybe<void> => {
      if (next === stateOf(item)) return undefined;
      return rosters.change(account, roster, inState(item, next, request));
    };

    const applyOutbound = (
      account: Account,
      contact: Jid,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      then(rosters.of(account), (roster) => {
        const item = roster.get(contact) ?? newItem(contact);
        const transition = outbound(stateOf(item), type);
        if (!transition.passes) return NOT_ROUTED;
        // §3.2.2: the contact sees the account go before it hears why.
        if (type === 'unsubscribed' && roster.isSubscriber(contact)) {
          presences.withdraw(account, contact);
        }
        return then(move(account, roster, item, transition, null), () => undefined);
      });

    const applyInbound = (
      account: Account,
      stanza: Stanza,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      then(rosters.of(account), (roster) => {
        const contact = (stanza.from as Jid).bare;
        const item = roster.get(contact) ?? newItem(contact);
        const transition = inbound(stateOf(item), type);
        if (transition.autoReply) send(transition.autoReply, account, contact);
        if (!transition.passes) return NOT_ROUTED;
        // §3.3.3: whoever unsubscribes sees the account go.
        if (type === 'unsubscribe' && roster.isSubscriber(contact)) {
          presences.withdraw(account, contact);
        }
        const request = type === 'subscribe' ? stanza.toText(NS.client) : null;
        return then(move(account, roster, item, transition, request), () => undefined);
      });

    /** §2.5.2: a contact who is removed loses both subscriptions. */
    const release = ({ account, item }: { account: Account; item: RosterItem }): void => {
      const { subscription, isAsking, request, jid } = item;
      if (isAsking || subscription === 'to' || subscription === 'both') {
        send('unsubscribe', account, jid);
      }
      const isSubscriber = subscription === 'from' || subscription === 'both';
      if (isSubscriber) presences.withdraw(account, jid);
      if (isSubscriber || request !== null) send('unsubscribed', account, jid);
    };

    return {
      on: [on(ContactRemoved, release)],
      flows: {
        outgoing: {
          presence: {
            // §3.1.2: subscriptions are between accounts, whatever the client wrote.
            rewrite: (stanza) =>
              isSubscriptionType(stanza.type) ? betweenAccounts(stanza) : stanza,
            apply(stanza, { account }) {
              if (!isSubscriptionType(stanza.type)) return undefined;
              if (!stanza.to)
                return { reject: new StanzaError('bad-request', 'it has no address') };
              if (stanza.to.equals(account.jid)) return { drop: 'accounts see themselves anyway' };
              return applyOutbound(account, stanza.to, stanza.type);
            },
          },
        },
        incoming: {
          presence: {
            apply(stanza, { account }) {
              if (!account || !isSubscriptionType(stanza.type)) return undefined;
              return applyInbound(account, stanza, stanza.type);
            },
          },
        },
      },
    };
  },
});

function betweenAccounts(stanza: Stanza): Stanza {
  const { from, to } = stanza;
  return stanza.with({ from: from?.bare ?? null, to: to?.bare ?? null });
}
