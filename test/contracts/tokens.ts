import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import type { FreshToken, TokenRecord, TokenUse } from '../../src/storage/token-port.ts';
import { JULIET, keys, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

const PHONE = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const LAPTOP = '9bd51a34-6b5c-4ea0-a43e-5a1d3f5a2a61';

const token = (sealed: string, more: Partial<FreshToken> = {}): FreshToken => ({
  client: PHONE,
  name: 'Test, télephone 🌹',
  mechanism: 'HT-SHA-256-NONE',
  sealed: Buffer.from(sealed),
  issued: 100,
  expires: 1_000,
  ...more,
});
const shown = (sealed: string, more: Partial<TokenUse> = {}): TokenUse => ({
  client: PHONE,
  sealed: Buffer.from(sealed),
  count: null,
  time: 200,
  isLast: false,
  ...more,
});

/** With what clients come back. */
export function tokensContract(current: CurrentStorage): void {
  describe('tokens', () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = current();
      await storage.users.create(user(JULIET), []);
    });

    const grant = (sealed: string, more: Partial<FreshToken> = {}, maxClients = 10) =>
      storage.tokens.grant(ROMEO, token(sealed, more), maxClients);
    const use = (sealed: string, more: Partial<TokenUse> = {}) =>
      storage.tokens.use(ROMEO, shown(sealed, more));
    const held = async (client = PHONE) => {
      const records = await storage.tokens.of(ROMEO, client);
      return records.map(({ slot, sealed }) => `${slot} ${sealed}`);
    };
    const clients = async () => {
      const records = await storage.tokens.list(ROMEO);
      return [...new Set(records.map(({ client }) => client))].sort();
    };

    test('come back as they were granted', async () => {
      await grant('a');
      const record: TokenRecord = { ...token('a'), slot: 'new', count: null, used: null };
      expect(await storage.tokens.of(ROMEO, PHONE)).toEqual([record]);
      expect(await storage.tokens.list(ROMEO)).toEqual([record]);
      expect(await storage.tokens.of(ROMEO, LAPTOP)).toEqual([]);
      expect(await storage.tokens.list(JULIET)).toEqual([]);
    });

    test('are current once they are used, and a new one comes before [XEP-0484 6.1]', async () => {
      await grant('a');
      expect(await use('a', { count: 3 })).toBe(true);
      expect(await storage.tokens.of(ROMEO, PHONE)).toEqual([
        { ...token('a'), slot: 'current', count: 3, used: 200 },
      ]);
      await grant('b');
      await grant('c');
      expect(await held()).toEqual(['new c', 'current a']);
    });

    test('stay good until the one after them is used [XEP-0484 4.5]', async () => {
      await grant('a');
      await use('a');
      await grant('b');
      expect(await use('a')).toBe(true);
      expect(await held()).toEqual(['new b', 'current a']);
      expect(await use('b')).toBe(true);
      expect(await held()).toEqual(['current b']);
      expect(await use('a')).toBe(false);
    });

    test('come with counts that rise [XEP-0484 4.4]', async () => {
      await grant('a');
      expect(await use('a', { count: 0 })).toBe(true);
      expect(await use('a', { count: 0 })).toBe(false);
      expect(await use('a', { count: 7 })).toBe(true);
      expect(await use('a')).toBe(true);
      expect(await use('a', { count: 6 })).toBe(false);
      expect(await use('a', { count: 2 ** 40 })).toBe(true);
      expect((await storage.tokens.of(ROMEO, PHONE))[0]).toMatchObject({ count: 2 ** 40 });
    });

    test('shown twice with one count at once let in once', async () => {
      await grant('a');
      const both = await Promise.all([use('a', { count: 1 }), use('a', { count: 1 })]);
      expect(both.toSorted()).toEqual([false, true]);
    });

    test("are the client's and the account's alone", async () => {
      await grant('a');
      expect(await use('a', { client: LAPTOP })).toBe(false);
      expect(await storage.tokens.use(JULIET, shown('a'))).toBe(false);
      expect(await use('b')).toBe(false);
      expect(await held()).toEqual(['new a']);
    });

    test('are all gone with the last use [XEP-0484 4.6]', async () => {
      await grant('a');
      await use('a');
      await grant('b');
      await grant('c', { client: LAPTOP });
      expect(await use('a', { isLast: true })).toBe(true);
      expect(await held()).toEqual([]);
      expect(await held(LAPTOP)).toEqual(['new c']);
    });

    test('that are revoked stay known, and let nobody in', async () => {
      await grant('a');
      await grant('b', { client: LAPTOP });
      storage.tokens.revoke(ROMEO, PHONE);
      expect(await use('a')).toBe(false);
      expect(await storage.tokens.of(ROMEO, PHONE)).toMatchObject([{ expires: 0 }]);
      expect(await use('b', { client: LAPTOP })).toBe(true);
      storage.tokens.revoke(ROMEO, null);
      expect(await use('b', { client: LAPTOP })).toBe(false);
      await grant('c');
      expect(await use('c')).toBe(true);
    });

    test('are void with another password, and not with an upgrade', async () => {
      await grant('a');
      storage.users.upgrade(ROMEO, 'SHA-1', [keys('SHA-1'), keys('SHA-256')]);
      expect(await use('a')).toBe(true);
      storage.users.setKeys(ROMEO, [keys('SHA-256', 'pepper')]);
      expect(await use('a')).toBe(false);
    });

    test('of more clients than there may be, the void go first, then the oldest', async () => {
      await grant('a', { client: 'a', issued: 1 });
      await grant('b', { client: 'b', issued: 2, expires: 150 });
      await grant('c', { client: 'c', issued: 3 });
      await use('a', { client: 'a', time: 120 });
      await grant('d', { client: 'd', issued: 200 }, 3);
      expect(await clients()).toEqual(['a', 'c', 'd']);
      await grant('e', { client: 'e', issued: 201 }, 3);
      expect(await clients()).toEqual(['a', 'd', 'e']);
      await grant('f', { client: 'e', issued: 202 }, 3);
      expect(await clients()).toEqual(['a', 'd', 'e']);
      await grant('g', { client: 'g', issued: 203 }, 1);
      expect(await clients()).toEqual(['g']);
    });

    test('go with the account', async () => {
      expect(await grant('a')).toBe(true);
      storage.users.delete(ROMEO, 0);
      expect(await grant('b')).toBe(false);
      await storage.users.create(user(ROMEO), []);
      expect(await storage.tokens.list(ROMEO)).toEqual([]);
      expect(await use('a')).toBe(false);
    });
  });
}
