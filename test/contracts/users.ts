import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { contentsOf, empty, FULL, fill, JULIET, keys, picture, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

export function usersContract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(() => {
    storage = current();
  });

  describe('users', () => {
    test('an account comes back as it was created', async () => {
      const juliet = user(JULIET, { nickname: 'Jule 🌹', created: 1.7e12, lastLogin: 5 });
      await storage.users.create(juliet, [keys('SHA-1'), keys('SHA-512', 'other')]);
      expect(await storage.users.find(JULIET)).toEqual(juliet);
      const found = await storage.users.keys(JULIET);
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([keys('SHA-1'), keys('SHA-512', 'other')]));
      expect(await storage.users.keys(JULIET, 'SHA-512')).toEqual([keys('SHA-512', 'other')]);
      expect(await storage.users.keys(JULIET, 'SHA-256')).toEqual([]);
      expect(found.every(({ salt }) => Buffer.isBuffer(salt))).toBe(true);
    });

    test('an unknown account is null and has nothing', async () => {
      expect(await storage.users.find(JULIET)).toBeNull();
      expect(await storage.users.retiredUntil(JULIET)).toBeNull();
      expect(await contentsOf(storage, JULIET)).toEqual(empty(0));
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
      storage.users.update(ROMEO, { nickname: 'Romeo', avatar: picture, lastLogin: 7 });
      storage.users.update(ROMEO, { isDisabled: true });
      const changed = user(ROMEO, { nickname: 'Romeo', lastLogin: 7, isDisabled: true });
      expect(await storage.users.find(ROMEO)).toEqual(changed);
      expect(await storage.users.avatar(ROMEO)).toEqual(picture);
      storage.users.update(ROMEO, { avatar: null, nickname: null });
      expect(await storage.users.find(ROMEO)).toEqual({ ...changed, nickname: null });
      expect(await storage.users.avatar(ROMEO)).toBeNull();
    });

    test.each([0, 1, 300_000])('a picture of %i bytes comes back as it is', async (size) => {
      const avatar = { type: 'image/webp', data: Buffer.alloc(size, 'pixels') };
      storage.users.update(ROMEO, { avatar: picture });
      storage.users.update(ROMEO, { avatar });
      const found = await storage.users.avatar(ROMEO);
      expect(found?.type).toBe('image/webp');
      expect(Buffer.isBuffer(found?.data)).toBe(true);
      expect(found?.data.equals(avatar.data)).toBe(true);
    });

    test('a login is noted within a second, or with the next change', async () => {
      storage.users.noteLogin(ROMEO, 77);
      await storage.durability.whenCommitted(storage.users.update(ROMEO, { nickname: 'R' }));
      expect(await storage.users.find(ROMEO)).toMatchObject({ lastLogin: 77, nickname: 'R' });
      storage.users.noteLogin('nobody@montague.example', 78);
      storage.users.noteLogin(ROMEO, 79);
      await storage.users.create(user(JULIET), []);
      expect(await storage.users.find(ROMEO)).toMatchObject({ lastLogin: 79 });
      expect(storage.durability.dropped).toBe(1);
    });

    test('new keys replace all old ones', async () => {
      storage.users.setKeys(ROMEO, [keys('SHA-512', 'new'), keys('SHA-1', 'new')]);
      const found = await storage.users.keys(ROMEO);
      expect(found.map(({ hash }) => hash).sort()).toEqual(['SHA-1', 'SHA-512']);
      storage.users.setKeys(ROMEO, []);
      expect(await storage.users.keys(ROMEO)).toEqual([]);
    });

    describe('that were imported', () => {
      const BCRYPT = '$2y$10$abc';
      const at = (local: string) => `${local}@montague.example`;
      const add = (local: string, imported: string | null) =>
        storage.users.create(user(at(local), { imported }), []);
      const kinds = () => storage.users.importedKinds('montague.example');

      test('are listed by name, and told by kind', async () => {
        await add('b', BCRYPT);
        await add('a', '$2b$12$xyz');
        await add('d', 'SHA-1');
        await add('c', 'SHA-1 SHA-256');
        await add('e', 'SHA-1');
        await storage.users.create(user(JULIET, { imported: 'SHA-512' }), []);
        expect(await kinds()).toEqual(['$2b$12$xyz', 'SHA-1', 'SHA-1 SHA-256']);
        const first = await storage.users.listImported('montague.example', null, 2);
        expect(first.map(({ owner }) => owner)).toEqual([at('a'), at('b')]);
        const rest = await storage.users.listImported('montague.example', at('b'), 9);
        expect(rest.map(({ owner }) => owner)).toEqual([at('c'), at('d'), at('e')]);
      });

      test('are like any other with new keys', async () => {
        await add('a', BCRYPT);
        storage.users.setKeys(at('a'), [keys('SHA-1')]);
        expect(await storage.users.find(at('a'))).toMatchObject({ imported: null });
        expect(await kinds()).toEqual([]);
      });

      test('are upgraded unless they got another password meanwhile', async () => {
        await add('a', BCRYPT);
        await add('b', BCRYPT);
        storage.users.upgrade(at('a'), BCRYPT, [keys('SHA-256', 'seen')]);
        expect(await storage.users.find(at('a'))).toMatchObject({ imported: null });
        expect(await storage.users.keys(at('a'))).toEqual([keys('SHA-256', 'seen')]);
        storage.users.setKeys(at('b'), [keys('SHA-256', 'newer')]);
        storage.users.upgrade(at('b'), BCRYPT, [keys('SHA-256', 'seen')]);
        expect(await storage.users.keys(at('b'))).toEqual([keys('SHA-256', 'newer')]);
        expect(storage.durability.dropped).toBe(0);
      });

      test('may be upgraded in part', async () => {
        await add('a', 'SHA-1');
        const both = [keys('SHA-1'), keys('SHA-256')];
        storage.users.upgrade(at('a'), 'SHA-1', both, 'SHA-1 SHA-256');
        expect(await storage.users.find(at('a'))).toMatchObject({ imported: 'SHA-1 SHA-256' });
        expect(await storage.users.keys(at('a'))).toEqual(both);
        storage.users.upgrade(at('a'), 'SHA-1', [], null);
        expect(await storage.users.keys(at('a'))).toEqual(both);
      });
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

  describe('deleting an account', () => {
    test('takes everything along, and a new one starts empty', async () => {
      fill(storage, ROMEO);
      expect(await contentsOf(storage, ROMEO)).toEqual(FULL);
      storage.users.delete(ROMEO, 5);
      expect(await storage.users.find(ROMEO)).toBeNull();
      expect(await contentsOf(storage, ROMEO)).toEqual(empty(0));
      await storage.users.create(user(ROMEO, { created: 7 }), []);
      expect(await storage.users.find(ROMEO)).toEqual(user(ROMEO, { created: 7 }));
      expect(await contentsOf(storage, ROMEO)).toEqual(empty(7));
    });

    test('leaves other accounts as they are', async () => {
      await storage.users.create(user(JULIET), []);
      fill(storage, JULIET);
      fill(storage, ROMEO);
      storage.users.delete(ROMEO, 5);
      expect(await contentsOf(storage, JULIET)).toEqual(FULL);
    });

    test('retires its name until it is created again', async () => {
      expect(await storage.users.retiredUntil(ROMEO)).toBeNull();
      storage.users.delete(ROMEO, 1.8e12);
      expect(await storage.users.retiredUntil(ROMEO)).toBe(1.8e12);
      await storage.users.create(user(ROMEO), []);
      expect(await storage.users.retiredUntil(ROMEO)).toBeNull();
      storage.users.delete(ROMEO, 1.9e12);
      expect(await storage.users.retiredUntil(ROMEO)).toBe(1.9e12);
    });

    test('that is not there retires no name, and changes none', async () => {
      storage.users.delete(JULIET, 5);
      expect(await storage.users.retiredUntil(JULIET)).toBeNull();
      storage.users.delete(ROMEO, 5);
      storage.users.delete(ROMEO, 6);
      expect(await storage.users.retiredUntil(ROMEO)).toBe(5);
    });

    test('that could not be created again leaves its name as it was', async () => {
      await storage.users.create(user(JULIET), []);
      storage.users.delete(ROMEO, 5);
      await expect(storage.users.create(user(JULIET), [])).rejects.toMatchObject({
        code: 'failed',
      });
      expect(await storage.users.retiredUntil(ROMEO)).toBe(5);
    });
  });
}
