import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import type { ArchivePage, Storage } from '../../../src/storage/ports.ts';
import { hashReference } from '../../../src/storage/sqlite/archive/reference.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { message } from '../../contracts/archive.ts';
import { JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const ALL = { page: { limit: 10, direction: 'forward', wantsCount: true } } as const;

/** How many rows each table of the archive has in the file. */
function rowsIn(directory: string): Record<string, number> {
  const db = connect(join(directory, 'epode.sqlite'));
  try {
    const tables = ['archive', 'conversation', 'message', 'ownerless_archive', 'peer'];
    const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    return Object.fromEntries(tables.map((table) => [table, count(table) as number]));
  } finally {
    db.close();
  }
}

const NOTHING = { archive: 0, conversation: 0, message: 0, ownerless_archive: 0, peer: 0 };

function exchange(storage: Storage, reference: string): void {
  const { id } = storage.archive.append(ROMEO, message(JULIET, reference));
  storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
}

async function filled(directory: string, mode: 'inline' | 'thread', count: number) {
  const storage = await open(directory, mode);
  for (const owner of [ROMEO, JULIET]) await storage.users.create(user(owner), []);
  for (let n = 1; n <= count; n++) exchange(storage, `${n}`);
  return storage;
}

/** Waits until the store makes no more changes by itself, which it does turn by turn. */
async function idle({ durability }: Storage): Promise<void> {
  for (let seen = -1; seen !== durability.latest; ) {
    seen = durability.latest;
    await durability.whenCommitted(seen);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  }
}

describe.each(['inline', 'thread'] as const)('of a deleted account, %s', (mode) => {
  test('no row stays, but what the other side has', async () => {
    const directory = newPlace();
    const storage = await filled(directory, mode, 350);
    storage.users.delete(ROMEO, 0);
    await idle(storage);
    const half = { archive: 350, conversation: 1, message: 350, ownerless_archive: 0, peer: 1 };
    expect(rowsIn(directory)).toEqual(half);
    storage.users.delete(JULIET, 0);
    await idle(storage);
    expect(rowsIn(directory)).toEqual(NOTHING);
  });

  test('rows that were left when the store closed go when it opens', async () => {
    const directory = newPlace();
    const storage = await filled(directory, mode, 350);
    for (const owner of [ROMEO, JULIET]) storage.users.delete(owner, 0);
    await storage.close();
    expect(rowsIn(directory)).toMatchObject({ ownerless_archive: 2 });
    await idle(await open(directory, mode));
    expect(rowsIn(directory)).toEqual(NOTHING);
  });
});

describe('the text of a message', () => {
  test('goes with the last archive that holds it', async () => {
    const directory = newPlace();
    const storage = await filled(directory, 'inline', 2);
    for (const owner of [ROMEO, JULIET]) await storage.archive.bounds(owner);
    expect(rowsIn(directory)).toMatchObject({ archive: 4, message: 2, conversation: 2, peer: 2 });
    await storage.archive.prune(ROMEO, { before: null, keep: 1 });
    expect(rowsIn(directory)).toMatchObject({ archive: 3, message: 2 });
    await storage.archive.prune('capulet.example', { before: null, keep: 0 });
    expect(rowsIn(directory)).toMatchObject({ archive: 1, message: 1, conversation: 1, peer: 1 });
  });
});

describe('ids', () => {
  const clock = { time: 1.75e12, now: () => clock.time, after: () => () => {} };

  test('never fall, nor come again, where the clock is set back and all else is gone', async () => {
    const directory = newPlace();
    const reopened = () => openStorage({ directory, log, mode: 'inline', clock });
    let storage = await reopened();
    await storage.users.create(user(ROMEO), []);
    const first = storage.archive.append(ROMEO, message(JULIET, '1')).id;
    clock.time -= 3_600_000;
    const second = storage.archive.append(ROMEO, message(JULIET, '2')).id;
    expect(second).toBe(first + 1);
    await storage.archive.prune(ROMEO, { before: null, keep: 0 });
    await storage.close();
    storage = await reopened();
    expect(storage.archive.append(ROMEO, message(JULIET, '3')).id).toBe(second + 1);
    await storage.close();
  });
});

describe('a message whose hash is that of another', () => {
  /** Another id of Romeo's with the same hash. */
  function alike(reference: string): string {
    const hash = hashReference(ROMEO, reference);
    for (let n = 0; ; n++) if (hashReference(ROMEO, `${n}`) === hash) return `${n}`;
  }

  test('is neither retracted nor marked in its place', async () => {
    const storage = await open(newPlace());
    for (const owner of [ROMEO, JULIET]) await storage.users.create(user(owner), []);
    const counts = 'unread';
    const { id } = storage.archive.append(ROMEO, message(JULIET, 'meant', { counts }));
    storage.archive.append(ROMEO, message(JULIET, alike('meant'), { counts }));
    const meant = { peer: JULIET, sender: ROMEO, reference: 'meant' };
    expect(await storage.archive.findReferenced(ROMEO, meant)).toMatchObject({ id });
    storage.archive.markRead(ROMEO, meant);
    const all = { unreadOnly: false, from: 'newest', limit: 1 } as const;
    expect(await storage.archive.conversations(ROMEO, all)).toMatchObject({ unread: 1 });
  });
});

describe('a resource that rarely speaks', () => {
  test('is looked for among 50,000 messages, not more', async () => {
    const storage = await open(newPlace(), 'thread');
    await storage.users.create(user(ROMEO), []);
    for (let n = 0; n <= 50_000; n++) {
      storage.archive.append(ROMEO, message(JULIET, '', { stanza: '<message/>' }));
    }
    const page = async (jid: string) => await storage.archive.page(ROMEO, { with: jid, ...ALL });
    await expect(page(`${JULIET}/rare`)).rejects.toMatchObject({ code: 'busy' });
    await storage.archive.prune(ROMEO, { before: null, keep: 50_000 });
    expect(await page(`${JULIET}/rare`)).toMatchObject({ messages: [], isComplete: true });
  });
});

describe('the reader thread', () => {
  test('takes a thousand questions at a time', async () => {
    const storage = await filled(newPlace(), 'thread', 1);
    await idle(storage);
    const asked: Promise<ArchivePage>[] = [];
    const ask = async () => await storage.archive.page(ROMEO, ALL);
    for (let n = 0; n < 1000; n++) asked.push(ask());
    await expect(ask()).rejects.toMatchObject({ code: 'busy' });
    for (const page of await Promise.all(asked)) expect(page.count).toBe(1);
    expect(await ask()).toMatchObject({ count: 1 });
  });

  test('answers what was asked before the store closes, and nothing later', async () => {
    const storage = await filled(newPlace(), 'thread', 1);
    const asked = Promise.resolve(storage.archive.page(ROMEO, ALL));
    await storage.close();
    expect(await asked).toMatchObject({ count: 1 });
    const late = async () => await storage.archive.page(ROMEO, ALL);
    await expect(late()).rejects.toMatchObject({ code: 'failed' });
  });
});
