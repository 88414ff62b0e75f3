import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { message } from './archive.ts';
import { contentsOf, empty, FULL, fill, item, JULIET, NURSE, ROMEO } from './records.ts';
import type { CurrentStorage } from './storage.ts';

export function durabilityContract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(() => {
    storage = current();
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

    test('every change has the ticket that its commit waits for', async () => {
      const { archive, durability, blocks, privateXml, vcards } = storage;
      const changes = [
        () => storage.rosters.remove(ROMEO, { contact: JULIET, version: 2 }),
        () => storage.rosters.forget(ROMEO, JULIET),
        () => storage.offline.expire('montague.example', 1),
        () => blocks.add(ROMEO, [JULIET]),
        () => blocks.remove(ROMEO, [JULIET]),
        () => privateXml.put(ROMEO, { xmlns: 'x', name: 'y' }, "<y xmlns='x'/>"),
        () => vcards.put(ROMEO, { xml: '<vCard/>', photoHash: '' }),
        () => archive.append(ROMEO, message(JULIET, 'a')).ticket,
        () => archive.share(ROMEO, 1, { peer: JULIET, counts: 'neither' }),
        () => archive.markRead(ROMEO, { peer: JULIET, sender: ROMEO, reference: 'a' }),
        () => archive.setPreferences(ROMEO, { default: 'never', always: [], never: [] }),
        () => storage.users.delete(ROMEO, 1),
      ];
      for (const change of changes) {
        const before = durability.committed;
        const ticket = change();
        expect(ticket).toBe(durability.latest);
        expect(ticket).toBeGreaterThan(before);
        await durability.whenCommitted(ticket);
        expect(durability.committed).toBeGreaterThanOrEqual(ticket);
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

    test('so does a read of any kind', async () => {
      fill(storage, ROMEO);
      expect(await contentsOf(storage, ROMEO)).toEqual(FULL);
    });

    test('a change for a deleted account is dropped and counted', async () => {
      storage.users.delete(ROMEO, 5);
      storage.offline.append(ROMEO, { stamp: 1, stanza: 'late' });
      storage.rosters.put(ROMEO, item(JULIET));
      storage.users.update(ROMEO, { nickname: 'ghost' });
      const last = storage.users.setKeys(ROMEO, []);
      await storage.durability.whenCommitted(last);
      expect(storage.durability.dropped).toBe(4);
      storage.lastPresences.note(ROMEO, { stamp: 1, stanza: 'late' });
      storage.blocks.add(ROMEO, [JULIET]);
      storage.privateXml.put(ROMEO, { xmlns: 'x', name: 'y' }, 'late');
      storage.vcards.put(ROMEO, { xml: 'late', photoHash: '' });
      await storage.durability.whenCommitted(storage.durability.latest);
      expect(storage.durability.dropped).toBe(8);
      expect(await storage.users.find(ROMEO)).toBeNull();
      expect(await storage.users.retiredUntil(ROMEO)).toBe(5);
      expect(await contentsOf(storage, ROMEO)).toEqual(empty(0));
    });

    test('what only takes away has nothing to lose, and is not counted', async () => {
      storage.users.delete(ROMEO, 5);
      storage.rosters.remove(ROMEO, { contact: JULIET, version: 2 });
      storage.rosters.forget(ROMEO, NURSE);
      storage.offline.removeUpTo(ROMEO, 1);
      storage.blocks.remove(ROMEO, [JULIET]);
      const last = storage.users.delete(ROMEO, 6);
      await storage.durability.whenCommitted(last);
      expect(storage.durability.dropped).toBe(0);
      expect(await contentsOf(storage, ROMEO)).toEqual(empty(0));
    });

    test('a closed store refuses changes and has committed what came before', async () => {
      const ticket = storage.offline.append(ROMEO, { stamp: 1, stanza: 'last' });
      const waiting = storage.durability.whenCommitted(ticket);
      await Promise.all([storage.close(), storage.close()]);
      await waiting;
      expect(storage.durability.committed).toBe(ticket);
      const refused = expect.objectContaining({ code: 'failed' });
      const late = () => storage.offline.append(ROMEO, { stamp: 1, stanza: 'late' });
      expect(late).toThrow(refused);
      expect(() => storage.offline.expire('montague.example', 1)).toThrow(refused);
    });
  });
}
