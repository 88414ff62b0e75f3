import { z } from 'zod';
import { type Maybe, then } from '../lib/maybe.ts';
import type { Account } from '../server/accounts.ts';
import { AdminError } from '../server/admin/command.ts';
import type { Incoming, Verdict } from '../server/flow.ts';
import { accountCommand, defineModule, on } from '../server/module.ts';
import { advertisement } from '../stream/feature.ts';
import { serialize, xml } from '../xml/element.ts';
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
import { contactAddress } from './roster/commands.ts';
import {
  isPublisher,
  isSubscriber,
  jidOf,
  MAX_REQUEST_LENGTH,
  moved,
  type Roster,
  type RosterItem,
  standingOf,
} from './roster/roster.ts';
import { ContactRemoved, Rosters } from './roster/rosters.ts';

const NOT_ROUTED: Verdict = { drop: 'the subscription state does not let it pass' };
const NO_ROOM: Verdict = { drop: 'too many requests wait for an answer' };
const NS_PRE_APPROVAL = 'urn:xmpp:features:pre-approval';
const OFFER = serialize(xml('sub', { xmlns: NS_PRE_APPROVAL }));

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

    const make = (type: SubscriptionType, from: Account, to: Jid): Stanza =>
      makeStanza('presence', { type, from: from.jid, to });
    const send = (type: SubscriptionType, from: Account, to: Jid): void =>
      host.send(make(type, from, to));

    const applyOutbound = (
      account: Account,
      contact: Jid,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      rosters.use(account, (roster) => {
        const item = roster.itemOf(contact.toString());
        const transition = outbound(standingOf(item), type);
        const verdict = transition.passes ? undefined : NOT_ROUTED;
        // §3.2.2: the contact sees the account go before it hears why.
        if (type === 'unsubscribed' && isSubscriber(item)) presences.withdraw(account, contact);
        const after = moved(item, transition, null);
        if (isSame(item, after)) return verdict;
        return then(rosters.store(roster, after), (stored) => {
          rosters.push(account, stored);
          return verdict;
        });
      });

    const applyInbound = (
      account: Account,
      stanza: Stanza,
      type: SubscriptionType,
    ): Maybe<Verdict | undefined> =>
      rosters.use(account, (roster) => {
        const item = roster.itemOf((stanza.from as Jid).bareString);
        const transition = inbound(standingOf(item), type);
        if (!transition.passes) return answerFor(account, roster, item, transition);
        const isTooMany = type === 'subscribe' && roster.requests().length >= config.maxRequests;
        if (isTooMany) return NO_ROOM;
        // §3.3.3: whoever unsubscribes sees the account go.
        if (type === 'unsubscribe' && isSubscriber(item)) presences.withdraw(account, jidOf(item));
        const after = moved(item, transition, type === 'subscribe' ? requestOf(stanza) : null);
        return then(rosters.store(roster, after), (stored) => {
          // A request alone is not to be seen in the roster (§3.1.3).
          if (type !== 'subscribe') unshown.set(stanza, stored);
          return undefined;
        });
      });

    /** §3.1.3, §3.4.2: the server answers in the user's place, or not at all. */
    const answerFor = (
      account: Account,
      roster: Roster,
      item: RosterItem,
      transition: ReturnType<typeof inbound>,
    ): Maybe<Verdict> => {
      const { autoReply } = transition;
      if (!autoReply) return NOT_ROUTED;
      const contact = jidOf(item);
      const after = moved(item, transition, null);
      if (isSame(item, after)) {
        send(autoReply, account, contact);
        return NOT_ROUTED;
      }
      return then(rosters.store(roster, after), (stored) => {
        rosters.push(account, stored);
        // §3.1.5: first the answer, then who is there.
        return then(host.sendFirst(make(autoReply, account, contact)), () => {
          presences.reveal(account, contact);
          return NOT_ROUTED;
        });
      });
    };

    /** §3.1.6, §3.2.3, §3.3.3: the push comes behind the stanza that explains it. */
    const showChange = (stanza: Stanza, { account }: Incoming): void => {
      const item = unshown.get(stanza);
      if (account && item) rosters.push(account, item);
    };

    /** §2.5.2: a contact who is removed loses both subscriptions. */
    const release = ({ account, item }: { account: Account; item: RosterItem }): void => {
      const contact = jidOf(item);
      if (item.isAsking || isPublisher(item)) send('unsubscribe', account, contact);
      if (isSubscriber(item)) presences.withdraw(account, contact);
      if (isSubscriber(item) || item.request !== null) send('unsubscribed', account, contact);
    };

    /** Both see each other from now on, as if each had asked and been let in. */
    const befriend = async (account: Account, address: string): Promise<{ jid: string }> => {
      const other = await accountOf(contactAddress(account, address));
      for (const [one, contact] of [
        [account, other],
        [other, account],
      ] as const) {
        await rosters.use(one, (roster) => {
          const item = moved(
            roster.itemOf(contact.owner),
            { next: 'both', isPreApproved: false },
            null,
          );
          return then(rosters.store(roster, item), (stored) => rosters.push(one, stored));
        });
      }
      presences.reveal(account, other.jid);
      presences.reveal(other, account.jid);
      return { jid: other.owner };
    };

    const accountOf = async (jid: Jid): Promise<Account> => {
      const account = jid.domain === host.domain ? await host.accounts.find(jid.local) : null;
      if (account) return account;
      throw new AdminError('not-found', `${jid} is no account of ${host.domain}.`);
    };

    return {
      streamFeatures: [preApproval],
      on: [on(ContactRemoved, release)],
      commands: [
        accountCommand({
          name: 'roster.befriend',
          summary: "Makes two accounts of a host see each other's presence.",
          params: z.strictObject({ contact: z.string().max(4_096) }),
          run: (account, { contact }) => befriend(account, contact),
        }),
      ],
      /** All contacts hear that the account is none of theirs any more. */
      farewell: (account) =>
        rosters.use(account, (roster) => {
          for (const item of roster.all()) release({ account, item });
        }),
      facts: (account) =>
        rosters.use(account, (roster) => ({ requests: roster.requests().length })),
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

/** RFC 6121 §3.4.1. */
const preApproval = advertisement({
  name: 'pre-approval',
  offer: () => OFFER,
});

/** Whether nothing that a client or the store knows of has changed. */
function isSame(before: RosterItem, after: RosterItem): boolean {
  const [one, other] = [standingOf(before), standingOf(after)];
  return one.state === other.state && one.isPreApproved === other.isPreApproved;
}

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
