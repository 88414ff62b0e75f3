import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { JULIET, LARGE_TEXT, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

export function offlineContract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(() => {
    storage = current();
  });
  const stanzas = async (owner: string) =>
    (await storage.offline.load(owner)).map(({ stanza }) => stanza);

  describe('offline messages', () => {
    test('are kept in the order of arrival, with stamp and text [XEP-0160 3]', async () => {
      for (let n = 1; n <= 40; n++) {
        storage.offline.append(ROMEO, { stamp: 100 - n, stanza: `<message>${n} ü</message>` });
      }
      expect(await storage.offline.count(ROMEO)).toBe(40);
      expect(await storage.offline.bytes(ROMEO)).toBe(9 * 23 + 31 * 24);
      const loaded = await storage.offline.load(ROMEO);
      expect(loaded.map(({ stamp }) => stamp)).toEqual(
        Array.from({ length: 40 }, (_, n) => 99 - n),
      );
      expect(loaded[4]!.stanza).toBe('<message>5 ü</message>');
      const ids = loaded.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    });

    test('may be large', async () => {
      storage.offline.append(ROMEO, { stamp: 1, stanza: LARGE_TEXT });
      expect(await stanzas(ROMEO)).toEqual([LARGE_TEXT]);
      expect(await storage.offline.bytes(ROMEO)).toBe(Buffer.byteLength(LARGE_TEXT));
    });

    test('are removed up to an id and of one owner only', async () => {
      await storage.users.create(user(JULIET), []);
      for (const text of ['1', '2', '3']) {
        storage.offline.append(ROMEO, { stamp: 1, stanza: text });
        storage.offline.append(JULIET, { stamp: 1, stanza: text });
      }
      const [, second] = await storage.offline.load(ROMEO);
      storage.offline.removeUpTo(ROMEO, second!.id);
      expect(await stanzas(ROMEO)).toEqual(['3']);
      expect(await stanzas(JULIET)).toEqual(['1', '2', '3']);
    });

    test('never get an id again that was removed', async () => {
      storage.offline.append(ROMEO, { stamp: 1, stanza: 'first' });
      const [first] = await storage.offline.load(ROMEO);
      storage.offline.removeUpTo(ROMEO, first!.id);
      storage.offline.append(ROMEO, { stamp: 1, stanza: 'second' });
      storage.offline.removeUpTo(ROMEO, first!.id);
      expect(await stanzas(ROMEO)).toEqual(['second']);
    });
  });

  describe('expiry', () => {
    async function arrive(stamps: readonly number[]): Promise<void> {
      await storage.users.create(user(JULIET), []);
      for (const stamp of stamps) {
        storage.offline.append(stamp % 2 ? ROMEO : JULIET, { stamp, stanza: `${stamp}` });
      }
    }

    function expire(stamp: number): void {
      for (const domain of ['montague.example', 'capulet.example']) {
        storage.offline.expire(domain, stamp);
      }
    }

    test('leaves other domains alone', async () => {
      await arrive([1, 2]);
      storage.offline.expire('capulet.example', 9);
      expect(await stanzas(ROMEO)).toEqual(['1']);
      expect(await stanzas(JULIET)).toEqual([]);
    });

    test("takes everybody's messages that arrived before a time, and none later", async () => {
      await arrive([1, 2, 3, 4, 5, 5, 6]);
      expire(4);
      expect(await stanzas(ROMEO)).toEqual(['5', '5']);
      expect(await stanzas(JULIET)).toEqual(['4', '6']);
      expire(4);
      expect(await storage.offline.count(ROMEO)).toBe(2);
    });

    test('takes all when all are old, none when none is, and may find nothing', async () => {
      expire(1);
      await arrive([1, 2, 3]);
      expire(1);
      expect(await stanzas(ROMEO)).toEqual(['1', '3']);
      expire(1.7e12);
      expect(await stanzas(ROMEO)).toEqual([]);
      expect(await stanzas(JULIET)).toEqual([]);
      expect(storage.durability.dropped).toBe(0);
    });

    test('keeps what is new, also after the clock was set back', async () => {
      await arrive([1, 9, 3, 11]);
      expire(5);
      expect(await stanzas(ROMEO)).toEqual(['9', '3', '11']);
    });

    test('is waited for by every read, and takes none that arrive after it', async () => {
      await arrive([1, 2]);
      await storage.durability.whenCommitted(storage.durability.latest);
      expire(9);
      storage.offline.append(ROMEO, { stamp: 3, stanza: 'late' });
      expect(await Promise.all([stanzas(ROMEO), stanzas(JULIET)])).toEqual([['late'], []]);
    });
  });
}
