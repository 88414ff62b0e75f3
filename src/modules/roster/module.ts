import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { event, service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { type AccountRequest, defineModule, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { makeStanza } from '../../xmpp/stanza.ts';
import {
  decodeRosterSet,
  encodeItem,
  encodeRemoval,
  encodeRoster,
  type ItemChange,
  NS_ROSTER,
} from './codec.ts';
import { isTrace, newItem, Roster, type RosterItem } from './roster.ts';

/** The contacts of accounts, for modules that act on them. */
export interface Rosters {
  of(account: Account): Maybe<Roster>;
  /** The roster if it is in memory, as it is once `of` has settled. */
  loaded(account: Account): Roster | null;
  /**
   * Settles when `from` is of the account itself or sees its presence. Fails with
   * service-unavailable for others, who cannot tell so that the account exists.
   */
  assertVisible(account: Account, from: Jid): Maybe<void>;
  /**
   * Stores a changed item, or forgets one that says nothing any more; settles once
   * that is on disk. Throws `StanzaError` resource-constraint where the roster is full.
   */
  store(roster: Roster, item: RosterItem): Maybe<void>;
  /** Shows the item to the account's interested sessions if it is listed (RFC 6121 §2.1.6). */
  push(account: Account, item: RosterItem): void;
}

export const Rosters = service<Rosters>('rosters');

/** A contact has been removed; `item` is as it was before (RFC 6121 §2.5.2). */
export const ContactRemoved = event<{ readonly account: Account; readonly item: RosterItem }>(
  'contact removed',
);

const Loaded = slot<Maybe<Roster>>('roster');
/** Sessions that have asked for the roster get pushes (RFC 6121 §2.1.6). */
export const IsInterested = slot<boolean>('interested in the roster');

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
  setup({ config, host, storage, emit }) {
    const load = (account: Account): Maybe<Roster> => {
      const loaded = then(
        storage.rosters.load(account.owner),
        (records) => new Roster(account.owner, storage.rosters, records),
      );
      account.set(Loaded, loaded);
      if (isLater(loaded)) keepWhenLoaded(account, loaded);
      return loaded;
    };
    const of = (account: Account): Maybe<Roster> => account.get(Loaded) ?? load(account);

    const loaded = (account: Account): Roster | null => {
      const roster = account.get(Loaded);
      return roster instanceof Roster ? roster : null;
    };

    const assertVisible = (account: Account, from: Jid): Maybe<void> =>
      then(of(account), (roster) => {
        if (from.bare.equals(account.jid) || roster.isSubscriber(from)) return;
        throw new StanzaError('service-unavailable');
      });

    const sendPush = (account: Account, item: Element): void => {
      for (const entry of host.directory.peek(account.owner)) {
        if (!(entry instanceof Session) || !entry.get(IsInterested)) continue;
        const envelope = { type: 'set', id: randomUUID(), to: entry.jid };
        entry.deliver(makeStanza('iq', envelope, [encodeRoster([item])]));
      }
    };

    /** What is there already may always change, unless it grows. */
    const hasRoom = (roster: Roster, item: RosterItem): boolean => {
      const before = roster.get(item.jid);
      const isNew = item.isListed && !before?.isListed;
      if (isNew && roster.size >= config.maxItems) return false;
      return !item.isListed || roster.lengthWith(item) <= Math.max(config.maxLength, roster.length);
    };

    const store = (roster: Roster, item: RosterItem): Maybe<void> => {
      if (!hasRoom(roster, item)) {
        throw new StanzaError('resource-constraint', 'the roster is full');
      }
      const ticket = isTrace(item) ? roster.remove(item) : roster.put(item);
      return storage.durability.whenCommitted(ticket);
    };

    const push = (account: Account, item: RosterItem): void => {
      if (item.isListed) sendPush(account, encodeItem(item));
    };

    const get = ({ account, session }: AccountRequest): Maybe<Element> => {
      session?.set(IsInterested, true);
      return then(of(account), (roster) =>
        then(storage.durability.whenCommitted(roster.newest), () =>
          encodeRoster(roster.listed().map(encodeItem)),
        ),
      );
    };

    const set = ({ account, payload }: AccountRequest): Maybe<null> => {
      const wanted = decodeRosterSet(payload, config);
      if (wanted.jid.equals(account.jid)) {
        throw new StanzaError('not-allowed', 'nobody is their own contact');
      }
      return then(of(account), (roster) =>
        then(
          wanted.isRemoval ? remove(account, roster, wanted) : update(account, roster, wanted),
          () => null,
        ),
      );
    };

    const update = (account: Account, roster: Roster, wanted: ItemChange): Maybe<void> => {
      const item = roster.get(wanted.jid) ?? newItem(wanted.jid);
      const { name, groups } = wanted;
      const changed = { ...item, name, groups, isListed: true };
      return then(store(roster, changed), () => push(account, changed));
    };

    const remove = (account: Account, roster: Roster, wanted: ItemChange): Maybe<void> => {
      const item = roster.get(wanted.jid);
      if (!item?.isListed) throw new StanzaError('item-not-found');
      const ticket = roster.remove(item);
      return then(storage.durability.whenCommitted(ticket), () => {
        sendPush(account, encodeRemoval(item));
        emit(ContactRemoved, { account, item });
      });
    };

    const rosterIq = {
      name: 'query',
      xmlns: NS_ROSTER,
      target: 'account',
      isPrivate: true,
    } as const;
    return {
      provides: [provide(Rosters, { of, loaded, assertVisible, store, push })],
      iq: [
        { ...rosterIq, type: 'get', answer: get },
        { ...rosterIq, type: 'set', answer: set },
      ],
    };
  },
});

/** Puts the roster itself in the promise's place, or makes room for another try. */
function keepWhenLoaded(account: Account, loading: Promise<Roster>): void {
  loading.then(
    (roster) => account.set(Loaded, roster),
    () => account.set(Loaded, undefined),
  );
}
