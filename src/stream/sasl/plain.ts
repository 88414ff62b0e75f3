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
import { keysOf, unknownUserKeys } from './scram-keys.ts';
import { accountName } from './username.ts';

/** The keys that passwords are compared with, cheapest to derive first. */
const PREFERRED: readonly ScramHash[] = ['SHA-256', 'SHA-1', 'SHA-512'];

/** PLAIN (RFC 4616): one message with the password itself. */
export const plain: SaslMechanism = {
  name: 'PLAIN',
  isPlaintext: true,
  isBound: false,
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
    const credentials = username === null ? null : await this.#context.credentials(username);
    const isRight = await this.#isPassword(password, authcid, credentials);
    if (!isRight || !credentials || credentials.isDisabled) throw new SaslError('not-authorized');
    return { kind: 'success', username: credentials.username, data: Buffer.alloc(0) };
  }

  /** Takes as long for a name without account as for a wrong password. */
  async #isPassword(
    password: string,
    authcid: string,
    credentials: Credentials | null,
  ): Promise<boolean> {
    const { hashing, saltSecret, scramIterations } = this.#context;
    const keys =
      preferredKeys(credentials) ??
      unknownUserKeys(PREFERRED[0]!, authcid, saltSecret, scramIterations);
    const { hash, salt, iterations, storedKey } = keys;
    try {
      const salted = await hashing.salt(hash, prepare(password), salt, iterations);
      return timingSafeEqual(keysOf(hash, salted).storedKey, storedKey);
    } catch (error) {
      if (error instanceof HashingBusyError) throw new SaslError('temporary-auth-failure');
      throw error;
    }
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

/** A password that SASLprep forbids is nobody's. */
function prepare(password: string): string {
  try {
    return prepareQueryPassword(password);
  } catch {
    throw new SaslError('not-authorized');
  }
}
