import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog as log } from '../../src/lib/log.ts';
import type {
  Avatar,
  LastPresence,
  RosterItemRecord,
  Storage,
  UserRecord,
  VcardRecord,
} from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { user } from '../contracts/records.ts';

interface Account {
  user: UserRecord;
  avatar: Avatar | null;
  readonly roster: Map<string, RosterItemRecord>;
  /** Versions by contact. */
  readonly removals: Map<string, number>;
  offline: { stamp: number; stanza: string }[];
  presence: LastPresence | null;
  readonly blocks: Set<string>;
  readonly privateXml: Map<string, string>;
  vcard: VcardRecord | null;
}

interface Model {
  readonly accounts: Map<string, Account>;
  readonly retired: Map<string, number>;
  /** Grows with each operation; what stamps and versions are made of. */
  now: number;
}

/** One operation, done to the store and to the model. */
type Operation = (storage: Storage, model: Model) => Promise<void> | void;

const OWNERS = ['a@x.example', 'b@x.example', 'a@y.example'];
const PLACES = ['a', 'b', 'c'].map((name) => ({ xmlns: `urn:${name}`, name }));
const owner = fc.constantFrom(...OWNERS);
const place = fc.constantFrom(...PLACES);
const contacts = ['c@x.example', 'd@x.example', 'e@x.example'];
const contact = fc.constantFrom(...contacts);
// What XML can carry: no control characters, no lone surrogates.
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const nullable = fc.option(text, { nil: null });

