import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { BlobStore } from '../../src/storage/blob-port.ts';
import type { CurrentStorage } from './storage.ts';

const KEY = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);

/** A source of those bytes, in pieces. */
function from(...pieces: (Buffer | Error)[]): Readable {
  async function* give() {
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece;
      yield piece;
    }
  }
  return Readable.from(give(), { objectMode: false });
}

async function read(blobs: BlobStore, ...[key, range]: Parameters<BlobStore['read']>) {
  const bytes = await blobs.read(key, range);
  return bytes && (await buffer(bytes));
}

/** What every `BlobStore` does. */
export function blobsContract(current: CurrentStorage): void {
  describe('blobs', () => {
    test('come back as they were given, whole or in part', async () => {
      const { blobs } = current();
      const [one, two] = [randomBytes(700_001), randomBytes(300_000)];
      const whole = Buffer.concat([one, two]);
      await blobs.put(KEY, from(one, two), 1_000_001);
      expect(whole.equals((await read(blobs, KEY))!)).toBe(true);
      const part = await read(blobs, KEY, { start: 699_999, end: 800_000 });
      expect(whole.subarray(699_999, 800_001).equals(part!)).toBe(true);
      expect(await read(blobs, KEY, { start: 1_000_000, end: 1_000_000 })).toHaveLength(1);
      expect(await blobs.read(OTHER)).toBeNull();
    });

    test('may be empty', async () => {
      const { blobs } = current();
      await blobs.put(KEY, from(), 0);
      expect(await read(blobs, KEY)).toHaveLength(0);
    });

    test('that break off are not kept, and the error is the source’s', async () => {
      const { blobs } = current();
      const broken = new Error('the line is dead');
      await expect(blobs.put(KEY, from(randomBytes(9), broken), 18)).rejects.toBe(broken);
      expect(await blobs.read(KEY)).toBeNull();
      await blobs.put(KEY, from(randomBytes(18)), 18);
      expect(await read(blobs, KEY)).toHaveLength(18);
    });

    test.each([9, 11])('of another size than %d bytes are not kept', async (size) => {
      const { blobs } = current();
      await expect(blobs.put(KEY, from(randomBytes(10)), size)).rejects.toThrow(RangeError);
      expect(await blobs.read(KEY)).toBeNull();
    });

    test('are deleted, also twice', async () => {
      const { blobs } = current();
      await blobs.put(KEY, from(randomBytes(9)), 9);
      await blobs.put(OTHER, from(randomBytes(9)), 9);
      await blobs.delete(KEY);
      await blobs.delete(KEY);
      expect(await blobs.read(KEY)).toBeNull();
      expect(await read(blobs, OTHER)).toHaveLength(9);
    });
  });
}
