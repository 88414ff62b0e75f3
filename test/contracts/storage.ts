import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Storage } from '../../src/storage/ports.ts';
import { accountServicesContract } from './account-services.ts';
import { archiveContract } from './archive.ts';
import { blobsContract } from './blobs.ts';
import { durabilityContract } from './durability.ts';
import { offlineContract } from './offline.ts';
import { pushContract } from './push.ts';
import { keys, ROMEO, user } from './records.ts';
import { rostersContract } from './rosters.ts';
import { searchContract } from './search.ts';
import { tokensContract } from './tokens.ts';
import { uploadsContract } from './uploads.ts';
import { usersContract } from './users.ts';
import { wholeAccountsContract } from './whole-accounts.ts';

/** The store of the running test: a new one, with an account for Romeo created at 1. */
export type CurrentStorage = () => Storage;

/** What every implementation of the storage ports does. */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  describe(`storage contract: ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
      await storage.users.create(user(ROMEO), [keys('SHA-256')]);
    });
    afterEach(() => storage.close());

    const current = () => storage;
    usersContract(current);
    tokensContract(current);
    wholeAccountsContract(current);
    rostersContract(current);
    offlineContract(current);
    accountServicesContract(current);
    archiveContract(current);
    searchContract(current);
    pushContract(current);
    uploadsContract(current);
    blobsContract(current);
    durabilityContract(current);

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
