import { createHmac } from 'node:crypto';
import type { Access } from './settings.ts';

/** What a client signs in with at a service. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Milliseconds since 1970; null where they last. */
  readonly expires: number | null;
}

/** How often in a lifetime credentials become others. */
const STEPS = 4;
/** Characters of what stands for an account in a username: 128 bits. */
const ALIAS_LENGTH = 22;

/**
 * The credentials for one account at the time `now` (milliseconds since 1970). Those of a
 * shared secret are as coturn expects them with `use-auth-secret`: the username is when
 * they expire and, behind a colon, what `aliasOf` makes of that; the password is the
 * HMAC-SHA1 of the username. They stay the same for a quarter of their lifetime, so that
 * asking often gives nobody more of them.
 */
export function makeCredentials(
  access: Access,
  now: number,
  aliasOf: (expires: number) => string,
): Credentials {
  if (access.kind === 'fixed') {
    const { username, password } = access;
    return { username, password, expires: null };
  }
  const expires = expiryOf(access.lifetime, now);
  return credentialsUntil(expires, access.secret, aliasOf(expires));
}

/** Those that a secret makes for `alias`; `expires` is whole seconds, in milliseconds since 1970. */
export function credentialsUntil(expires: number, secret: string, alias: string): Credentials {
  const username = `${expires / 1_000}:${alias}`;
  const password = createHmac('sha1', secret).update(username).digest('base64');
  return { username, password, expires };
}

/**
 * What stands for an account in usernames that expire then: who runs the TURN server
 * learns no address, and cannot tell that the next one is of the same account.
 */
export function aliasOf(key: Buffer, owner: string, expires: number): string {
  const digest = createHmac('sha256', key).update(`${expires} ${owner}`).digest('base64url');
  return digest.slice(0, ALIAS_LENGTH);
}

/** Whole seconds, from three quarters of the lifetime to all of it away. */
function expiryOf(lifetime: number, now: number): number {
  const step = Math.floor(lifetime / STEPS / 1_000) * 1_000;
  return Math.floor((now + lifetime) / step) * step;
}
