import type { StoredScramKeys } from '../storage/ports.ts';
import type { ScramHash } from '../stream/ports.ts';
import { deriveScramKeys } from '../stream/sasl/scram-keys.ts';

/** All that there are keys of, once the server has seen the password. */
export const HASHES: readonly ScramHash[] = ['SHA-1', 'SHA-256', 'SHA-512'];

/**
 * What to store for a password: keys of every SCRAM mechanism, so that the
 * operator may change the mechanisms offered later. Rejects with `SaslprepError`
 * where the password cannot be one (RFC 4013).
 */
export function deriveAccountKeys(
  password: string,
  iterations: number,
): Promise<readonly StoredScramKeys[]> {
  return Promise.all(HASHES.map((hash) => deriveScramKeys(password, hash, iterations)));
}
