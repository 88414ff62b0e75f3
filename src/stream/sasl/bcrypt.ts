/** 22 characters of salt and 31 of hash, in an alphabet of its own. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const MIN_COST = 4;

/** Above it one sign-in takes seconds of a thread; each step doubles the time. */
export const MAX_BCRYPT_COST = 15;

/** A hash that no password is known of: 22 characters of salt, 31 of hash. */
const NOBODYS = `${'abcdefghijklmnopqrstuu'}${'v'.repeat(31)}`;

/** The exponent of a bcrypt hash's rounds; null for what is none. */
export function bcryptCost(hash: string): number | null {
  const cost = Number(BCRYPT.exec(hash)?.[1] ?? 0);
  return cost >= MIN_COST ? cost : null;
}

/** A hash that takes as long to compare with as `hash`, and is nobody's. */
export function decoyOf(hash: string): string {
  return `$2b$${hash.slice(4, 6)}$${NOBODYS}`;
}

/**
 * The hash under the one prefix that the library takes for all: `$2y$` is what PHP
 * writes for the same, and `$2a$` differs for passwords over 255 bytes alone, which
 * only old libraries get wrong.
 */
export function canonicalBcrypt(hash: string): string {
  return `$2b$${hash.slice(4)}`;
}
