/**
 * Creates the accounts of a benchmark in an empty data directory, thousands in a second: they
 * share one salt, so the keys are derived once. `bin/epode user add` derives them for each.
 *
 *     node epode-accounts.ts DIRECTORY '{"count": 2, "prefix": "bench", …}'
 */
import { randomBytes } from 'node:crypto';
import { silentLog } from '../../src/lib/log.ts';
import type { UserRecord } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { putContacts } from './epode-rosters.ts';
import { deriveKeys, ITERATIONS } from './scram-keys.ts';
import { type Accounts, accountNames, circles } from './server.ts';

const [directory, description] = process.argv.slice(2) as [string, string];
const accounts: Accounts = JSON.parse(description);
const keys = (['SHA-1', 'SHA-256', 'SHA-512'] as const).map((hash) => {
  const salt = randomBytes(16);
  return { hash, salt, iterations: ITERATIONS, ...deriveKeys(accounts.password, salt, hash) };
});
const blank: Omit<UserRecord, 'owner'> = {
  nickname: null,
  isDisabled: false,
  created: Date.now(),
  lastLogin: null,
  imported: null,
  source: null,
};
const ownerOf = (name: string) => `${name}@${accounts.domain}`;
const owners = accountNames(accounts).map(ownerOf);
const storage = await openStorage({ directory, log: silentLog, mode: 'thread' });
await Promise.all(owners.map((owner) => storage.users.create({ ...blank, owner }, keys)));
if (accounts.areContacts) {
  for (const circle of circles(accounts)) {
    const members = circle.map(ownerOf);
    for (const owner of members) {
      const others = members.filter((other) => other !== owner);
      await putContacts(storage, owner, others);
    }
  }
}
await storage.close();
