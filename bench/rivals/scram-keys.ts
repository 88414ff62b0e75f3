import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The same for all servers. */
export const ITERATIONS = 4_096;

export interface DerivedKeys {
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** RFC 5802 §3; `hash` is named as in the mechanism: `SHA-1`. */
export function deriveKeys(password: string, salt: Buffer, hash: string): DerivedKeys {
  const digest = hash.replace('-', '').toLowerCase();
  const length = createHash(digest).digest().length;
  const salted = pbkdf2Sync(password, salt, ITERATIONS, length, digest);
  const keyed = (text: string) => createHmac(digest, salted).update(text).digest();
  const storedKey = createHash(digest).update(keyed('Client Key')).digest();
  return { storedKey, serverKey: keyed('Server Key') };
}
