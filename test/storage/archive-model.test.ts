import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog as log } from '../../src/lib/log.ts';
import type { ArchiveId, ArchiveQuery, Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { message } from '../contracts/archive.ts';
import { user } from '../contracts/records.ts';

interface Entry {
  readonly id: ArchiveId;
  readonly peer: string;
  readonly sender: string;
  readonly reference: string;
  isUnread: boolean;
}

interface Model {
  /** By owner; an account that is not there has none. */
  readonly archives: Map<string, Entry[]>;
  /** Texts of messages, by id. */
  readonly texts: Map<ArchiveId, string>;
  /** The last message that was stored. */
  last: { id: ArchiveId; sender: string; reference: string } | null;
  now: number;
}

type Operation = (storage: Storage, model: Model) => Promise<void> | void;

const OWNERS = ['a@x.example', 'b@x.example', 'c@y.example'];
const owner = fc.constantFrom(...OWNERS);
const reference = fc.constantFrom('', 'r1', 'r2', 'r3');
const counts = fc.constantFrom('unread' as const, 'read' as const, 'neither' as const);

function enter(model: Model, name: string, entry: Entry, how: 'unread' | 'read' | 'neither'): void {
  const archive = model.archives.get(name);
  if (!archive || archive.some(({ id }) => id === entry.id)) return;
  const conversation = archive.filter(({ peer }) => peer === entry.peer);
  if (how === 'read') for (const earlier of conversation) earlier.isUnread = false;
  archive.push({ ...entry, isUnread: how === 'unread' });
}

/** Where in an archive the newest message so referenced is; -1 for none. */
function findIn(archive: readonly Entry[], peer: string, sender: string, named: string): number {
  if (named === '') return -1;
  return archive.findLastIndex(
    (entry) => entry.peer === peer && entry.sender === sender && entry.reference === named,
  );
}

const append = fc
  .tuple(owner, owner, fc.boolean(), reference, counts, fc.integer({ min: -50, max: 50 }))
  .map(
    ([name, peer, isMine, named, how, step]): Operation =>
      (storage, model) => {
        model.now += step;
        const sender = isMine ? name : peer;
        const written = message(peer, named, { sender, counts: how });
        const { id } = storage.archive.append(name, written);
        expect(id).toBeGreaterThan(model.last?.id ?? 0);
        if (!model.archives.has(name)) return;
        model.last = { id, sender, reference: named };
        model.texts.set(id, written.stanza);
        enter(model, name, { id, peer, sender, reference: named, isUnread: false }, how);
      },
  );

const share = fc.tuple(owner, owner, counts).map(
  ([name, peer, how]): Operation =>
    (storage, model) => {
      // Of messages that somebody still holds, as a server does it.
      const { last } = model;
      if (
        !last ||
        ![...model.archives.values()].some((all) => all.some(({ id }) => id === last.id))
      )
        return;
      storage.archive.share(name, last.id, { peer, counts: how });
      enter(model, name, { ...last, peer, isUnread: false }, how);
    },
);

const markRead = fc.tuple(owner, owner, owner, reference).map(
  ([name, peer, sender, named]): Operation =>
    (storage, model) => {
      storage.archive.markRead(name, { peer, sender, reference: named });
      const archive = model.archives.get(name) ?? [];
      const found = findIn(archive, peer, sender, named);
      for (const entry of archive.slice(0, found + 1)) {
        if (entry.peer === peer) entry.isUnread = false;
      }
    },
);

const retract = fc.tuple(owner, owner, owner, reference).map(
  ([name, peer, sender, named]): Operation =>
    async (storage, model) => {
      const tombstone = `<message id='${named}' from='${sender}/x'><body>gone</body></message>`;
      const archive = model.archives.get(name) ?? [];
      const found = archive[findIn(archive, peer, sender, named)];
      const done = await storage.archive.retract(
        name,
        { peer, sender, reference: named },
        () => tombstone,
      );
      expect(done).toBe(found !== undefined);
      if (found) model.texts.set(found.id, tombstone);
    },
);

const prune = fc.tuple(owner, fc.nat({ max: 5 }), fc.boolean()).map(
  ([name, keep, ofDomain]): Operation =>
    async (storage, model) => {
      const domain = name.slice(name.indexOf('@') + 1);
      const owners = ofDomain ? OWNERS.filter((each) => each.endsWith(`@${domain}`)) : [name];
      let removed = 0;
      for (const each of owners) {
        const archive = model.archives.get(each) ?? [];
        removed += archive.splice(0, Math.max(0, archive.length - keep)).length;
      }
      const done = await storage.archive.prune(ofDomain ? domain : name, { before: null, keep });
      expect(done).toBe(removed);
    },
);

const endAndBegin = owner.map(
  (name): Operation =>
    async (storage, model) => {
      if (model.archives.delete(name)) {
        storage.users.delete(name, 0);
        return;
      }
      await storage.users.create(user(name), []);
      model.archives.set(name, []);
    },
);

const query = fc.record({
  withPeer: fc.option(owner, { nil: undefined }),
  isFull: fc.boolean(),
  limit: fc.nat({ max: 6 }),
  direction: fc.constantFrom('forward' as const, 'backward' as const),
  /** Places in the archive that ids are taken from, in thousandths. */
  places: fc.array(fc.option(fc.nat({ max: 999 }), { nil: undefined }), {
    minLength: 4,
    maxLength: 4,
  }),
  listed: fc.option(fc.array(fc.nat({ max: 999 }), { maxLength: 4 }), { nil: undefined }),
});

const look = fc.tuple(owner, query).map(
  ([name, { withPeer, isFull, limit, direction, places, listed }]): Operation =>
    async (storage, model) => {
      const archive = model.archives.get(name) ?? [];
      if (archive.length === 0) return;
      const idAt = (place?: number) =>
        place === undefined ? undefined : archive[Math.floor((place * archive.length) / 1000)]!.id;
      const [afterId, beforeId, after, before] = places.map(idAt);
      const ids = listed?.map((place) => idAt(place)!);
      const jid = withPeer && isFull ? `${withPeer}/orchard` : withPeer;
      const page = { limit, direction, wantsCount: true, ...given({ after, before }) };
      const asked: ArchiveQuery = { page, ...given({ with: jid, afterId, beforeId, ids }) };
      const text = ({ id }: Entry) => model.texts.get(id)!;
      const all = archive
        .toSorted((a, b) => a.id - b.id)
        .filter(({ peer }) => withPeer === undefined || peer === withPeer)
        .filter((entry) => !withPeer || !isFull || text(entry).includes(`'${jid}'`))
        .filter(({ id }) => id > (afterId ?? 0) && id < (beforeId ?? Number.MAX_SAFE_INTEGER))
        .filter(({ id }) => ids?.includes(id) ?? true);
      const left = all.filter(
        ({ id }) => id > (after ?? 0) && id < (before ?? Number.MAX_SAFE_INTEGER),
      );
      const part =
        direction === 'forward'
          ? left.slice(0, limit)
          : left.slice(Math.max(0, left.length - limit));
      const found = await storage.archive.page(name, asked);
      expect(found.messages).toEqual(part.map((entry) => ({ id: entry.id, stanza: text(entry) })));
      expect(found.isComplete).toBe(left.length <= limit);
      expect(found.unknown).toBeNull();
      expect([all.length, null]).toContain(found.count);
      if (jid === undefined || !isFull) expect(found.count).toBe(all.length);
      const index = part.length > 0 ? all.indexOf(part[0]!) : null;
      expect([index, null]).toContain(found.index);
    },
);

/** Without what is not given, as an exact type has it. */
function given<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

async function compareConversations(storage: Storage, model: Model): Promise<void> {
  for (const name of OWNERS) {
    const archive = model.archives.get(name) ?? [];
    const peers = [...new Set(archive.map(({ peer }) => peer))];
    const expected = peers.map((peer) => {
      const own = archive.filter((entry) => entry.peer === peer);
      const unread = own.filter(({ isUnread }) => isUnread).length;
      return { peer, count: own.length, unread, lastId: own.at(-1)!.id };
    });
    expected.sort((a, b) => b.lastId - a.lastId);
    const all = { unreadOnly: false, from: 'newest', limit: 9 } as const;
    const { conversations, unread } = await storage.archive.conversations(name, all);
    expect(conversations).toMatchObject(expected);
    expect(conversations).toHaveLength(expected.length);
    expect(unread).toBe(expected.reduce((sum, row) => sum + row.unread, 0));
  }
}

test('an archive is what a list of messages would be', async () => {
  const often = { arbitrary: append, weight: 12 };
  const others = [
    share,
    share,
    share,
    look,
    look,
    look,
    look,
    markRead,
    retract,
    prune,
    endAndBegin,
  ];
  const operation = fc.oneof(often, ...others.map((arbitrary) => ({ arbitrary, weight: 1 })));
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60, size: 'max' }), async (operations) => {
      const model: Model = { archives: new Map(), texts: new Map(), last: null, now: 1.75e12 };
      const clock = { now: () => model.now, after: () => () => {} };
      const storage = await openStorage({ memory: true, log, clock });
      for (const name of OWNERS) {
        await storage.users.create(user(name), []);
        model.archives.set(name, []);
      }
      for (const operate of operations) await operate(storage, model);
      await compareConversations(storage, model);
      await storage.close();
    }),
    { numRuns: 200 },
  );
});
