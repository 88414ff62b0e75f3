import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StorageError } from '../../../src/storage/ports.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

const fileIn = (directory: string) => join(directory, 'epode.sqlite');

async function filledPlace(): Promise<string> {
  const directory = newPlace();
  const storage = await open(directory);
  await storage.users.create(user(ROMEO), []);
  for (let n = 0; n < 100; n++)
    storage.offline.append(ROMEO, { stamp: n, stanza: 'x'.repeat(500) });
  await storage.close();
  return directory;
}

async function refusal(directory: string, mode: 'inline' | 'thread' = 'inline') {
  const error: unknown = await open(directory, mode).then(
    (storage) => storage.close(),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(StorageError);
  const { code, message, mend } = error as StorageError;
  for (const sentence of [message, mend]) {
    expect(sentence).toMatch(/^\S.*\.$/);
    expect(sentence).not.toMatch(/\n|\bat .*:\d/);
  }
  return { code, message };
}

/** Runs `task` as a user who owns nothing; root may write everywhere. */
async function asNobody<T>(task: () => Promise<T>): Promise<T> {
  if (!isRoot) return task();
  process.seteuid!(NOBODY);
  try {
    return await task();
  } finally {
    process.seteuid!(0);
  }
}

describe('opening', () => {
  test('makes directory and files that no one else may read', async () => {
    const directory = newPlace();
    const storage = await open(directory, 'thread');
    await storage.users.create(user(ROMEO), []);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const files = readdirSync(directory);
    expect(files).toEqual(
      expect.arrayContaining(['epode.lock', 'epode.sqlite', 'epode.sqlite-wal']),
    );
    for (const name of files) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    await storage.close();
  });

  test('leaves no log behind when it closes', async () => {
    const directory = newPlace();
    const storage = await open(directory, 'thread');
    await storage.users.create(user(ROMEO), []);
    await storage.close();
    expect(readdirSync(directory).sort()).toEqual(['epode.lock', 'epode.sqlite']);
  });

  test.each(['inline', 'thread'] as const)('finds what an earlier %s store wrote', async (mode) => {
    const directory = newPlace();
    const first = await open(directory, mode);
    await first.users.create(user(ROMEO), []);
    const secret = await first.secret('ids', 16);
    await first.close();
    const second = await open(directory, mode);
    expect(await second.users.find(ROMEO)).toEqual(user(ROMEO));
    expect(await second.secret('ids', 16)).toEqual(secret);
    await second.close();
  });

  test('survives a power cut: commits wait for the disk', async () => {
    const db = connect(fileIn(await filledPlace()));
    const FULL = 2;
    expect(db.pragma('synchronous', { simple: true })).toBe(FULL);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    db.close();
  });
});

describe('a data directory that cannot be used is refused', () => {
  test('its parent is missing', async () => {
    const { code, message } = await refusal(join(newPlace(), 'below'));
    expect(code).toBe('missing');
    expect(message).toContain('below');
  });

  test('it is a file, or below a file', async () => {
    const place = newPlace();
    writeFileSync(place, '');
    expect((await refusal(place)).code).toBe('missing');
    expect((await refusal(join(place, 'below'))).code).toBe('missing');
  });

  test('the directory or its parent is read-only', async () => {
    const directory = newPlace();
    mkdirSync(directory);
    chmodSync(dirname(directory), 0o755);
    chmodSync(directory, 0o555);
    await asNobody(async () => {
      expect((await refusal(directory)).code).toBe('read-only');
      expect((await refusal(join(directory, 'below'))).code).toBe('read-only');
    });
  });

  test('the database is read-only', async () => {
    const directory = await filledPlace();
    chmodSync(dirname(directory), 0o755);
    chmodSync(fileIn(directory), 0o444);
    if (isRoot)
      for (const path of [directory, join(directory, 'epode.lock')]) chownSync(path, NOBODY, 0);
    for (const mode of ['inline', 'thread'] as const) {
      expect((await asNobody(() => refusal(directory, mode))).code).toBe('read-only');
    }
  });
});

describe('two stores on one directory', () => {
  test.each(['inline', 'thread'] as const)(
    'are refused while an %s store is open',
    async (mode) => {
      const directory = newPlace();
      const storage = await open(directory, mode);
      for (const other of ['inline', 'thread'] as const) {
        expect((await refusal(directory, other)).code).toBe('locked');
      }
      // The refused attempts of this process must not have weakened the lock.
      expect(openElsewhere(directory)).toBe('locked');
      await storage.close();
      expect(openElsewhere(directory)).toBe('open');
    },
  );

  function openElsewhere(directory: string): string {
    const path = (name: string) => new URL(`../../../src/${name}`, import.meta.url).pathname;
    const script = `
      import { openStorage } from '${path('storage/sqlite/open.ts')}';
      import { silentLog as log } from '${path('lib/log.ts')}';
      openStorage({ directory: ${JSON.stringify(directory)}, log, mode: 'inline' }).then(
        (storage) => { console.log('open'); return storage.close(); },
        (error) => console.log(error.code),
      );`;
    const args = ['--input-type=module', '--eval', script];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
  }
});

describe('a database that is not ours to use is refused and left as it is', () => {
  const NOISE = Buffer.alloc(20_000, 'This is no database. ');

  async function refusedFile(directory: string): Promise<{ code: string; message: string }> {
    const before = readFileSync(fileIn(directory));
    const error = await refusal(directory);
    expect(readFileSync(fileIn(directory)).equals(before)).toBe(true);
    // The lock is free again, so that the error stays the same.
    expect((await refusal(directory, 'thread')).code).toBe(error.code);
    return error;
  }

  test('not a database', async () => {
    const directory = newPlace();
    mkdirSync(directory);
    writeFileSync(fileIn(directory), NOISE);
    expect((await refusedFile(directory)).code).toBe('corrupt');
  });

  test('a truncated database', async () => {
    const directory = await filledPlace();
    truncateSync(fileIn(directory), 3 * 4096);
    expect((await refusedFile(directory)).code).toBe('corrupt');
  });

  test('a database with a damaged page', async () => {
    const directory = await filledPlace();
    const bytes = readFileSync(fileIn(directory));
    NOISE.copy(bytes, bytes.length - 4096, 0, 4096);
    writeFileSync(fileIn(directory), bytes);
    expect((await refusedFile(directory)).code).toBe('corrupt');
  });

  test('a database of another program', async () => {
    const directory = newPlace();
    mkdirSync(directory);
    const db = connect(fileIn(directory));
    db.exec('CREATE TABLE prosody (host TEXT)');
    db.close();
    expect((await refusedFile(directory)).code).toBe('corrupt');
  });

  test('a database of a newer server', async () => {
    const directory = await filledPlace();
    const db = connect(fileIn(directory));
    db.pragma('user_version = 99');
    db.close();
    const { code, message } = await refusedFile(directory);
    expect(code).toBe('newer');
    expect(message).toContain('99');
  });

  test('a database whose tables were changed by hand', async () => {
    const directory = await filledPlace();
    const db = connect(fileIn(directory));
    db.exec('DROP TABLE roster');
    db.close();
    expect((await refusedFile(directory)).code).toBe('corrupt');
  });
});

describe('a full disk', () => {
  const onTinyDisk = isRoot ? test : test.skip;

  function tinyDisk(kilobytes: number): { directory: string; unmount(): void } {
    const directory = newPlace();
    mkdirSync(directory);
    const size = `size=${kilobytes}k`;
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', directory]);
    expect(mounted.status).toBe(0);
    return { directory, unmount: () => void spawnSync('umount', ['-l', directory]) };
  }

  onTinyDisk.each(['inline', 'thread'] as const)('is told when an %s store opens', async (mode) => {
    const { directory, unmount } = tinyDisk(64);
    try {
      appendFileSync(join(directory, 'ballast'), Buffer.alloc(48 * 1024));
      expect((await refusal(directory, mode)).code).toBe('full');
    } finally {
      unmount();
    }
  });

  onTinyDisk.each(['inline', 'thread'] as const)('fails an %s store that runs', async (mode) => {
    const { directory, unmount } = tinyDisk(1024);
    try {
      const storage = await open(directory, mode);
      await storage.users.create(user(ROMEO), []);
      const message = { stamp: 1, stanza: 'x'.repeat(2_000_000) };
      const ticket = storage.offline.append(ROMEO, message);
      await expect(storage.durability.whenCommitted(ticket)).rejects.toMatchObject({
        code: 'full',
      });
      await storage.close();
      const again = await open(directory, mode);
      expect(await again.users.find(ROMEO)).toEqual(user(ROMEO));
      expect(await again.offline.count(ROMEO)).toBe(0);
      await again.close();
    } finally {
      unmount();
    }
  });
});
