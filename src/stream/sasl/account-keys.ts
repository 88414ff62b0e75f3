import type { ScramHash, ScramKeys } from '../ports.ts';
import { deriveScramKeys } from './scram-keys.ts';

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
): Promise<readonly ScramKeys[]> {
  return Promise.all(HASHES.map((hash) => deriveScramKeys(password, hash, iterations)));
}
