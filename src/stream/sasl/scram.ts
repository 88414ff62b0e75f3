import { randomBytes } from 'node:crypto';
import { type Maybe, then } from '../../lib/maybe.ts';
import type { Credentials, ScramHash, ScramKeys } from '../ports.ts';
import { checkAuthzid } from './authzid.ts';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from './mechanism.ts';
import { hmac, isProofValid, unknownUserKeys } from './scram-keys.ts';
import { parseClientFinal, parseClientFirst, type ScramClientFirst } from './scram-message.ts';
import { accountName } from './username.ts';

const NONCE_BYTES = 18;

/** SCRAM without channel binding (RFC 5802, RFC 7677), for one hash. */
export function scram(
  hash: ScramHash,
  makeNonce: () => string = () => randomBytes(NONCE_BYTES).toString('base64'),
): SaslMechanism {
  return {
    name: `SCRAM-${hash}`,
    isPlaintext: false,
    begin: (context) => new ScramExchange(hash, context, makeNonce()),
  };
}

/** What the first message has led to. */
interface Pending {
  readonly first: ScramClientFirst;
  readonly serverFirst: string;
  readonly nonce: string;
  readonly keys: ScramKeys;
  /** Null where no proof may pass: no account, a disabled one, none with this hash. */
  readonly username: string | null;
}

/**
 * For a name without account the exchange goes on with keys that no password
 * has, and fails where a wrong password fails. The same holds for an account
 * that has no keys for this hash: to say so would tell that it exists.
 */
class ScramExchange implements SaslExchange {
  readonly #hash: ScramHash;
  readonly #context: SaslContext;
  readonly #serverNonce: string;
  #pending: Pending | null = null;

  constructor(hash: ScramHash, context: SaslContext, serverNonce: string) {
    this.#hash = hash;
    this.#context = context;
    this.#serverNonce = serverNonce;
  }

  next(message: Buffer): Maybe<SaslOutcome> {
    return this.#pending ? this.#finish(this.#pending, message) : this.#begin(message);
  }

  #begin(message: Buffer): Maybe<SaslOutcome> {
    const first = parseClientFirst(message);
    const username = accountName(first.username);
    checkAuthzid(first.authzid, username, this.#context.domain);
    const found = username === null ? null : this.#context.credentials(username);
    return then(found, (credentials) => this.#challenge(first, credentials));
  }

  #challenge(first: ScramClientFirst, credentials: Credentials | null): SaslOutcome {
    const { saltSecret, scramIterations } = this.#context;
    const name = accountName(first.username) ?? first.username;
    const unknown = unknownUserKeys(this.#hash, name, saltSecret, scramIterations);
    const known = credentials?.scram.find((each) => each.hash === this.#hash);
    const keys = known ?? unknown;
    const nonce = first.nonce + this.#serverNonce;
    const serverFirst = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`;
    const username = known && credentials?.isDisabled === false ? credentials.username : null;
    this.#pending = { first, serverFirst, nonce, keys, username };
    return { kind: 'challenge', data: Buffer.from(serverFirst) };
  }

  #finish(pending: Pending, message: Buffer): SaslOutcome {
    const { first, serverFirst, nonce, keys, username } = pending;
    const final = parseClientFinal(message);
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const isValid = isProofValid(keys, authMessage, final.proof);
    const isBound = final.binding.equals(Buffer.from(first.gs2Header));
    if (!isValid || !isBound || final.nonce !== nonce || username === null) {
      throw new SaslError('not-authorized');
    }
    const signature = hmac(this.#hash, keys.serverKey, authMessage);
    const data = Buffer.from(`v=${signature.toString('base64')}`);
    return { kind: 'success', username, data };
  }
}
