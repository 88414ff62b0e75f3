import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { asIs, service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { AccountIdle, SessionRestored } from '../../server/events.ts';
import type { Incoming, Outgoing, Verdict } from '../../server/flow.ts';
import { type AccountRequest, defineModule, on, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import type { Ticket } from '../../storage/ports.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid } from '../../xmpp/jid.ts';
import { isRequest, makeStanza, type Stanza } from '../../xmpp/stanza.ts';
import { Presences } from '../presence/module.ts';
import { jidOf, type Roster } from '../roster/roster.ts';
import { Rosters } from '../roster/rosters.ts';
import { BlockSet } from './block-set.ts';
import { decodeItems, encodeItems, NS_BLOCKING, NS_BLOCKING_ERRORS } from './codec.ts';
import { BlockMemory } from './memory.ts';

/** Whom accounts have blocked, for modules that act on it. */
export interface BlockList {
  /** At once where the list is in memory, as it is while somebody is signed in. */
  isBlocked(account: Account, jid: Jid): Maybe<boolean>;
}

export const BlockList = service<BlockList>('block list');

/** Sessions that have asked for the list get pushes (XEP-0191 §3.3). */
const IsInterested = slot<boolean>('interested in the block list', asIs());

const command = { xmlns: NS_BLOCKING, target: 'account', isPrivate: true } as const;

/** As if nobody were there (XEP-0191 §3.3). */
const UNAVAILABLE: Verdict = { reject: new StanzaError('service-unavailable') };
const IGNORED: Verdict = { drop: 'its sender is blocked' };
const BLOCKED: Verdict = {
  reject: new StanzaError('not-acceptable', '', 'cancel', {
    name: 'blocked',
    xmlns: NS_BLOCKING_ERRORS,
  }),
};

/** XEP-0191: to whom an account has blocked, it looks as if it were always away. */
export default defineModule({
  name: 'blocking',
  summary: 'Lets people block addresses, so that neither hears of the other.',
  implements: [{ xep: 191, version: '1.3', status: 'complete' }],
  needs: [Rosters, Presences],
  provides: [BlockList],
  config: z.strictObject({
    maxEntries: z.number().int().positive().default(1000).describe('Addresses of one account.'),
    maxLength: z
      .number()
      .int()
      .positive()
      .default(200_000)
      .describe('Characters of all addresses of one account.'),
  }),
  setup({ config, host, storage, use }) {
    const rosters = use(Rosters);
    const presences = use(Presences);
    const memory = new BlockMemory(storage.blocks);

    /** The verdict on what comes from a blocked address, or goes to one. */
    const judge = (account: Account, jid: Jid | null, verdict: Verdict) => {
      const list = memory.of(account);
      if (isLater(list))
        return list.then((list) => (jid && list.blocks(jid) ? verdict : undefined));
      return jid && list.blocks(jid) ? verdict : undefined;
    };

    const incoming = {
      check: (stanza: Stanza, { account }: Incoming) =>
        account ? judge(account, stanza.from, verdictOn(stanza)) : undefined,
    };

    /** Presence without an address passes here too: it goes out once the list is there. */
    const outgoing = {
      check: (stanza: Stanza, { account }: Outgoing) => judge(account, stanza.to, BLOCKED),
    };

    const push = (account: Account, payload: Element): null => {
      for (const entry of host.directory.peek(account.owner)) {
        if (!(entry instanceof Session && entry.get(IsInterested))) continue;
        const envelope = { type: 'set', id: randomUUID(), to: entry.jid };
        entry.deliver(makeStanza('iq', envelope, [payload]));
      }
      return null;
    };

    const get = ({ account, session }: AccountRequest): Maybe<Element> => {
      session?.set(IsInterested, true);
      return then(memory.of(account), (list) => encodeItems('blocklist', list));
    };

    /** Makes a change that nothing interrupts; it is pushed when it is on disk. */
    const change = (
      account: Account,
      told: Element,
      make: (before: BlockSet, roster: Roster) => Ticket,
    ): Maybe<null> =>
      rosters.use(account, (roster) =>
        memory.use(account, (before) =>
          then(storage.durability.whenCommitted(make(before, roster)), () => push(account, told)),
        ),
      );

    /** §3.3: whoever sees the account is told that it has gone, and then nothing more. */
    const block = ({ account, payload }: AccountRequest): Maybe<null> => {
      const jids = decodeItems(payload, config.maxEntries).map(String);
      if (jids.length === 0) throw new StanzaError('bad-request', 'there is no item');
      return change(account, encodeItems('block', jids), (before, roster) => {
        const after = BlockSet.of(account.jid, [...before, ...jids]);
        assertRoom(before, after);
        for (const jid of seersOf(roster, after)) presences.withdraw(account, jid);
        presences.withdrawDirected(account, (jid) => after.blocks(jid));
        memory.set(account, after);
        return storage.blocks.add(account.owner, jids);
      });
    };

    const assertRoom = (before: BlockSet, after: BlockSet): void => {
      if (after.size === before.size) return;
      if (after.size <= config.maxEntries && after.length <= config.maxLength) return;
      throw new StanzaError('resource-constraint', 'the block list is full');
    };

    /** §3.4, §3.5: whoever may see the account sees again what it shows. */
    const unblock = ({ account, payload }: AccountRequest): Maybe<null> => {
      const jids = decodeItems(payload, config.maxEntries).map(String);
      const isAll = payload.getChildElements().length === 0;
      // Who means somebody that we do not understand does not mean everybody.
      if (jids.length === 0 && !isAll) throw new StanzaError('bad-request', 'there is no item');
      return change(account, encodeItems('unblock', jids), (before, roster) => {
        const gone = new Set(isAll ? before : jids);
        const after = BlockSet.of(
          account.jid,
          [...before].filter((jid) => !gone.has(jid)),
        );
        memory.set(account, after);
        for (const jid of seersOf(roster, before)) presences.reveal(account, jid);
        return storage.blocks.remove(account.owner, [...gone]);
      });
    };

    const isBlocked = (account: Account, jid: Jid): Maybe<boolean> =>
      then(memory.of(account), (list) => list.blocks(jid));

    return {
      provides: [provide(BlockList, { isBlocked })],
      features: { host: [NS_BLOCKING] },
      iq: [
        { ...command, type: 'get', name: 'blocklist', answer: get },
        { ...command, type: 'set', name: 'block', answer: block },
        { ...command, type: 'set', name: 'unblock', answer: unblock },
      ],
      facts: (account) => then(memory.of(account), (list) => ({ blocked: list.size })),
      on: [
        on(AccountIdle, ({ account }) => memory.mayForget(account)),
        on(SessionRestored, ({ session, waitFor }) => waitFor(memory.of(session.account))),
      ],
      flows: {
        outgoing: { message: outgoing, presence: outgoing, iq: outgoing },
        incoming: { message: incoming, presence: incoming, iq: incoming },
      },
    };
  },
});

/** XEP-0191 §3.3. */
function verdictOn(stanza: Stanza): Verdict {
  if (stanza.kind === 'message') return UNAVAILABLE;
  return stanza.kind === 'iq' && isRequest(stanza) ? UNAVAILABLE : IGNORED;
}

/**
 * Whom of the list a change may concern: who sees the account's presence, or would.
 * Those who are blocked at the time get none of it anyway.
 */
function* seersOf(roster: Roster, list: BlockSet): Iterable<Jid> {
  for (const item of roster.subscribers()) {
    const jid = jidOf(item);
    if (list.blocks(jid)) yield jid;
  }
  for (const text of list) {
    const jid = Jid.parse(text);
    // A single resource of a contact who is not blocked as a whole.
    if (!jid.isBare && !list.blocks(jid.bare) && roster.isSubscriber(jid)) yield jid;
  }
}
