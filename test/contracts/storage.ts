import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { item, JULIET, keys, ROMEO, user } from './records.ts';

/** What every implementation of the storage ports does. */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  describe(`storage contract: ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
      await storage.users.create(user(ROMEO), [keys('SHA-256')]);
    });
    afterEach(() => storage.close());
    const stanzas = async (owner: string) =>
      (await storage.offline.load(owner)).map(({ stanza }) => stanza);

    describe('users', () => {
      test('an account comes back as it was created', async () => {
        const avatar = { type: 'image/png', data: Buffer.from([0, 1, 254, 255]) };
        const juliet = user(JULIET, { nickname: 'Jule 🌹', avatar, created: 1.7e12, lastLogin: 5 });
        await storage.users.create(juliet, [keys('SHA-1'), keys('SHA-512', 'other')]);
        expect(await storage.users.find(JULIET)).toEqual(juliet);
        const found = await storage.users.keys(JULIET);
        expect(found).toHaveLength(2);
        expect(found).toEqual(expect.arrayContaining([keys('SHA-1'), keys('SHA-512', 'other')]));
        expect(found.every(({ salt }) => Buffer.isBuffer(salt))).toBe(true);
      });

      test('an unknown account is null and has no keys', async () => {
        expect(await storage.users.find(JULIET)).toBeNull();
        expect(await storage.users.keys(JULIET)).toEqual([]);
      });

      test('an account cannot be created twice, and the first one stays', async () => {
        await storage.users.update(ROMEO, { nickname: 'first' });
        const again = storage.users.create(user(ROMEO, { nickname: 'second' }), [keys('SHA-1')]);
        await expect(again).rejects.toMatchObject({ code: 'failed' });
        expect(await storage.users.find(ROMEO)).toMatchObject({ nickname: 'first' });
        expect(await storage.users.keys(ROMEO)).toEqual([keys('SHA-256')]);
        expect(storage.durability.dropped).toBe(0);
      });

      test('of two who create one account at once, exactly one succeeds', async () => {
        const attempts = [1, 2, 3].map((created) =>
          storage.users.create(user(JULIET, { created }), [keys('SHA-1', `by ${created}`)]),
        );
        const outcomes = await Promise.allSettled(attempts);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
        expect(await storage.users.find(JULIET)).toMatchObject({ created: 1 });
        expect(await storage.users.keys(JULIET)).toEqual([keys('SHA-1', 'by 1')]);
      });

      test('an update changes what it names and nothing else', async () => {
        const avatar = { type: 'image/jpeg', data: Buffer.from('picture') };
        storage.users.update(ROMEO, { nickname: 'Romeo', avatar, lastLogin: 7 });
        storage.users.update(ROMEO, { isDisabled: true });
        const changed = user(ROMEO, { nickname: 'Romeo', avatar, lastLogin: 7, isDisabled: true });
        expect(await storage.users.find(ROMEO)).toEqual(changed);
        storage.users.update(ROMEO, { avatar: null, nickname: null });
        expect(await storage.users.find(ROMEO)).toEqual({
          ...changed,
          avatar: null,
          nickname: null,
        });
      });

      test('new keys replace all old ones', async () => {
        storage.users.setKeys(ROMEO, [keys('SHA-512', 'new'), keys('SHA-1', 'new')]);
        const found = await storage.users.keys(ROMEO);
        expect(found.map(({ hash }) => hash).sort()).toEqual(['SHA-1', 'SHA-512']);
        storage.users.setKeys(ROMEO, []);
        expect(await storage.users.keys(ROMEO)).toEqual([]);
      });

      test('deleting an account takes everything along, and a new one starts empty', async () => {
        storage.rosters.put(ROMEO, item(JULIET));
        storage.offline.append(ROMEO, { stamp: 1, stanza: '<message/>' });
        storage.users.delete(ROMEO);
        expect(await storage.users.find(ROMEO)).toBeNull();
        await storage.users.create(user(ROMEO), []);
        expect(await storage.users.keys(ROMEO)).toEqual([]);
        expect(await storage.rosters.load(ROMEO)).toEqual([]);
        expect(await storage.offline.load(ROMEO)).toEqual([]);
      });

      test('the accounts of a domain are listed by name, page by page', async () => {
        const names = ['benvolio', 'ben', 'ben-x', 'ben.a', 'ben1', 'ämil'];
        const owners = names.map((local) => `${local}@montague.example`);
        for (const owner of owners) await storage.users.create(user(owner), []);
        await storage.users.create(user(JULIET), []);
        await storage.users.create(user('ben@sub.montague.example'), []);
        const listed: string[] = [];
        for (let after: string | null = null; ; ) {
          const page = await storage.users.list('montague.example', after, 2);
          if (page.length === 0) break;
          expect(page.length).toBeLessThanOrEqual(2);
          listed.push(...page.map(({ owner }) => owner));
          after = listed.at(-1)!;
        }
        const inOrder = ['ben', 'ben-x', 'ben.a', 'ben1', 'benvolio', 'romeo', 'ämil'];
        expect(listed).toEqual(inOrder.map((local) => `${local}@montague.example`));
      });
    });

    describe('rosters', () => {
      test('an item comes back as it was put [RFC6121 2.1.2]', async () => {
        const full = item(JULIET, {
          name: 'Jule "of" Capulet',
          subscription: 'from',
          isAsking: true,
          isPreApproved: true,
          groups: ['Verona', 'a,b', '"', 'Ärzte 🌹'],
          request: "<presence type='subscribe'/>",
        });
        const asking = item('nurse@capulet.example', { isListed: false, request: '<presence/>' });
        storage.rosters.put(ROMEO, full);
        storage.rosters.put(ROMEO, asking);
        expect(await storage.rosters.load(ROMEO)).toEqual([full, asking]);
      });

      test('a second put replaces the item, a removal takes it away', async () => {
        storage.rosters.put(ROMEO, item(JULIET, { name: 'old', groups: ['x'] }));
        storage.rosters.put(ROMEO, item(JULIET, { subscription: 'both' }));
        expect(await storage.rosters.load(ROMEO)).toEqual([item(JULIET, { subscription: 'both' })]);
        storage.rosters.remove(ROMEO, JULIET);
        storage.rosters.remove(ROMEO, 'nobody@capulet.example');
        expect(await storage.rosters.load(ROMEO)).toEqual([]);
      });
    });

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

    describe('durability', () => {
      test('tickets grow and are committed in order', async () => {
        const { durability } = storage;
        const settled: number[] = [];
        const waits: Promise<unknown>[] = [];
        let last = 0;
        for (let n = 0; n < 5; n++) {
          const ticket = storage.offline.append(ROMEO, { stamp: n, stanza: 'x' });
          expect(ticket).toBeGreaterThanOrEqual(last);
          expect(ticket).toBe(durability.latest);
          last = ticket;
          waits.push(Promise.resolve(durability.whenCommitted(ticket)).then(() => settled.push(n)));
          await new Promise(setImmediate);
        }
        await Promise.all(waits);
        expect(settled).toEqual([0, 1, 2, 3, 4]);
        expect(durability.committed).toBe(durability.latest);
      });

      test('ticket 0 and committed tickets wait for nothing', async () => {
        const ticket = storage.users.update(ROMEO, { lastLogin: 1 });
        await storage.durability.whenCommitted(ticket);
        const isSync = process.env.EPODE_FORCE_ASYNC !== '1';
        for (const known of [0, ticket]) {
          expect(storage.durability.whenCommitted(known) === undefined).toBe(isSync);
        }
      });

      test('a read waits for the changes before it', async () => {
        const reads = [];
        for (let n = 1; n <= 3; n++) {
          storage.offline.append(ROMEO, { stamp: n, stanza: `${n}` });
          reads.push(storage.offline.count(ROMEO));
          await new Promise(setImmediate);
        }
        const counts = await Promise.all(reads);
        counts.forEach((count, n) => {
          expect(count).toBeGreaterThan(n);
        });
        expect(counts[2]).toBe(3);
      });

      test('a change for a deleted account is dropped and counted', async () => {
        storage.users.delete(ROMEO);
        storage.offline.append(ROMEO, { stamp: 1, stanza: 'late' });
        storage.rosters.put(ROMEO, item(JULIET));
        storage.users.update(ROMEO, { nickname: 'ghost' });
        const last = storage.users.setKeys(ROMEO, [keys('SHA-1')]);
        await storage.durability.whenCommitted(last);
        expect(storage.durability.dropped).toBe(4);
        expect(await storage.users.find(ROMEO)).toBeNull();
        expect(await storage.offline.load(ROMEO)).toEqual([]);
      });

      test('a closed store refuses changes and has committed what came before', async () => {
        const ticket = storage.offline.append(ROMEO, { stamp: 1, stanza: 'last' });
        const waiting = storage.durability.whenCommitted(ticket);
        await Promise.all([storage.close(), storage.close()]);
        await waiting;
        expect(storage.durability.committed).toBe(ticket);
        const late = () => storage.offline.append(ROMEO, { stamp: 1, stanza: 'late' });
        expect(late).toThrow(expect.objectContaining({ code: 'failed' }));
      });
    });

    describe('secrets', () => {
      test('are made at first use, differ by name and stay', async () => {
        const made = await Promise.all([storage.secret('a', 16), storage.secret('a', 16)]);
        expect(made[0]).toHaveLength(16);
        expect(made[1]).toEqual(made[0]);
        expect(await storage.secret('a', 32)).toEqual(made[0]);
        expect(await storage.secret('b', 16)).not.toEqual(made[0]);
      });
    });
  });
}
