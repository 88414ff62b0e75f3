import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage, WholeAccount } from '../../src/storage/ports.ts';
import {
  card,
  contentsOf,
  FULL,
  fill,
  item,
  JULIET,
  keys,
  NURSE,
  notes,
  picture,
  ROMEO,
  user,
} from './records.ts';
import type { CurrentStorage } from './storage.ts';

const WHOLE: WholeAccount = {
  user: user(JULIET, { nickname: 'Somebody', created: 1 }),
  keys: [keys('SHA-256')],
  avatar: picture,
  roster: [item(NURSE, { version: 2 })],
  offline: [
    { stamp: 1, stanza: '<message>1</message>' },
    { stamp: 2, stanza: '<message>2</message>' },
  ],
  blocked: ['tybalt@capulet.example'],
  privateXml: [{ name: notes, xml: '<storage/>' }],
  vcard: card,
};

export function wholeAccountsContract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(() => {
    storage = current();
  });

  describe('whole accounts', () => {
    test('are created with all that belongs to them', async () => {
      storage.users.delete(JULIET, 5);
      expect(await storage.accounts.create(WHOLE)).toBe(true);
      expect(await storage.users.find(JULIET)).toEqual(WHOLE.user);
      const { mail, roster, presence, ...rest } = await contentsOf(storage, JULIET);
      expect(mail.stanzas).toEqual(['<message>1</message>', '<message>2</message>']);
      expect(roster.items).toEqual(WHOLE.roster);
      expect(rest).toEqual({ ...FULL, mail: undefined, roster: undefined, presence: undefined });
      expect(presence).toBeNull();
    });

    test('come back as they were created', async () => {
      await storage.accounts.create(WHOLE);
      expect(await storage.accounts.load(JULIET)).toEqual(WHOLE);
      expect(await storage.accounts.load('nobody@capulet.example')).toBeNull();
    });

    test('leave one that exists as it is', async () => {
      fill(storage, ROMEO);
      const before = await storage.accounts.load(ROMEO);
      const again = { ...WHOLE, user: user(ROMEO, { nickname: 'Other' }) };
      expect(await storage.accounts.create(again)).toBe(false);
      expect(await storage.accounts.load(ROMEO)).toEqual(before);
      expect(storage.durability.dropped).toBe(0);
    });
  });
}
