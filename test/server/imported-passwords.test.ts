import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/lib/log.ts';
import { ImportedPasswords } from '../../src/server/imported-passwords.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { user } from '../contracts/records.ts';

const ALL = ['SCRAM-SHA-512', 'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'];
const BCRYPT = `$2y$10$${'a'.repeat(53)}`;

let storage: Storage;
beforeEach(async () => {
  storage = await openStorage({ memory: true, log: silentLog });
});
afterEach(() => storage.close());

async function having(imported: readonly (string | null)[], isHeeded = true) {
  for (const [index, each] of imported.entries()) {
    await storage.users.create(user(`user${index}@a.example`, { imported: each }), []);
  }
  const passwords = new ImportedPasswords('a.example', storage.users, isHeeded);
  await passwords.look();
  return passwords;
}

describe('what is offered', () => {
  test.each([
    ['all where nobody was imported', [null], ALL],
    ['PLAIN alone with a bcrypt hash', [null, BCRYPT, 'SHA-1'], ['PLAIN']],
    ['no SCRAM that some have no keys for', ['SHA-1'], ['SCRAM-SHA-1', 'PLAIN']],
    [
      'with its form for channel binding',
      ['SHA-256'],
      ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN'],
    ],
    ['what is left of several', ['SHA-1 SHA-256', 'SHA-256', 'SHA-1'], ['PLAIN']],
  ])('%s', async (_, imported, offered) => {
    expect((await having(imported)).suitable(ALL)).toEqual(offered);
  });

  test('all the same where nothing would be left, or the operator wants it', async () => {
    const scram = ['SCRAM-SHA-512', 'SCRAM-SHA-256'];
    const passwords = await having([BCRYPT, 'SHA-1']);
    expect(passwords.suitable(scram)).toEqual(scram);
    expect((await having([], false)).suitable(ALL)).toEqual(ALL);
  });
});

test('what some lack can be had, but for those who have a hash alone', async () => {
  const passwords = await having([null, BCRYPT, 'SHA-1', 'SHA-1 SHA-256']);
  expect(passwords.upgrades(ALL)).toEqual(['SHA-256', 'SHA-512']);
  expect(passwords.upgrades(['SCRAM-SHA-1', 'SCRAM-SHA-512', 'PLAIN'])).toEqual(['SHA-512']);
  expect(new ImportedPasswords('b.example', storage.users, true).upgrades(ALL)).toEqual([]);
});

test('a decoy is there while there are hashes', async () => {
  const passwords = await having([BCRYPT]);
  expect(passwords.isAny).toBe(true);
  expect(passwords.decoy).toMatch(/^\$2b\$10\$/);
  storage.users.setKeys('user0@a.example', []);
  await passwords.look();
  expect(passwords.isAny).toBe(false);
  expect(passwords.decoy).toBeNull();
});
