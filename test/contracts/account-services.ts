import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { card, JULIET, LARGE_TEXT, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

/** What the account's own services keep. */
export function accountServicesContract(current: CurrentStorage): void {
  describe('services of the account', () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = current();
      await storage.users.create(user(JULIET), []);
    });

    describe('last presences', () => {
      test('come back as they were put, and a later one replaces the earlier', async () => {
        const first = {
          stamp: 1.7e12,
          stanza: '<presence><status>À bientôt 🌹</status></presence>',
        };
        const second = { stamp: 2, stanza: LARGE_TEXT };
        storage.lastPresences.note(ROMEO, first);
        expect(await storage.lastPresences.find(ROMEO)).toEqual(first);
        storage.lastPresences.note(ROMEO, second);
        expect(await storage.lastPresences.find(ROMEO)).toEqual(second);
        expect(await storage.lastPresences.find(JULIET)).toBeNull();
      });
    });

    describe('sessions', () => {
      test('are taken away once, of one domain, and go with their account', async () => {
        const states = ['{"one":1}', LARGE_TEXT].map((state) => ({ owner: ROMEO, state }));
        for (const state of states) storage.sessions.put(state);
        storage.sessions.put({ owner: 'nobody@example.com', state: '{}' });
        expect(await storage.sessions.takeAll('other.example')).toEqual([]);
        const domain = ROMEO.slice(ROMEO.indexOf('@') + 1);
        expect(await storage.sessions.takeAll(domain)).toEqual(states);
        expect(await storage.sessions.takeAll(domain)).toEqual([]);
      });
    });

    describe('notes of what is handled', () => {
      test('the newest of each session counts, until it is ten minutes older than the last', async () => {
        const note = (id: string, handled: number) => ({ owner: ROMEO, id, handled });
        const { sessions } = storage;
        sessions.noteHandled('a.example', [note('1', 5), note('2', 1)], 1e6);
        sessions.noteHandled('a.example', [note('2', 7)], 1e6 + 300_000);
        sessions.noteHandled('b.example', [note('3', 9)], 1e6 + 300_000);
        expect(await sessions.handled('a.example')).toEqual([note('1', 5), note('2', 7)]);
        sessions.expireHandled();
        expect(await sessions.handled('a.example')).toEqual([note('1', 5), note('2', 7)]);
        sessions.noteHandled('b.example', [note('3', 10)], 1e6 + 700_000);
        sessions.expireHandled();
        // In one go with the next change.
        sessions.noteHandled('a.example', [], 1e6 + 700_000);
        expect(await sessions.handled('a.example')).toEqual([note('2', 7)]);
        expect(await sessions.handled('b.example')).toEqual([note('3', 10)]);
      });
    });

    describe('blocked addresses', () => {
      const blocked = (owner = ROMEO) => storage.blocks.load(owner);

      test('are loaded in alphabetical order, each once', async () => {
        storage.blocks.add(ROMEO, ['x.example', JULIET, 'a@x.example/Bücher 🌹']);
        storage.blocks.add(ROMEO, [JULIET, 'a@x.example']);
        const sorted = ['a@x.example', 'a@x.example/Bücher 🌹', JULIET, 'x.example'];
        expect(await blocked()).toEqual(sorted);
        expect(await blocked(JULIET)).toEqual([]);
        expect(storage.durability.dropped).toBe(0);
      });

      test('are removed one by one, and nobody else is', async () => {
        for (const owner of [ROMEO, JULIET]) storage.blocks.add(owner, ['a', 'b', 'c', 'd']);
        storage.blocks.remove(ROMEO, ['c', 'a', 'a', 'nobody']);
        expect(await blocked()).toEqual(['b', 'd']);
        expect(await blocked(JULIET)).toEqual(['a', 'b', 'c', 'd']);
        storage.blocks.remove(ROMEO, await blocked());
        expect(await blocked()).toEqual([]);
      });

      test('are told apart by case and by resource, as prepared addresses are', async () => {
        const addresses = ['a@x.example', 'a@x.example/One', 'a@x.example/one', 'x.example'];
        storage.blocks.add(ROMEO, addresses);
        expect(await blocked()).toEqual(addresses);
        storage.blocks.remove(ROMEO, ['a@x.example/one']);
        expect(await blocked()).toEqual(['a@x.example', 'a@x.example/One', 'x.example']);
      });

      test('of an empty list are none, which is no change too late', async () => {
        storage.blocks.add(ROMEO, []);
        storage.blocks.remove(ROMEO, []);
        expect(await blocked()).toEqual([]);
        expect(storage.durability.dropped).toBe(0);
      });

      test('may be many and long', async () => {
        const long = (n: number) => `${String(n).padStart(4, '0')}@x.example/${'ä'.repeat(511)}`;
        const many = Array.from({ length: 1000 }, (_, n) => long(n));
        storage.blocks.add(ROMEO, many.toReversed());
        expect(await blocked()).toEqual(many);
      });
    });

    describe('private XML', () => {
      const at = (xmlns: string, name: string) => ({ xmlns, name });
      const prefs = at('exodus:prefs', 'exodus');

      test('comes back by namespace and name of the element [XEP-0049 2]', async () => {
        const places = [prefs, at('exodus:prefs', 'Exodus'), at('exodus:prefs:', 'exodus')];
        for (const [n, place] of places.entries()) {
          storage.privateXml.put(ROMEO, place, `<exodus n='${n}'>Größe 🌹</exodus>`);
        }
        for (const [n, place] of places.entries()) {
          const xml = `<exodus n='${n}'>Größe 🌹</exodus>`;
          expect(await storage.privateXml.find(ROMEO, place)).toBe(xml);
        }
        expect(await storage.privateXml.find(ROMEO, at('exodus', 'prefs'))).toBeNull();
        expect(await storage.privateXml.find(JULIET, prefs)).toBeNull();
      });

      test('is replaced by what is put there later, however large', async () => {
        storage.privateXml.put(ROMEO, prefs, '<exodus/>');
        storage.privateXml.put(ROMEO, prefs, LARGE_TEXT);
        expect(await storage.privateXml.find(ROMEO, prefs)).toBe(LARGE_TEXT);
        storage.privateXml.put(ROMEO, prefs, '');
        expect(await storage.privateXml.find(ROMEO, prefs)).toBe('');
      });

      test('is counted in elements and in bytes of UTF-8, but for the one named', async () => {
        const usage = (name: string) => storage.privateXml.usageBeside(ROMEO, at('x', name));
        storage.privateXml.put(ROMEO, at('x', 'a'), 'ä🌹');
        storage.privateXml.put(ROMEO, at('x', 'b'), LARGE_TEXT);
        storage.privateXml.put(ROMEO, at('y', 'a'), '123');
        storage.privateXml.put(JULIET, at('x', 'c'), 'of somebody else');
        const large = Buffer.byteLength(LARGE_TEXT);
        expect(await usage('a')).toEqual({ elements: 2, bytes: large + 3 });
        expect(await usage('b')).toEqual({ elements: 2, bytes: 6 + 3 });
        expect(await usage('none')).toEqual({ elements: 3, bytes: 6 + large + 3 });
        storage.privateXml.put(ROMEO, at('x', 'b'), '');
        expect(await usage('none')).toEqual({ elements: 3, bytes: 6 + 3 });
      });
    });

    describe('visiting cards', () => {
      test('come back as they were put, and a later one replaces the earlier', async () => {
        const other = { xml: `<vCard>${LARGE_TEXT}</vCard>`, photoHash: '' };
        storage.vcards.put(ROMEO, card);
        expect(await storage.vcards.find(ROMEO)).toEqual(card);
        expect(await storage.vcards.photoHash(ROMEO)).toBe(card.photoHash);
        storage.vcards.put(ROMEO, other);
        expect(await storage.vcards.find(ROMEO)).toEqual(other);
        // No picture is something else than no card: XEP-0153 §2.1.
        expect(await storage.vcards.photoHash(ROMEO)).toBe('');
        expect(await storage.vcards.find(JULIET)).toBeNull();
        expect(await storage.vcards.photoHash(JULIET)).toBeNull();
      });

      test('leave the nickname and the picture of the account alone', async () => {
        storage.users.update(ROMEO, { nickname: 'Romeo' });
        storage.vcards.put(ROMEO, card);
        expect(await storage.users.find(ROMEO)).toMatchObject({ nickname: 'Romeo' });
        expect(await storage.users.avatar(ROMEO)).toBeNull();
      });
    });
  });
}
