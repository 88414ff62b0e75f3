import { isUtf8 } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { prepareQueryPassword } from '../../xmpp/saslprep.ts';
import type { Credentials, ScramHash, ScramKeys } from '../ports.ts';
import { checkAuthzid } from './authzid.ts';
import { HashingBusyError } from './hashing.ts';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from './mechanism.ts';
import { storedKeyOf, unknownUserKeys } from './scram-keys.ts';
import { accountName } from './username.ts';

/** The keys that passwords are compared with, cheapest to derive first. */
const PREFERRED: readonly ScramHash[] = ['SHA-256', 'SHA-1', 'SHA-512'];

/** PLAIN (RFC 4616): one message with the password itself. */
export const plain: SaslMechanism = {
  name: 'PLAIN',
  isPlaintext: true,
  isBound: false,
  provesPassword: true,
  begin: (context) => new PlainExchange(context),
};

class PlainExchange implements SaslExchange {
  readonly #context: SaslContext;

  constructor(context: SaslContext) {
    this.#context = context;
  }

  async next(message: Buffer): Promise<SaslOutcome> {
    const { authzid, authcid, password } = parseMessage(message);
    const username = accountName(authcid);
    checkAuthzid(authzid, username, this.#context.domain);
    if (this.#context.verify) return await this.#askHost(username, password);
    const credentials = username === null ? null : await this.#context.credentials(username);
    const isRight = await this.#isPassword(password, authcid, credentials);
    if (!isRight || !credentials || credentials.isDisabled) throw new SaslError('not-authorized');
    await credentials.imported?.upgrade(password);
    return { kind: 'success', username: credentials.username, data: Buffer.alloc(0) };
  }

  /** Whoever keeps the accounts knows. */
  async #askHost(username: string | null, password: string): Promise<SaslOutcome> {
    const isRight = username !== null && (await this.#context.verify!(username, password));
    if (!isRight) throw new SaslError('not-authorized');
    return { kind: 'success', username, data: Buffer.alloc(0) };
  }

  /** Takes as long for a name without account as for a wrong password. */
  async #isPassword(
    password: string,
    authcid: string,
    credentials: Credentials | null,
  ): Promise<boolean> {
    try {
      const isByKeys = await this.#matchesKeys(password, authcid, credentials);
      // Who signs in shows that the account is there; all others take the same time.
      if (isByKeys && !credentials?.isDisabled) return true;
      const isByHash = await this.#matchesBcrypt(password, credentials);
      return isByKeys || isByHash;
    } catch (error) {
      if (error instanceof HashingBusyError) throw new SaslError('temporary-auth-failure');
      throw error;
    }
  }

  async #matchesKeys(
    password: string,
    authcid: string,
    credentials: Credentials | null,
  ): Promise<boolean> {
    const { hashing, saltSecret, scramIterations } = this.#context;
    const prepared = prepare(password);
    if (prepared === null) return false;
    const { hash, salt, iterations, storedKey } =
      preferredKeys(credentials) ??
      unknownUserKeys(PREFERRED[0]!, authcid, saltSecret, scramIterations);
    const salted = await hashing.salt(hash, prepared, salt, iterations);
    return timingSafeEqual(storedKeyOf(hash, salted), storedKey);
  }

  /** The site that the hash is from knew nothing of SASLprep: the password counts as typed. */
  async #matchesBcrypt(password: string, credentials: Credentials | null): Promise<boolean> {
    const { hashing, decoyBcrypt = null } = this.#context;
    const own = credentials?.imported?.bcrypt ?? null;
    const compared = own ?? decoyBcrypt;
    if (compared === null) return false;
    const isRight = await hashing.matchesBcrypt(password, compared);
    return isRight && own !== null;
  }
}

function preferredKeys(credentials: Credentials | null): ScramKeys | undefined {
  if (!credentials) return undefined;
  const byHash = new Map(credentials.scram.map((keys) => [keys.hash, keys]));
  const hash = PREFERRED.find((each) => byHash.has(each));
  return hash && byHash.get(hash);
}

/** `[authzid] NUL authcid NUL passwd`, the latter two not empty (RFC 4616 §2). */
function parseMessage(message: Buffer): { authzid: string; authcid: string; password: string } {
  if (!isUtf8(message)) throw new SaslError('malformed-request');
  const parts = message.toString().split('\0');
  const [authzid = '', authcid = '', password = ''] = parts;
  if (parts.length !== 3 || authcid === '' || password === '') {
    throw new SaslError('malformed-request');
  }
  return { authzid, authcid, password };
}

/** Null for one that SASLprep forbids, which then is nobody's. */
function prepare(password: string): string | null {
  try {
    return prepareQueryPassword(password);
  } catch {
    return null;
  }
}
