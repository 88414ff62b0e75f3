import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog as log } from '../../src/lib/log.ts';
import type { RosterItemRecord, Storage, UserRecord } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { item, user } from '../contracts/records.ts';

interface Account {
  user: UserRecord;
  readonly roster: Map<string, RosterItemRecord>;
  offline: string[];
}
type Model = Map<string, Account>;

/** One operation, done to the store and to the model. */
type Operation = (storage: Storage, model: Model) => Promise<void> | void;

const owner = fc.constantFrom('a@x.example', 'b@x.example', 'a@y.example');
const contact = fc.constantFrom('c@x.example', 'd@x.example', 'e@x.example');
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
    avatar: fc.option(
      fc.record({ type: text, data: fc.uint8Array().map((bytes) => Buffer.from(bytes)) }),
      { nil: null },
    ),
  },
  { requiredKeys: [] },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(owner, nullable).map(
    ([name, nickname]): Operation =>
      async (storage, model) => {
        const record = user(name, { nickname });
        const isNew = !model.has(name);
        const created = storage.users.create(record, []).then(
          () => true,
          () => false,
        );
        expect(await created).toBe(isNew);
        if (isNew) model.set(name, { user: record, roster: new Map(), offline: [] });
      },
  ),
  fc.tuple(owner, update).map(
    ([name, change]): Operation =>
      (storage, model) => {
        storage.users.update(name, change);
        const account = model.get(name);
        if (account) account.user = { ...account.user, ...change };
      },
  ),
  owner.map(
    (name): Operation =>
      (storage, model) => {
        storage.users.delete(name);
        model.delete(name);
      },
  ),
  fc.tuple(owner, rosterItem).map(
    ([name, put]): Operation =>
      (storage, model) => {
        storage.rosters.put(name, item(put.contact, put));
        model.get(name)?.roster.set(put.contact, put);
      },
  ),
  fc.tuple(owner, contact).map(
    ([name, gone]): Operation =>
      (storage, model) => {
        storage.rosters.remove(name, gone);
        model.get(name)?.roster.delete(gone);
      },
  ),
  fc.tuple(owner, text).map(
    ([name, stanza]): Operation =>
      (storage, model) => {
        storage.offline.append(name, { stamp: 1, stanza });
        model.get(name)?.offline.push(stanza);
      },
  ),
  fc.tuple(owner, fc.nat(4)).map(
    ([name, upTo]): Operation =>
      async (storage, model) => {
        const last = (await storage.offline.load(name)).slice(0, upTo).at(-1);
        if (last) storage.offline.removeUpTo(name, last.id);
        const account = model.get(name);
        if (account) account.offline = account.offline.slice(upTo);
      },
  ),
);

async function expectSame(storage: Storage, model: Model): Promise<void> {
  for (const domain of ['x.example', 'y.example']) {
    const listed = (await storage.users.list(domain, null, 10)).map((found) => found.owner);
    expect(listed).toEqual([...model.keys()].filter((name) => name.endsWith(domain)).sort());
  }
  for (const name of ['a@x.example', 'b@x.example', 'a@y.example']) {
    const account = model.get(name);
    expect(await storage.users.find(name)).toEqual(account?.user ?? null);
    const items = [...(account?.roster.values() ?? [])];
    items.sort((one, other) => (one.contact < other.contact ? -1 : 1));
    expect(await storage.rosters.load(name)).toEqual(items);
    const stanzas = (await storage.offline.load(name)).map(({ stanza }) => stanza);
    expect(stanzas).toEqual(account?.offline ?? []);
    expect(await storage.offline.count(name)).toBe(stanzas.length);
  }
}

test('the store behaves like a map of accounts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const storage = await openStorage({ memory: true, log });
      const model: Model = new Map();
      for (const run of operations) await run(storage, model);
      await expectSame(storage, model);
      await storage.close();
    }),
    { numRuns: 150 },
  );
}, 30_000);
