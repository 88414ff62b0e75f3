import type { Storage, StoredScramKeys } from '../../src/storage/ports.ts';
import { deriveScramKeys } from '../../src/stream/sasl/scram-keys.ts';

/** Few, because every sign-in of every conversation pays for them. */
const ITERATIONS = 2;

const derived = new Map<string, Promise<StoredScramKeys>>();

/** Puts an account straight into the store. */
export async function storeAccount(
  storage: Storage,
  owner: string,
  password: string,
): Promise<void> {
  const keys = derived.get(password) ?? deriveScramKeys(password, 'SHA-1', ITERATIONS);
  derived.set(password, keys);
  const facts = {
    nickname: null,
    isDisabled: false,
    created: 0,
    lastLogin: null,
    imported: null,
    source: null,
  };
  await storage.users.create({ owner, ...facts }, [await keys]);
}
