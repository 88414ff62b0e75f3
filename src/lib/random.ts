import { randomFillSync } from 'node:crypto';

/** Bytes that are asked of the system at once: each call costs 5 us, whatever it fills. */
const POOL = 4096;

const pool = Buffer.alloc(POOL);
let used = POOL;

/** `size` random bytes for what nobody may guess, in base64url; `size` is at most 4096. */
export function randomText(size: number): string {
  if (used + size > POOL) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('base64url', used, used + size);
  // Given out once, and not to be found in memory afterwards.
  pool.fill(0, used, used + size);
  used += size;
  return text;
}
