import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/lib/log.ts';
import { Accounts } from '../../src/server/accounts.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';

async function storeWith(owner: string): Promise<Storage> {
  const storage = await openStorage({ memory: true, log: silentLog });
  const nobody = {
    nickname: null,
    isDisabled: false,
    created: 0,
    lastLogin: null,
    imported: null,
    source: null,
  };
  await storage.users.create({ owner, ...nobody }, []);
  return storage;
}

describe('accounts in memory', () => {
  test('are loaded once, whoever asks at the same time', async () => {
    const storage = await storeWith('juliet@localhost');
    const accounts = new Accounts('localhost', storage.users);
    const [one, other] = await Promise.all([accounts.find('juliet'), accounts.find('juliet')]);
    expect(one).not.toBeNull();
    expect(other).toBe(one);
    await storage.close();
  });

  test('do not exist for names that the store does not know', async () => {
    const storage = await storeWith('juliet@localhost');
    const accounts = new Accounts('localhost', storage.users);
    expect(await accounts.find('romeo')).toBeNull();
    await storage.close();
  });

  test('are forgotten on request, and read anew', async () => {
    const storage = await storeWith('juliet@localhost');
    const accounts = new Accounts('localhost', storage.users);
    const account = (await accounts.find('juliet'))!;
    accounts.hold(account);
    accounts.forget('juliet');
    accounts.release(account);
    expect(accounts.peek('juliet')).toBeNull();
    await storage.close();
  });

  test('stay while they are held, and for a while after', async () => {
    const storage = await storeWith('juliet@localhost');
    const accounts = new Accounts('localhost', storage.users);
    const account = (await accounts.find('juliet'))!;
    accounts.hold(account);
    accounts.hold(account);
    accounts.release(account);
    expect(accounts.peek('juliet')).toBe(account);
    accounts.release(account);
    expect(accounts.peek('juliet')).toBe(account);
    await storage.close();
  });
});
