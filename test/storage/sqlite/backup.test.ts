import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Storage, StorageError } from '../../../src/storage/ports.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { restoreDatabase } from '../../../src/storage/sqlite/restore.ts';
import { ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Some 20 MB in all, so that the copy takes more than a moment. */
const FILLING = 5_000;
const STANZA = 'x'.repeat(4_000);

async function filled(mode: 'inline' | 'thread', messages: number) {
  const directory = newPlace();
  const storage = await open(directory, mode);
  await storage.users.create(user(ROMEO), []);
  await append(storage, 1, messages);
  return { storage, directory, backup: `${directory}.backup` };
}

async function append(storage: Storage, first: number, last: number): Promise<void> {
  for (let stamp = first; stamp <= last; stamp++) {
    storage.offline.append(ROMEO, { stamp, stanza: STANZA });
  }
  await storage.durability.whenCommitted(storage.durability.latest);
}

async function stampsIn(directory: string): Promise<number[]> {
  const storage = await open(directory);
  const messages = await storage.offline.load(ROMEO);
  await storage.close();
  return messages.map(({ stamp }) => stamp);
}

function isSound(file: string): boolean {
  const db = connect(file);
  const verdict = db.pragma('integrity_check', { simple: true });
  const mode = db.pragma('journal_mode', { simple: true });
  db.close();
  return verdict === 'ok' && mode === 'delete';
}

async function failure(run: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    const { code, message } = error as StorageError;
    return { code, message };
  }
  throw new Error('nothing failed');
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

describe('a backup', () => {
  test('under load holds all that was on disk before, and no later change in part', async () => {
    const { storage, backup } = await filled('thread', FILLING);
    let written = FILLING;
    let isDone = false;
    const copying = storage.backUp(backup).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      storage.offline.append(ROMEO, { stamp: ++written, stanza: STANZA });
      await nextTurn();
    }
    expect(await copying).toBe(statSync(backup).size);
    expect(written).toBeGreaterThan(FILLING + 1);
    await storage.durability.whenCommitted(storage.durability.latest);
    expect(isSound(backup)).toBe(true);
    const other = newPlace();
    expect(restoreDatabase(backup, other)).toBeNull();
    const stamps = await stampsIn(other);
    expect(stamps.length).toBeGreaterThanOrEqual(FILLING);
    expect(stamps).toEqual(upTo(stamps.length));
    expect(await storage.offline.count(ROMEO)).toBe(written);
  });

  test.each(['inline', 'thread'] as const)('%s holds what was just changed', async (mode) => {
    const { storage, backup } = await filled(mode, 1);
    storage.users.noteLogin(ROMEO, 77);
    await storage.backUp(backup);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const other = newPlace();
    restoreDatabase(backup, other);
    const copy = await open(other);
    expect(await copy.users.find(ROMEO)).toMatchObject({ lastLogin: 77 });
  });

  test('overwrites nothing', async () => {
    const { storage, backup } = await filled('thread', 1);
    writeFileSync(backup, 'precious');
    expect(await failure(() => storage.backUp(backup))).toMatchObject({ code: 'exists' });
    expect(readFileSync(backup, 'utf8')).toBe('precious');
    writeFileSync(`${backup}2.part`, '');
    expect(await failure(() => storage.backUp(`${backup}2`))).toMatchObject({ code: 'exists' });
  });

  test('to where nothing can be written leaves nothing, and the store works', async () => {
    const { storage, backup } = await filled('thread', 1);
    const missing = await failure(() => storage.backUp(join(backup, 'not', 'there')));
    expect(missing).toMatchObject({ code: 'missing' });
    await append(storage, 2, 2);
    expect(await storage.backUp(backup)).toBeGreaterThan(0);
  });

  test('is one at a time, and ends with the store', async () => {
    const { storage, backup } = await filled('thread', 10);
    const first = failure(() => storage.backUp(backup));
    expect(await failure(() => storage.backUp(`${backup}2`))).toMatchObject({ code: 'exists' });
    await storage.close();
    expect(await first).toMatchObject({ code: 'failed' });
    expect([backup, `${backup}.part`, `${backup}2`].filter(existsSync)).toEqual([]);
  });
});

describe('restoring', () => {
  test('brings the old state back and keeps the newer one beside it', async () => {
    const { storage, directory, backup } = await filled('thread', 2);
    await storage.backUp(backup);
    await append(storage, 3, 4);
    await storage.close();
    const replaced = restoreDatabase(backup, directory)!;
    expect(await stampsIn(directory)).toEqual([1, 2]);
    expect(replaced).toMatch(/epode-replaced-\d{8}T\d{6}Z\.sqlite$/);
    const again = restoreDatabase(replaced, directory);
    expect(await stampsIn(directory)).toEqual([1, 2, 3, 4]);
    expect(again).not.toBe(replaced);
    expect(statSync(join(directory, 'epode.sqlite')).mode & 0o777).toBe(0o600);
  });

  test('keeps what a killed server has left in its log', async () => {
    const { storage, directory, backup } = await filled('thread', 2);
    await storage.backUp(backup);
    await storage.close();
    writeFileSync(join(directory, 'epode.sqlite-wal'), 'left');
    const replaced = restoreDatabase(backup, directory);
    expect(readFileSync(`${replaced}-wal`, 'utf8')).toBe('left');
    expect(await stampsIn(directory)).toEqual([1, 2]);
  });

  test('is refused while a server runs', async () => {
    const { storage, directory, backup } = await filled('thread', 1);
    await storage.backUp(backup);
    expect(await failure(() => restoreDatabase(backup, directory))).toMatchObject({
      code: 'locked',
    });
    await append(storage, 2, 2);
    await storage.close();
    expect(await stampsIn(directory)).toEqual([1, 2]);
  });

  test('of what is no whole backup changes nothing', async () => {
    const { storage, directory, backup } = await filled('inline', 100);
    await storage.backUp(backup);
    await storage.close();
    const bytes = readFileSync(backup);
    const spoilt = { torn: bytes.subarray(0, bytes.length / 2), scrawl: scrawled(bytes) };
    mkdirSync(`${directory}.bad`);
    const place = (name: string, content: Buffer | string) => {
      writeFileSync(join(`${directory}.bad`, name), content);
      return join(`${directory}.bad`, name);
    };
    const newer = place('newer', bytes);
    const db = connect(newer);
    db.pragma('user_version = 99');
    db.close();
    const withLog = place('log', bytes);
    place('log-wal', 'x');
    const codes: Record<string, string> = {};
    for (const [name, file] of [
      ['torn', place('torn', spoilt.torn)],
      ['scrawled', place('scrawled', spoilt.scrawl)],
      ['text', place('text', 'no database at all, but a text')],
      ['empty', place('empty', '')],
      ['newer', newer],
      ['absent', join(directory, 'absent')],
      ['with log', withLog],
    ] as const) {
      codes[name] = (await failure(() => restoreDatabase(file, directory))).code;
    }
    expect(codes).toEqual({
      torn: 'corrupt',
      scrawled: 'corrupt',
      text: 'corrupt',
      empty: 'corrupt',
      newer: 'newer',
      absent: 'missing',
      'with log': 'corrupt',
    });
    expect(await stampsIn(directory)).toEqual(upTo(100));
    expect(readdirSync(directory).filter((name) => name.includes('replaced'))).toEqual([]);
  });
});

/** Some pages in the middle overwritten. */
function scrawled(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(0x55, bytes.length / 2, bytes.length / 2 + 20_000);
}
