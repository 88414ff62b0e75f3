import { describe, expect, test } from '@jest/globals';
import type { Upload, UploadLimits } from '../../src/storage/upload-port.ts';
import { JULIET, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

const DAY = 86_400_000;
const MANY = Number.MAX_SAFE_INTEGER;
const NO_LIMITS: UploadLimits = {
  quota: MANY,
  purposeQuota: MANY,
  makesRoom: false,
  slots: MANY,
  daily: MANY,
};

/** A slot for ten bytes, given at 5, which is good until 300. */
export function slot(digit: string, facts: Partial<Upload> = {}): Upload {
  const id = digit.repeat(32);
  const file = { name: 'balcony.jpg', type: 'image/jpeg', size: 10, purpose: 'message' } as const;
  return { id, owner: ROMEO, ...file, created: 5, expires: 1_000, deadline: 300, ...facts };
}

/** What is known of uploaded files. */
export function uploadsContract(current: CurrentStorage): void {
  const reserve = (each: Upload, limits: Partial<UploadLimits> = {}) =>
    current().uploads.reserve(each, { ...NO_LIMITS, ...limits });
  const stored = async (each: Upload) => {
    await reserve(each);
    await current().uploads.complete(each.id, each);
    return { ...each, deadline: null };
  };
  const due = async (domain: string, now: number, limit = 9) =>
    (await current().uploads.due(domain, now, limit)).map(({ id }) => id[0]).join('');
  const usage = () => current().uploads.usage(ROMEO, 'message', 5);

  describe('uploads', () => {
    test('are slots, and files once these have come', async () => {
      const { uploads } = current();
      expect(await reserve(slot('a', { type: '' }))).toBe(true);
      expect(await uploads.find('a'.repeat(32))).toEqual(slot('a', { type: '' }));
      expect(await uploads.list(ROMEO, { after: null, limit: 9 })).toEqual([]);
      const file = { type: 'image/png', created: 9 };
      expect(await uploads.complete('a'.repeat(32), file)).toBe(true);
      const there = slot('a', { ...file, deadline: null });
      expect(await uploads.find('a'.repeat(32))).toEqual(there);
      expect(await uploads.list(ROMEO, { after: null, limit: 9 })).toEqual([there]);
      expect(await uploads.find('b'.repeat(32))).toBeNull();
    });

    test('come once', async () => {
      const { uploads } = current();
      await stored(slot('a'));
      expect(await uploads.complete('a'.repeat(32), slot('a'))).toBe(false);
      expect(await uploads.complete('b'.repeat(32), slot('b'))).toBe(false);
    });

    test('have room in a quota or not, of slots at once too', async () => {
      const { durability } = current();
      const slots = ['a', 'b', 'c', 'd'].map((digit) => slot(digit));
      const given = await Promise.all(slots.map((each) => reserve(each, { quota: 25 })));
      expect(given).toEqual([true, true, false, false]);
      expect(await usage()).toMatchObject({ bytes: 20, slots: 2, files: 0, nextDeadline: 300 });
      expect(durability.dropped).toBe(0);
    });

    test('have room in the quota of their purpose', async () => {
      await stored(slot('a'));
      const profile = { purpose: 'profile' } as const;
      expect(await reserve(slot('b', profile), { purposeQuota: 10 })).toBe(true);
      expect(await reserve(slot('c', profile), { purposeQuota: 10 })).toBe(false);
      expect(await current().uploads.usage(ROMEO, 'profile', 5)).toMatchObject({
        bytes: 20,
        purposeBytes: 10,
      });
    });

    test('make room, the oldest files of their purpose first', async () => {
      const { uploads } = current();
      const profile = { purpose: 'profile', expires: null } as const;
      await stored(slot('a', profile));
      await stored(slot('b', { ...profile, created: 7 }));
      await stored(slot('c', { ...profile, created: 6 }));
      await stored(slot('d'));
      const limits = { purposeQuota: 30, makesRoom: true };
      expect(await reserve(slot('e', { ...profile, size: 15 }), limits)).toBe(true);
      expect(await due('montague.example', 5)).toBe('ac');
      expect(await uploads.usage(ROMEO, 'profile', 5)).toMatchObject({
        purposeBytes: 25,
        bytes: 35,
      });
    });

    test('make no room where that would not help', async () => {
      const profile = { purpose: 'profile', expires: null } as const;
      await stored(slot('a', profile));
      await reserve(slot('b', profile));
      const limits = { purposeQuota: 25, makesRoom: true };
      expect(await reserve(slot('c', { ...profile, size: 20 }), limits)).toBe(false);
      expect(await reserve(slot('d', profile), { ...limits, slots: 1 })).toBe(false);
      expect(await due('montague.example', 299)).toBe('');
    });

    test('are bounded by the number of open slots', async () => {
      await stored(slot('a'));
      expect(await reserve(slot('b'), { slots: 1 })).toBe(true);
      expect(await reserve(slot('c'), { slots: 1 })).toBe(false);
    });

    test('are bounded by the day, for all of a domain together', async () => {
      const { users, uploads } = current();
      await users.create(user(JULIET), []);
      const daily = { daily: 25 };
      expect(await reserve(slot('a'), daily)).toBe(true);
      await uploads.complete('a'.repeat(32), slot('a'));
      await uploads.expire(ROMEO, {});
      uploads.forget(['a'.repeat(32)]);
      expect(await reserve(slot('b'), daily)).toBe(true);
      expect(await reserve(slot('c'), daily)).toBe(false);
      uploads.forget(['b'.repeat(32)]);
      expect(await usage()).toMatchObject({ daily: 10, bytes: 0 });
      expect(await reserve(slot('d', { created: DAY }), { daily: 10 })).toBe(true);
      expect(await uploads.usage(ROMEO, 'message', DAY)).toMatchObject({ daily: 10 });
      expect(await usage()).toMatchObject({ daily: 0 });
    });

    test('tell when how many bytes are free again', async () => {
      const { uploads } = current();
      await stored(slot('a', { expires: null }));
      await stored(slot('b', { expires: 900 }));
      await stored(slot('c', { expires: 800, purpose: 'profile' }));
      expect(await uploads.whenFreed(ROMEO, 10, null)).toBe(800);
      expect(await uploads.whenFreed(ROMEO, 11, null)).toBe(900);
      expect(await uploads.whenFreed(ROMEO, 10, 'message')).toBe(900);
      expect(await uploads.whenFreed(ROMEO, 21, null)).toBeNull();
    });

    test('are listed a page at a time, the newest first', async () => {
      const { uploads } = current();
      const a = await stored(slot('a', { created: 1 }));
      const b = await stored(slot('b', { created: 2 }));
      const c = await stored(slot('c', { created: 2 }));
      expect(await uploads.list(ROMEO, { after: null, limit: 2 })).toEqual([c, b]);
      expect(await uploads.list(ROMEO, { after: c, limit: 2 })).toEqual([b, a]);
      expect(await uploads.list(ROMEO, { after: a, limit: 2 })).toEqual([]);
      expect(await uploads.list(JULIET, { after: null, limit: 2 })).toEqual([]);
    });

    test('are counted by domain', async () => {
      const { uploads, users } = current();
      await users.create(user(JULIET), []);
      await stored(slot('a'));
      await stored(slot('b', { size: 3 }));
      await stored(slot('c', { owner: JULIET, size: 100 }));
      await reserve(slot('d'));
      expect(await uploads.totals('montague.example')).toEqual({ files: 2, bytes: 13 });
      expect(await uploads.totals('capulet.example')).toEqual({ files: 1, bytes: 100 });
    });

    test('are due when they expire, and slots at their end', async () => {
      const { uploads } = current();
      await stored(slot('a', { expires: 900 }));
      await reserve(slot('b'));
      await stored(slot('c', { expires: null }));
      expect(await due('montague.example', 299)).toBe('');
      expect(await due('montague.example', 300)).toBe('b');
      expect(await due('montague.example', MANY)).toBe('ba');
      expect(await uploads.due('montague.example', MANY, 1)).toEqual([
        { id: 'b'.repeat(32), size: 10, deadline: 300 },
      ]);
      expect(await due('capulet.example', MANY)).toBe('');
      uploads.forget(['a'.repeat(32), 'b'.repeat(32)]);
      expect(await due('montague.example', MANY)).toBe('');
      expect(await uploads.find('a'.repeat(32))).toBeNull();
    });

    test('are made due by their age, or by name, and nobody else’s are', async () => {
      const { uploads, users } = current();
      await users.create(user(JULIET), []);
      await stored(slot('a', { created: 1 }));
      await stored(slot('b', { created: 2 }));
      await stored(slot('c', { created: 3, expires: null }));
      await stored(slot('d', { owner: JULIET }));
      expect(await uploads.expire(ROMEO, { before: 2 })).toBe(1);
      expect(await uploads.expire(ROMEO, { ids: ['c'.repeat(32), 'd'.repeat(32)] })).toBe(1);
      expect(await due('montague.example', 0)).toBe('ac');
      expect(await uploads.find('c'.repeat(32))).toMatchObject({ expires: 0 });
      expect(await uploads.list(ROMEO, { after: null, limit: 9 })).toHaveLength(1);
      expect(await uploads.expire(ROMEO, {})).toBe(1);
      expect(await uploads.expire(ROMEO, {})).toBe(0);
      expect(await usage()).toMatchObject({ bytes: 0, files: 0 });
    });

    test('are nobody’s once the account is deleted, and due', async () => {
      const { uploads, users } = current();
      await stored(slot('a', { expires: null }));
      await reserve(slot('b'));
      users.delete(ROMEO, 0);
      expect(await due('montague.example', 0)).toBe('ab');
      expect(await uploads.find('a'.repeat(32))).toBeNull();
      expect(await uploads.complete('b'.repeat(32), slot('b'))).toBe(false);
      expect(await reserve(slot('c'))).toBe(false);
      await users.create(user(ROMEO), []);
      expect(await usage()).toMatchObject({ bytes: 0, files: 0, slots: 0 });
      expect(await uploads.find('a'.repeat(32))).toBeNull();
    });
  });
}
