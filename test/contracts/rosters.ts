import { beforeEach, describe, expect, test } from '@jest/globals';
import type { RosterRemoval, Storage } from '../../src/storage/ports.ts';
import { item, JULIET, LARGE_TEXT, NURSE, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

/** Removals that are remembered. */
const KEPT = 100;

export function rostersContract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(() => {
    storage = current();
  });
  const items = async () => (await storage.rosters.load(ROMEO)).items;

  describe('rosters', () => {
    const full = item(JULIET, {
      name: 'Jule "of" Capulet',
      subscription: 'from',
      isAsking: true,
      isPreApproved: true,
      groups: ['Verona', 'a,b', '"', 'Ärzte 🌹'],
      request: "<presence type='subscribe'/>",
      version: 1.7e12,
    });
    const asking = item(NURSE, { isListed: false, request: '<presence/>' });

    test('an item comes back as it was put [RFC6121 2.1.2]', async () => {
      storage.rosters.put(ROMEO, asking);
      storage.rosters.put(ROMEO, full);
      expect(await items()).toEqual([full, asking]);
      expect(await storage.rosters.item(ROMEO, JULIET)).toEqual(full);
      expect(await storage.rosters.item(ROMEO, NURSE)).toEqual(asking);
    });

    test('an item may be large', async () => {
      const groups = Array.from({ length: 50 }, (_, n) => `${n} ${'ä🌹'.repeat(200)}`);
      const large = item(JULIET, { name: LARGE_TEXT, groups, request: LARGE_TEXT });
      storage.rosters.put(ROMEO, large);
      expect(await storage.rosters.item(ROMEO, JULIET)).toEqual(large);
    });

    test('a stranger has no item, neither has a contact of somebody else', async () => {
      await storage.users.create(user(JULIET), []);
      storage.rosters.put(JULIET, item(NURSE));
      expect(await storage.rosters.item(ROMEO, NURSE)).toBeNull();
      expect(await storage.rosters.item('nobody@x.example', NURSE)).toBeNull();
      expect(await items()).toEqual([]);
    });

    test('whom a contact sees is told of many at once [RFC6121 2.1.2.5]', async () => {
      await storage.users.create(user(JULIET), []);
      storage.rosters.put(ROMEO, item(NURSE, { subscription: 'both' }));
      storage.rosters.put(JULIET, item(NURSE, { subscription: 'to' }));
      expect(await storage.rosters.seenBy(NURSE, [ROMEO, JULIET, 'nobody@localhost'])).toEqual([
        ROMEO,
      ]);
      storage.rosters.put(JULIET, item(NURSE, { subscription: 'from' }));
      const seen = await storage.rosters.seenBy(NURSE, [ROMEO, JULIET]);
      expect([...seen].sort()).toEqual([JULIET, ROMEO]);
      expect(await storage.rosters.seenBy(ROMEO, [ROMEO, JULIET])).toEqual([]);
      expect(await storage.rosters.seenBy(NURSE, [])).toEqual([]);
    });

    test('a second put replaces the item, a removal takes it away', async () => {
      storage.rosters.put(ROMEO, item(JULIET, { name: 'old', groups: ['x'] }));
      storage.rosters.put(ROMEO, item(JULIET, { subscription: 'both', version: 2 }));
      expect(await items()).toEqual([item(JULIET, { subscription: 'both', version: 2 })]);
      storage.rosters.remove(ROMEO, { contact: JULIET, version: 3 });
      storage.rosters.remove(ROMEO, { contact: NURSE, version: 4 });
      expect(await storage.rosters.load(ROMEO)).toEqual({
        items: [],
        removals: [
          { contact: JULIET, version: 3 },
          { contact: NURSE, version: 4 },
        ],
        floor: 1,
      });
      expect(await storage.rosters.item(ROMEO, JULIET)).toBeNull();
    });

    test('who is forgotten leaves no trace, and who was removed before leaves that', async () => {
      storage.rosters.put(ROMEO, asking);
      storage.rosters.forget(ROMEO, NURSE);
      storage.rosters.forget(ROMEO, 'nobody@x.example');
      expect(await storage.rosters.load(ROMEO)).toEqual({ items: [], removals: [], floor: 1 });
      storage.rosters.put(ROMEO, item(NURSE));
      storage.rosters.remove(ROMEO, { contact: NURSE, version: 2 });
      storage.rosters.put(ROMEO, asking);
      storage.rosters.forget(ROMEO, NURSE);
      const { removals } = await storage.rosters.load(ROMEO);
      expect(removals).toEqual([{ contact: NURSE, version: 2 }]);
    });
  });

  describe('removals from a roster [RFC6121 2.6.3]', () => {
    const removal = (version: number): RosterRemoval => ({
      contact: `c${version}@x.example`,
      version,
    });
    const removed = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, n) => removal(from + n));
    async function history() {
      const { removals, floor } = await storage.rosters.load(ROMEO);
      return { removals, floor };
    }

    test('are all known as long as they are few', async () => {
      for (const one of removed(2, KEPT)) storage.rosters.remove(ROMEO, one);
      expect(await history()).toEqual({ removals: removed(2, KEPT), floor: 1 });
    });

    test(`are the newest ${KEPT}, and the floor rises with what is dropped`, async () => {
      for (const one of removed(2, 130)) storage.rosters.remove(ROMEO, one);
      const { removals, floor } = await history();
      expect(removals).toEqual(removed(31, 130));
      // Removal 30 is not known: a client of version 29 must get the whole roster.
      expect(floor).toBeGreaterThanOrEqual(30);
      expect(floor).toBeLessThanOrEqual(31);
    });

    test('of somebody removed again count once, as the newest', async () => {
      for (const one of removed(2, 5)) storage.rosters.remove(ROMEO, one);
      const { contact } = removal(3);
      storage.rosters.put(ROMEO, item(contact, { version: 6 }));
      // Whoever is back stays among the removals, older than the item.
      expect((await history()).removals).toEqual(removed(2, 5));
      storage.rosters.remove(ROMEO, { contact, version: 7 });
      const rest = [removal(2), removal(4), removal(5), { contact, version: 7 }];
      expect(await history()).toEqual({ removals: rest, floor: 1 });
    });

    test('of somebody removed again leave the history whole', async () => {
      for (const one of removed(2, 110)) storage.rosters.remove(ROMEO, one);
      for (const version of [111, 113, 115]) {
        const { contact } = removal(60);
        storage.rosters.put(ROMEO, item(contact, { version }));
        storage.rosters.remove(ROMEO, { contact, version: version + 1 });
        const { removals, floor } = await history();
        expect(removals).toHaveLength(KEPT);
        expect(removals.at(-1)).toEqual({ contact, version: version + 1 });
        expect(floor).toBe(11);
      }
    });

    test('of one version never let the floor sink', async () => {
      const atOnce = ['one', 'two'].map((name) => ({ contact: `${name}@x.example`, version: 2 }));
      for (const one of [...atOnce, ...removed(3, KEPT + 1)]) storage.rosters.remove(ROMEO, one);
      // One of the two had to go, or both: a client of version 1 must get the whole roster.
      expect((await history()).floor).toBeGreaterThanOrEqual(2);
    });

    test('of one account are no matter of another', async () => {
      await storage.users.create(user(JULIET, { created: 5 }), []);
      storage.rosters.remove(JULIET, removal(9));
      for (const one of removed(2, 105)) storage.rosters.remove(ROMEO, one);
      expect(await storage.rosters.load(JULIET)).toEqual({
        items: [],
        removals: [removal(9)],
        floor: 5,
      });
    });

    test('of an account before are unknown: the floor is when this one was created', async () => {
      storage.rosters.remove(ROMEO, removal(2));
      storage.users.delete(ROMEO, 1);
      await storage.users.create(user(ROMEO, { created: 1000 }), []);
      expect(await history()).toEqual({ removals: [], floor: 1000 });
      for (const one of removed(2, 101)) storage.rosters.remove(ROMEO, one);
      expect((await history()).floor).toBe(1000);
    });
  });
}
