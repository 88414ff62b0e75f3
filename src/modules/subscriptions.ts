import { z } from 'zod';
import { type Maybe, then } from '../lib/maybe.ts';
import type { Account } from '../server/accounts.ts';
import type { Incoming, Verdict } from '../server/flow.ts';
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
} from '../xmpp/subscription.ts';
import { Presences } from './presence/module.ts';
import { ContactRemoved, Rosters } from './roster/module.ts';
import { inState, newItem, type RosterItem, stateOf } from './roster/roster.ts';

const NOT_ROUTED: Verdict = { drop: 'the subscription state does not let it pass' };
const NO_ROOM: Verdict = { drop: 'too many requests wait for an answer' };

/** Characters of a request that are kept: all that wait are sent at each login. */
const MAX_REQUEST_LENGTH = 4096;

/** RFC 6121 §3: who may see whose presence, by the table of Appendix A. */
export default defineModule({
  name: 'subscriptions',
  summary: 'Lets people ask for, grant and cancel subscriptions to presence.',
  needs: [Rosters, Presences],
  config: z.strictObject({
    maxRequests: z
      .number()
      .int()
      .positive()
      .default(200)
      .describe('Requests that wait for the answer of one account.'),
  }),
  setup({ config, host, use }) {
    const rosters = use(Rosters);
    const presences = use(Presences);
    /** What stanzas on their way in have changed, until they are delivered. */
    const unshown = new WeakMap<Stanza, RosterItem>();

    const send = (type: SubscriptionType, from: Account, to: Jid): void =>
      host.send(makeStanza('presence', { type, from: from.jid, to }));

    const applyOutbound = (
      account: Account,
      contact: Jid,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      then(rosters.of(account), (roster) => {
        const item = roster.get(contact) ?? newItem(contact);
        const { next, passes } = outbound(stateOf(item), type);
        if (!passes) return NOT_ROUTED;
        // §3.2.2: the contact sees the account go before it hears why.
        if (type === 'unsubscribed' && roster.isSubscriber(contact)) {
          presences.withdraw(account, contact);
        }
        if (next === stateOf(item)) return undefined;
        const moved = inState(item, next, null);
        return then(rosters.store(roster, moved), () => void rosters.push(account, moved));
      });

    const applyInbound = (
      account: Account,
      stanza: Stanza,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      then(rosters.of(account), (roster) => {
        const contact = (stanza.from as Jid).bare;
        const item = roster.get(contact) ?? newItem(contact);
        const { next, passes, autoReply } = inbound(stateOf(item), type);
        if (autoReply) send(autoReply, account, contact);
        if (!passes) return NOT_ROUTED;
        const isTooMany = type === 'subscribe' && roster.requests().length >= config.maxRequests;
        if (isTooMany) return NO_ROOM;
        // §3.3.3: whoever unsubscribes sees the account go.
        if (type === 'unsubscribe' && roster.isSubscriber(contact)) {
          presences.withdraw(account, contact);
        }
        const request = type === 'subscribe' ? requestOf(stanza) : null;
        const moved = inState(item, next, request);
        // A request alone is not to be seen in the roster (§3.1.3).
        if (type !== 'subscribe') unshown.set(stanza, moved);
        return then(rosters.store(roster, moved), () => undefined);
      });

    /** §3.1.6, §3.2.3, §3.3.3: the push comes behind the stanza that explains it. */
    const showChange = (stanza: Stanza, { account }: Incoming): void => {
      const item = unshown.get(stanza);
      if (account && item) rosters.push(account, item);
    };

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
            copy: showChange,
          },
        },
      },
    };
  },
});

/** The request as it is kept (§3.1.3), without its content where that is too long. */
function requestOf(stanza: Stanza): string {
  const text = stanza.toText(NS.client);
  if (text.length <= MAX_REQUEST_LENGTH) return text;
  const { type, from, to } = stanza;
  return makeStanza('presence', { type, from, to }).toText(NS.client);
}

function betweenAccounts(stanza: Stanza): Stanza {
  const { from, to } = stanza;
  return stanza.with({ from: from?.bare ?? null, to: to?.bare ?? null });
}
