/**
 * Creates the accounts of a benchmark in an empty data directory, thousands in a second: they
 * share one salt, so the keys are derived once. `bin/epode user add` derives them for each.
 *
 *     node epode-accounts.ts DIRECTORY '{"count": 2, "prefix": "bench", …}'
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { silentLog } from '../../src/lib/log.ts';
import type { StoredScramKeys, UserRecord } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { putContacts } from './epode-rosters.ts';
import { type Accounts, accountNames } from './server.ts';

const ITERATIONS = 4_096;

/** RFC 5802 §3. */
function deriveKeys(password: string, hash: StoredScramKeys['hash']): StoredScramKeys {
  const digest = hash.replace('-', '').toLowerCase();
  const salt = randomBytes(16);
  const length = createHash(digest).digest().length;
  const salted = pbkdf2Sync(password, salt, ITERATIONS, length, digest);
  const keyed = (text: string) => createHmac(digest, salted).update(text).digest();
  const storedKey = createHash(digest).update(keyed('Client Key')).digest();
  return { hash, salt, iterations: ITERATIONS, storedKey, serverKey: keyed('Server Key') };
}

const [directory, description] = process.argv.slice(2) as [string, string];
const accounts: Accounts = JSON.parse(description);
const keys = (['SHA-1', 'SHA-256', 'SHA-512'] as const).map((hash) =>
  deriveKeys(accounts.password, hash),
);
const blank: Omit<UserRecord, 'owner'> = {
  nickname: null,
  isDisabled: false,
  created: Date.now(),
  lastLogin: null,
  imported: null,
  source: null,
};
const owners = accountNames(accounts).map((name) => `${name}@${accounts.domain}`);
const storage = await openStorage({ directory, log: silentLog, mode: 'thread' });
await Promise.all(owners.map((owner) => storage.users.create({ ...blank, owner }, keys)));
if (accounts.areContacts) {
  for (const owner of owners) {
    const others = owners.filter((other) => other !== owner);
    await putContacts(storage, owner, others);
  }
}
await storage.close();
