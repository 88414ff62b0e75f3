import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Maybe, then } from '../../lib/maybe.ts';
import type { Account } from '../../server/accounts.ts';
import { AccountIdle } from '../../server/events.ts';
import { type AccountRequest, defineModule, on, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { advertisement } from '../../stream/feature.ts';
import { type Element, serialize, xml } from '../../xml/element.ts';
import { StanzaError, type StanzaErrorCondition } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { makeStanza } from '../../xmpp/stanza.ts';
import {
  decodeRosterSet,
  decodeVersion,
  encodeItem,
  encodeRemoval,
  encodeRoster,
  type ItemChange,
  NS_ROSTER,
  NS_VERSIONS,
} from './codec.ts';
import { rosterCommands } from './commands.ts';
import { RosterMemory } from './memory.ts';
import { isTrace, type Roster, type RosterChange, type RosterItem } from './roster.ts';
import { ContactRemoved, IsInterested, Rosters } from './rosters.ts';

/** So many changes are pushed at any rate; more only where the whole roster is longer. */
const FEW_CHANGES = 20;

const OFFER = serialize(xml('ver', { xmlns: NS_VERSIONS }));

export default defineModule({
  name: 'roster',
  summary: "Keeps each account's contacts and tells its clients of changes.",
  provides: [Rosters],
  config: z.strictObject({
    maxItems: z.number().int().positive().default(10_000).describe('Contacts of one account.'),
    maxLength: z
      .number()
      .int()
      .positive()
      .default(2_000_000)
      .describe('Characters of all addresses, names and groups of one account.'),
    nameLength: z.number().int().positive().default(1023).describe('Characters of one name.'),
    groupsPerItem: z.number().int().positive().default(100).describe('Groups of one contact.'),
  }),
  setup({ config, host, storage, clock, emit }) {
    const memory = new RosterMemory(storage.rosters);
    const use = memory.use.bind(memory);
    const loaded = memory.loaded.bind(memory);
    const suffix = `@${host.domain}`;

    const maySee = (account: Account, from: Jid): Maybe<boolean> =>
      from.bare.equals(account.jid) || memory.isSubscriber(account, from);

    const foresee: Rosters['foresee'] = (from, contacts, action) => {
      const isAway = (contact: string) =>
        contact.endsWith(suffix) && host.directory.peek(contact).length === 0;
      memory.foresee(from, contacts.filter(isAway), action);
    };

    const assertVisible = (
      account: Account,
      from: Jid,
      refusal: StanzaErrorCondition = 'service-unavailable',
    ): Maybe<void> =>
      then(maySee(account, from), (isAllowed) => {
        if (!isAllowed) throw new StanzaError(refusal);
      });

    const pushTo = (session: Session, item: Element, version: number): void => {
      const envelope = { type: 'set', id: randomUUID(), to: session.jid };
      session.deliver(makeStanza('iq', envelope, [encodeRoster([item], version)]));
    };

    const sendPush = (account: Account, item: Element, version: number): void => {
      for (const entry of host.directory.peek(account.owner)) {
        if (entry instanceof Session && entry.get(IsInterested)) pushTo(entry, item, version);
      }
    };

    /** What is there already may always change, unless it grows. */
    const hasRoom = (roster: Roster, item: RosterItem): boolean => {
      const isNew = item.isListed && !roster.get(item.contact)?.isListed;
      if (isNew && roster.size >= config.maxItems) return false;
      const { before, after } = roster.lengthsWith(item);
      return !item.isListed || after <= Math.max(config.maxLength, before);
    };

    const store = (roster: Roster, item: RosterItem): Maybe<RosterItem> => {
      if (!hasRoom(roster, item)) {
        throw new StanzaError('resource-constraint', 'the roster is full');
      }
      let stored = item;
      if (isTrace(item)) roster.forget(item.contact);
      else stored = roster.put(item, clock.now());
      return then(storage.durability.whenCommitted(roster.newest), () => stored);
    };

    const push = (account: Account, item: RosterItem): void => {
      if (item.isListed) sendPush(account, encodeItem(item), item.version);
    };

    /** RFC 6121 §2.6.3: only what has changed, where that is known and not longer than the rest. */
    const get = ({
      account,
      payload,
      session,
      afterwards,
    }: AccountRequest): Maybe<Element | null> => {
      session?.set(IsInterested, true);
      const known = decodeVersion(payload);
      return use(account, (roster) =>
        then(storage.durability.whenCommitted(roster.newest), () => {
          const changes = known === null ? null : roster.changesSince(known);
          if (!session || !changes || changes.length > Math.max(FEW_CHANGES, roster.size / 2)) {
            return encodeRoster(
              roster.listed().map(encodeItem),
              known === null ? null : roster.version,
            );
          }
          afterwards.push(() => tell(session, changes));
          return null;
        }),
      );
    };

    const tell = (session: Session, changes: readonly RosterChange[]): void => {
      for (const { item, contact, version } of changes) {
        pushTo(session, item ? encodeItem(item) : encodeRemoval(contact), version);
      }
    };

    const set = ({ account, payload }: AccountRequest): Maybe<null> => {
      const wanted = decodeRosterSet(payload, config);
      if (wanted.jid.equals(account.jid)) {
        throw new StanzaError('not-allowed', 'nobody is their own contact');
      }
      return use(account, (roster) =>
        then(
          wanted.isRemoval
            ? remove(account, roster, wanted.jid.toString())
            : update(account, roster, wanted),
          () => null,
        ),
      );
    };

    const update = (account: Account, roster: Roster, wanted: ItemChange): Maybe<void> => {
      const { name, groups } = wanted;
      const changed = { ...roster.itemOf(wanted.jid.toString()), name, groups, isListed: true };
      return then(store(roster, changed), (stored) => push(account, stored));
    };

    const remove = (account: Account, roster: Roster, contact: string): Maybe<void> => {
      const item = roster.get(contact);
      if (!item?.isListed) throw new StanzaError('item-not-found');
      roster.remove(contact, clock.now());
      const { version } = roster;
      return then(storage.durability.whenCommitted(roster.newest), () => {
        sendPush(account, encodeRemoval(contact), version);
        emit(ContactRemoved, { account, item });
      });
    };

    const rosters: Rosters = {
      use,
      loaded,
      maySee,
      foresee,
      assertVisible,
      store,
      push,
      remove,
    };
    const rosterIq = {
      name: 'query',
      xmlns: NS_ROSTER,
      target: 'account',
      isPrivate: true,
    } as const;
    return {
      provides: [provide(Rosters, rosters)],
      streamFeatures: [
        advertisement({
          name: 'roster versions',
          offer: () => OFFER,
        }),
      ],
      iq: [
        { ...rosterIq, type: 'get', answer: get },
        { ...rosterIq, type: 'set', answer: set },
      ],
      commands: rosterCommands(rosters),
      facts: (account) => use(account, (roster) => ({ contacts: roster.size })),
      on: [on(AccountIdle, ({ account }) => memory.mayForget(account))],
    };
  },
});
