import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { FileBlobs } from '../../../src/storage/blobs/file-blobs.ts';
import { StorageError } from '../../../src/storage/ports.ts';
import { temporaryPlaces } from '../places.ts';

const newPlace = temporaryPlaces();
const KEY = 'ab'.repeat(16);
const bytes = (text: string) => Readable.from([Buffer.from(text)], { objectMode: false });

async function opened() {
  const directory = join(newPlace(), 'uploads');
  mkdirSync(dirname(directory));
  return { directory, blobs: await FileBlobs.open(directory) };
}

describe('blobs in files', () => {
  test('make no directory before there is one to keep', async () => {
    const { directory, blobs } = await opened();
    expect(await blobs.read(KEY)).toBeNull();
    await blobs.delete(KEY);
    expect(readdirSync(dirname(directory))).toEqual([]);
  });

  test('are for their owner alone, one below the digits that its name begins with', async () => {
    const { directory, blobs } = await opened();
    await blobs.put(KEY, bytes('Hi'), 2);
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(directory)).toBe(0o700);
    expect(mode(join(directory, 'ab'))).toBe(0o700);
    expect(mode(join(directory, 'ab', KEY))).toBe(0o600);
  });

  test('leave nothing behind where they break off', async () => {
    const { directory, blobs } = await opened();
    await expect(blobs.put(KEY, bytes('Hi'), 3)).rejects.toThrow('2 bytes came instead of 3');
    expect(readdirSync(directory)).toEqual(['unfinished']);
    expect(readdirSync(join(directory, 'unfinished'))).toEqual([]);
  });

  test('that were cut off by the end of the server are removed at its start', async () => {
    const { directory, blobs } = await opened();
    await blobs.put(KEY, bytes('Hi'), 2);
    writeFileSync(join(directory, 'unfinished', 'cd'.repeat(16)), 'H');
    await FileBlobs.open(directory);
    expect(readdirSync(directory)).toEqual(['ab']);
  });

  test.each(['../epode.sqlite', `${'a'.repeat(30)}/.`, 'AB'.repeat(16), '', 'unfinished'])(
    'have no name such as %j',
    async (key) => {
      const { blobs } = await opened();
      await expect(blobs.put(key, bytes(''), 0)).rejects.toThrow(TypeError);
      await expect(blobs.read(key)).rejects.toThrow(TypeError);
      await expect(blobs.delete(key)).rejects.toThrow(TypeError);
    },
  );

  test('say what is wrong with the disk, and leave the source as it is', async () => {
    const { directory, blobs } = await opened();
    writeFileSync(directory, 'in the way');
    const source = bytes('Hi');
    await expect(blobs.put(KEY, source, 2)).rejects.toThrow(StorageError);
    expect(source.destroyed).toBe(false);
    await expect(blobs.read(KEY)).rejects.toThrow(StorageError);
  });
});
