import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Storage, StorageError } from '../../../src/storage/ports.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { item, JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const message = (stanza: string) => ({ stamp: 1, stanza });

async function opened(mode: 'thread' | 'inline' = 'thread') {
  const directory = newPlace();
  const storage = await open(directory, mode);
  await storage.users.create(user(ROMEO), []);
  await storage.users.create(user(JULIET), []);
  return { storage, file: join(directory, 'epode.sqlite') };
}

async function turns(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Lets commits wait until the returned function is called. */
function holdCommits(file: string): () => void {
  const db = connect(file);
  db.exec('BEGIN IMMEDIATE');
  return () => void db.close();
}

/** Lets every insertion of an offline message fail, as a dying disk would. */
function breakOffline(file: string): void {
  const db = connect(file);
  db.exec(`CREATE TRIGGER broken BEFORE INSERT ON offline
    BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END`);
  db.close();
}

describe('the writer thread', () => {
  test('takes the changes of one turn as one batch, and the next turn as another', async () => {
    const { storage } = await opened();
    const first = storage.offline.append(ROMEO, message('1'));
    expect(storage.rosters.put(JULIET, item(ROMEO))).toBe(first);
    await turns();
    expect(storage.offline.append(ROMEO, message('2'))).toBe(first + 1);
  });

  test('takes what comes while it commits as one batch, however many turns that is', async () => {
    const { storage, file } = await opened();
    const release = holdCommits(file);
    const first = storage.offline.append(ROMEO, message('1'));
    await turns();
    expect(storage.offline.append(ROMEO, message('2'))).toBe(first + 1);
    await turns();
    expect(storage.offline.append(ROMEO, message('3'))).toBe(first + 1);
    expect(storage.durability.committed).toBe(first - 1);
    release();
    const loaded = await storage.offline.load(ROMEO);
    expect(loaded.map(({ stanza }) => stanza)).toEqual(['1', '2', '3']);
  });

  test('lets no batch grow for ever', async () => {
    const { storage, file } = await opened();
    const release = holdCommits(file);
    const first = storage.offline.append(ROMEO, message('1'));
    await turns();
    for (let n = 0; n < 10_000; n++) storage.users.update(ROMEO, { nickname: `${n}` });
    expect(storage.offline.append(ROMEO, message('2'))).toBe(first + 1);
    await turns();
    expect(storage.offline.append(ROMEO, message('3'))).toBe(first + 2);
    release();
    expect((await storage.offline.load(ROMEO)).length).toBe(3);
  });

  test('reads at once when the owner has no change on the way', async () => {
    const { storage } = await opened();
    storage.offline.append(ROMEO, message('1'));
    const isForced = process.env.EPODE_FORCE_ASYNC === '1';
    expect(storage.rosters.load(JULIET) instanceof Promise).toBe(isForced);
    expect(storage.offline.load(ROMEO)).toBeInstanceOf(Promise);
    expect(storage.users.list('montague.example', null, 1)).toBeInstanceOf(Promise);
  });

  test('reads later, for every owner, while something of all owners is on the way', async () => {
    const { storage } = await opened();
    storage.offline.append(JULIET, message('old'));
    await storage.durability.whenCommitted(storage.durability.latest);
    storage.offline.expire('capulet.example', 2);
    storage.offline.append(ROMEO, message('new'));
    const ofOthers = storage.offline.count(JULIET);
    expect(ofOthers).toBeInstanceOf(Promise);
    expect(storage.vcards.find('nobody@x.example')).toBeInstanceOf(Promise);
    expect(await ofOthers).toBe(0);
    const isForced = process.env.EPODE_FORCE_ASYNC === '1';
    expect(storage.offline.count(JULIET) instanceof Promise).toBe(isForced);
  });

  test('keeps thousands of changes in order', async () => {
    const { storage } = await opened();
    for (let n = 0; n < 5000; n++) {
      storage.offline.append(ROMEO, message(`${n}`));
      if (n % 10 === 0) await nextTurn();
    }
    const loaded = await storage.offline.load(ROMEO);
    expect(loaded.map(({ stanza }) => stanza)).toEqual(
      Array.from({ length: 5000 }, (_, n) => `${n}`),
    );
  });
});

describe.each(['thread', 'inline'] as const)('a failed commit of an %s store', (mode) => {
  async function failedStore() {
    const { storage, file } = await opened(mode);
    const heard: StorageError[] = [];
    storage.onFailure((error) => heard.push(error));
    breakOffline(file);
    const ticket = storage.offline.append(ROMEO, message('lost'));
    await expect(storage.durability.whenCommitted(ticket)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('the disk is on fire'),
    });
    return { storage, heard, ticket };
  }

  test('is told once, to whoever waits and to the listeners', async () => {
    const { storage, heard, ticket } = await failedStore();
    expect(heard.map(({ code }) => code)).toEqual(['failed']);
    const late: StorageError[] = [];
    storage.onFailure((error) => late.push(error));
    expect(late).toEqual(heard);
    expect(storage.durability.committed).toBe(ticket - 1);
    await expect(storage.durability.whenCommitted(ticket)).rejects.toBe(heard[0]);
  });

  test('lets no later change through', async () => {
    const { storage } = await failedStore();
    const refused = expect.objectContaining({ code: 'failed' });
    expect(() => storage.rosters.put(ROMEO, item(JULIET))).toThrow(refused);
    await expect(storage.users.create(user('new@x.example'), [])).rejects.toEqual(refused);
    expect((await storage.rosters.load(JULIET)).items).toEqual([]);
  });
});

test('a batch after a failed one is not stored, nor read, nor an unhandled rejection', async () => {
  const { storage, file } = await opened();
  breakOffline(file);
  const created = storage.users.create(user('new@x.example'), []);
  storage.offline.append(ROMEO, message('lost'));
  await nextTurn();
  storage.rosters.put(JULIET, item(ROMEO));
  const outcomes = await Promise.allSettled([
    created,
    storage.rosters.load(JULIET),
    storage.offline.count(ROMEO),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await storage.close();
  expect(storedContacts(file)).toBe(0);
});

test('a failed commit takes back all of its changes', async () => {
  const { storage, file } = await opened();
  breakOffline(file);
  storage.rosters.put(ROMEO, item(JULIET));
  const ticket = storage.offline.append(ROMEO, message('lost'));
  await expect(storage.durability.whenCommitted(ticket)).rejects.toMatchObject({ code: 'failed' });
  await storage.close();
  expect(storedContacts(file)).toBe(0);
});

test('nobody needs to listen to a failure', async () => {
  const { storage, file } = await opened();
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  breakOffline(file);
  const ticket = storage.offline.append(ROMEO, message('lost'));
  void storage.durability.whenCommitted(ticket);
  await failureOf(storage);
  await nextTurn();
  process.off('unhandledRejection', hear);
  expect(unhandled).toEqual([]);
});

function failureOf(storage: Storage): Promise<StorageError> {
  return new Promise((resolve) => storage.onFailure(resolve));
}

function storedContacts(file: string): unknown {
  const db = connect(file);
  const count = db.prepare('SELECT count(*) FROM roster').pluck().get();
  db.close();
  return count;
}