const rosterItem = fc.record({
  contact,
  name: nullable,
  subscription: fc.constantFrom('none', 'to', 'from', 'both'),
  isAsking: fc.boolean(),
  isPreApproved: fc.boolean(),
  isListed: fc.boolean(),
  groups: fc.array(text, { maxLength: 3 }),
  request: nullable,
});
const update = fc.record(
  {
    nickname: nullable,
    isDisabled: fc.boolean(),
    lastLogin: fc.option(fc.maxSafeNat(), { nil: null }),
    source: nullable,
    avatar: fc.option(
      fc.record({ type: text, data: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
      { nil: null },
    ),
  },
  { requiredKeys: [] },
);
const vcard = fc.record({ xml: text, photoHash: text });

/** An operation on one account, which does nothing to the model where there is none. */
function change<T>(
  value: fc.Arbitrary<T>,
  store: (storage: Storage, owner: string, value: T, now: number) => unknown,
  apply: (account: Account, value: T, now: number) => void,
): fc.Arbitrary<Operation> {
  return fc.tuple(owner, value).map(([name, given]): Operation => {
    return (storage, model) => {
      const now = ++model.now;
      store(storage, name, given, now);
      const account = model.accounts.get(name);
      if (account) apply(account, given, now);
    };
  });
}

function blank(record: UserRecord): Account {
  const collections = { roster: new Map(), removals: new Map(), privateXml: new Map() };
  const nothing = { avatar: null, offline: [], presence: null, vcard: null };
  return { user: record, ...nothing, ...collections, blocks: new Set() };
}

const lives: readonly fc.Arbitrary<Operation>[] = [
  fc.tuple(owner, nullable).map(
    ([name, nickname]): Operation =>
      async (storage, model) => {
        const record = user(name, { nickname, created: ++model.now });
        const isNew = !model.accounts.has(name);
        const created = storage.users.create(record, []).then(
          () => true,
          () => false,
        );
        expect(await created).toBe(isNew);
        if (!isNew) return;
        model.accounts.set(name, blank(record));
        model.retired.delete(name);
      },
  ),
  fc.tuple(owner, fc.nat()).map(
    ([name, until]): Operation =>
      (storage, model) => {
        storage.users.delete(name, until);
        if (model.accounts.delete(name) && until > 0) model.retired.set(name, until);
      },
  ),
  change(
    update,
    (storage, name, given) => storage.users.update(name, given),
    (account, { avatar = account.avatar, ...rest }) => {
      account.user = { ...account.user, ...rest };
      account.avatar = avatar;
    },
  ),
];

const rosterChanges: readonly fc.Arbitrary<Operation>[] = [
  change(
    rosterItem,
    (storage, name, put, version) => storage.rosters.put(name, { ...put, version }),
    ({ roster }, put, version) => roster.set(put.contact, { ...put, version }),
  ),
  change(
    contact,
    (storage, name, gone, version) => storage.rosters.remove(name, { contact: gone, version }),
    ({ roster, removals }, gone, version) => {
      roster.delete(gone);
      removals.set(gone, version);
    },
  ),
  change(
    contact,
    (storage, name, gone) => storage.rosters.forget(name, gone),
    ({ roster }, gone) => roster.delete(gone),
  ),
];

const messages: readonly fc.Arbitrary<Operation>[] = [
  change(
    text,
    (storage, name, stanza, stamp) => storage.offline.append(name, { stamp, stanza }),
    ({ offline }, stanza, stamp) => offline.push({ stamp, stanza }),
  ),
  fc.tuple(owner, fc.nat(4)).map(
    ([name, upTo]): Operation =>
      async (storage, model) => {
        const last = (await storage.offline.load(name)).slice(0, upTo).at(-1);
        if (last) storage.offline.removeUpTo(name, last.id);
        const account = model.accounts.get(name);
        if (account) account.offline = account.offline.slice(upTo);
      },
  ),
  fc.nat(20).map(
    (age): Operation =>
      (storage, { accounts, now }) => {
        for (const domain of ['x.example', 'y.example']) storage.offline.expire(domain, now - age);
        for (const account of accounts.values()) {
          account.offline = account.offline.filter(({ stamp }) => stamp >= now - age);
        }
      },
  ),
];

const services: readonly fc.Arbitrary<Operation>[] = [
  change(
    text,
    (storage, name, stanza, stamp) => storage.lastPresences.note(name, { stamp, stanza }),
    (account, stanza, stamp) => {
      account.presence = { stamp, stanza };
    },
  ),
  change(
    fc.array(contact, { maxLength: 3 }),
    (storage, name, jids) => storage.blocks.add(name, jids),
    ({ blocks }, jids) => {
      for (const jid of jids) blocks.add(jid);
    },
  ),
  change(
    fc.array(contact, { maxLength: 3 }),
    (storage, name, jids) => storage.blocks.remove(name, jids),
    ({ blocks }, jids) => {
      for (const jid of jids) blocks.delete(jid);
    },
  ),
  change(
    fc.record({ at: place, xml: text }),
    (storage, name, { at, xml }) => storage.privateXml.put(name, at, xml),
    ({ privateXml }, { at, xml }) => privateXml.set(at.xmlns, xml),
  ),
  change(
    vcard,
    (storage, name, card) => storage.vcards.put(name, card),
    (account, card) => {
      account.vcard = card;
    },
  ),
];

const operation = fc.oneof(...lives, ...rosterChanges, ...messages, ...services);

/** All that the store tells of an account. */
async function told(storage: Storage, name: string) {
  const { users, rosters, offline, lastPresences, blocks, privateXml, vcards } = storage;
  const offlineLoaded = await offline.load(name);
  return {
    user: await users.find(name),
    avatar: await users.avatar(name),
    roster: await rosters.load(name),
    items: await Promise.all(contacts.map((one) => rosters.item(name, one))),
    offline: offlineLoaded.map(({ stamp, stanza }) => ({ stamp, stanza })),
    count: await offline.count(name),
    bytes: await offline.bytes(name),
    presence: await lastPresences.find(name),
    blocks: await blocks.load(name),
    privateXml: await Promise.all(PLACES.map((at) => privateXml.find(name, at))),
    usage: await privateXml.usageBeside(name, PLACES[0]!),
    vcard: await vcards.find(name),
    photoHash: await vcards.photoHash(name),
  };
}

/** What it should tell. */
function expected(account: Account | undefined) {
  const { roster, removals, privateXml, offline, blocks, presence, vcard, avatar } =
    account ?? blank(user(''));
  const beside = [...privateXml].filter(([xmlns]) => xmlns !== PLACES[0]!.xmlns);
  return {
    user: account?.user ?? null,
    avatar,
    roster: {
      items: contacts.flatMap((one) => roster.get(one) ?? []),
      removals: [...removals]
        .map(([gone, version]) => ({ contact: gone, version }))
        .sort((one, other) => one.version - other.version),
      floor: account?.user.created ?? 0,
    },
    items: contacts.map((one) => roster.get(one) ?? null),
    offline,
    count: offline.length,
    bytes: bytesOf(offline.map(({ stanza }) => stanza)),
    presence,
    blocks: [...blocks].sort(),
    privateXml: PLACES.map(({ xmlns }) => privateXml.get(xmlns) ?? null),
    usage: { elements: beside.length, bytes: bytesOf(beside.map(([, xml]) => xml)) },
    vcard,
    photoHash: vcard?.photoHash ?? null,
  };
}

function bytesOf(texts: readonly string[]): number {
  return Buffer.byteLength(texts.join(''));
}

async function expectSame(storage: Storage, { accounts, retired }: Model): Promise<void> {
  for (const domain of ['x.example', 'y.example']) {
    const listed = (await storage.users.list(domain, null, 10)).map((found) => found.owner);
    expect(listed).toEqual([...accounts.keys()].filter((name) => name.endsWith(domain)).sort());
  }
  for (const name of OWNERS) {
    expect(await told(storage, name)).toEqual(expected(accounts.get(name)));
    expect(await storage.users.retiredUntil(name)).toBe(retired.get(name) ?? null);
  }
}

test('the store behaves like a map of accounts', async () => {
  const operations = fc.array(operation, { maxLength: 80, size: 'max' });
  await fc.assert(
    fc.asyncProperty(operations, async (all) => {
      const storage = await openStorage({ memory: true, log });
      const model: Model = { accounts: new Map(), retired: new Map(), now: 0 };
      for (const run of all) await run(storage, model);
      await expectSame(storage, model);
      await storage.close();
    }),
    { numRuns: 150 },
  );
}, 30_000);
