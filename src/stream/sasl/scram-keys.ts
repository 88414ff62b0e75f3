import {
  createHmac,
  createSecretKey,
  type KeyObject,
  hash as oneShotHash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { OncePer } from '../../lib/once-per.ts';
import { prepareStoredPassword } from '../../xmpp/saslprep.ts';
import type { ScramHash, ScramKeys } from '../ports.ts';
import { HASH_LENGTHS, Hashing } from './hashing.ts';
import { DIGESTS } from './mechanism.ts';

/** All salts have one length, or it would tell unknown users from known ones. */
const SALT_LENGTH = 16;

const unbounded = new Hashing(2, Number.POSITIVE_INFINITY);

/**
 * What to store for a password (RFC 5802 §3), which is prepared here. Throws
 * where SASLprep forbids the password (RFC 4013).
 */
export async function deriveScramKeys(
  password: string,
  hash: ScramHash,
  iterations: number,
  salt: Buffer = randomBytes(SALT_LENGTH),
): Promise<ScramKeys> {
  const prepared = prepareStoredPassword(password);
  const salted = await unbounded.salt(hash, prepared, salt, iterations);
  return { hash, salt, iterations, ...keysOf(hash, salted) };
}

/** A host's secret is one and the same for all its sign-ins. */
const secretKeys = new OncePer<Buffer, KeyObject>();

/** Keys that no password has, for names without account: the same at each attempt. */
export function unknownUserKeys(
  hash: ScramHash,
  username: string,
  secret: Buffer,
  iterations: number,
): ScramKeys {
  const key = secretKeys.get(secret, '', () => createSecretKey(secret));
  const salt = hmac('SHA-256', key, `${hash}\0${username}`);
  const none = Buffer.alloc(HASH_LENGTHS[hash]);
  return {
    hash,
    salt: salt.subarray(0, SALT_LENGTH),
    iterations,
    storedKey: none,
    serverKey: none,
  };
}

/** StoredKey of RFC 5802 §3, which by itself tells whether a password is right. */
export function storedKeyOf(hash: ScramHash, saltedPassword: Buffer): Buffer {
  return digest(hash, hmac(hash, saltedPassword, 'Client Key'));
}

/** StoredKey and ServerKey of RFC 5802 §3. */
export function keysOf(
  hash: ScramHash,
  saltedPassword: Buffer,
): { storedKey: Buffer; serverKey: Buffer } {
  return {
    storedKey: storedKeyOf(hash, saltedPassword),
    serverKey: hmac(hash, saltedPassword, 'Server Key'),
  };
}

/** Whether `proof` shows knowledge of the password behind `keys` (RFC 5802 §3). */
export function isProofValid(keys: ScramKeys, authMessage: string, proof: Buffer): boolean {
  const clientKey = hmac(keys.hash, keys.storedKey, authMessage);
  if (proof.length !== clientKey.length) return false;
  for (let index = 0; index < proof.length; index++) clientKey[index]! ^= proof[index]!;
  return timingSafeEqual(digest(keys.hash, clientKey), keys.storedKey);
}

export function hmac(hash: ScramHash, key: Buffer | KeyObject, message: string): Buffer {
  // Node.js asks a buffer whether it is a key object, which costs it a throw: 20 us.
  const secret = Buffer.isBuffer(key) ? createSecretKey(key) : key;
  return createHmac(DIGESTS[hash], secret).update(message).digest();
}

function digest(hash: ScramHash, data: Buffer): Buffer {
  return oneShotHash(DIGESTS[hash], data, 'buffer');
}
