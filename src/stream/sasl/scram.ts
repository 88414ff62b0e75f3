import { type Maybe, then } from '../../lib/maybe.ts';
import { randomText } from '../../lib/random.ts';
import type { Credentials, ScramHash, ScramKeys } from '../ports.ts';
import { checkAuthzid } from './authzid.ts';
import { offerHash } from './downgrade.ts';
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
export function scram(hash: ScramHash, makeNonce: () => string = freshNonce): SaslMechanism {
  return {
    name: `SCRAM-${hash}`,
    isPlaintext: false,
    isBound: false,
    provesPassword: true,
    begin: (context) => new ScramExchange(hash, context, makeNonce(), bindNothing),
  };
}

/** SCRAM that is worth nothing on another connection than this (RFC 5802 §6). */
export function scramPlus(hash: ScramHash, makeNonce: () => string = freshNonce): SaslMechanism {
  return {
    name: `SCRAM-${hash}-PLUS`,
    isPlaintext: false,
    isBound: true,
    provesPassword: true,
    begin: (context) => new ScramExchange(hash, context, makeNonce(), bindToChannel),
  };
}

function freshNonce(): string {
  return randomText(NONCE_BYTES);
}

/** The data that the client's final message has to bind to. Throws `SaslError`. */
type Binding = (first: ScramClientFirst, context: SaslContext) => Buffer;

function bindNothing({ bindingFlag }: ScramClientFirst, { channelBindings }: SaslContext): Buffer {
  if (bindingFlag === 'p') throw new SaslError('malformed-request', { isAttempt: false });
  // Somebody has taken the -PLUS mechanisms out of what the client saw (RFC 5802 §6).
  if (bindingFlag === 'y' && channelBindings) throw new SaslError('not-authorized');
  return Buffer.alloc(0);
}

/** Clients find out by trying which types there are, and that is no guess at a password (ADR 5). */
function bindToChannel(first: ScramClientFirst, { channelBindings }: SaslContext): Buffer {
  const data = first.bindingFlag === 'p' ? channelBindings?.data(first.bindingType) : null;
  if (!data) throw new SaslError('malformed-request', { isAttempt: false });
  return data;
}

/** What the first message has led to. */
interface Pending {
  readonly first: ScramClientFirst;
  /** What the final message has to repeat: the GS2 header and the data bound to. */
  readonly binding: Buffer;
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
  readonly #bindingOf: Binding;
  #pending: Pending | null = null;

  constructor(hash: ScramHash, context: SaslContext, serverNonce: string, bindingOf: Binding) {
    this.#hash = hash;
    this.#bindingOf = bindingOf;
    this.#context = context;
    this.#serverNonce = serverNonce;
  }

  next(message: Buffer): Maybe<SaslOutcome> {
    return this.#pending ? this.#finish(this.#pending, message) : this.#begin(message);
  }

  #begin(message: Buffer): Maybe<SaslOutcome> {
    const first = parseClientFirst(message);
    const data = this.#bindingOf(first, this.#context);
    const binding = Buffer.concat([Buffer.from(first.gs2Header), data]);
    const username = accountName(first.username);
    checkAuthzid(first.authzid, username, this.#context.domain);
    const found = username === null ? null : this.#context.credentials(username, this.#hash);
    return then(found, (credentials) => this.#challenge(first, binding, credentials));
  }

  #challenge(
    first: ScramClientFirst,
    binding: Buffer,
    credentials: Credentials | null,
  ): SaslOutcome {
    const { offer } = this.#context;
    const known = credentials?.scram.find((each) => each.hash === this.#hash);
    // To make a decoy takes about as long as the look-up of keys that a name without account spares.
    const keys = known ?? this.#decoy(first.username);
    const nonce = first.nonce + this.#serverNonce;
    const proof = offer ? `,h=${offerHash(this.#hash, offer)}` : '';
    const serverFirst = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}${proof}`;
    const username = known && credentials?.isDisabled === false ? credentials.username : null;
    this.#pending = { first, binding, serverFirst, nonce, keys, username };
    return { kind: 'challenge', data: Buffer.from(serverFirst) };
  }

  #decoy(username: string): ScramKeys {
    const { saltSecret, scramIterations } = this.#context;
    const name = accountName(username) ?? username;
    return unknownUserKeys(this.#hash, name, saltSecret, scramIterations);
  }

  #finish(pending: Pending, message: Buffer): SaslOutcome {
    const { first, binding, serverFirst, nonce, keys, username } = pending;
    const final = parseClientFinal(message);
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const isValid = isProofValid(keys, authMessage, final.proof);
    const isBound = final.binding.equals(binding);
    if (!isValid || !isBound || final.nonce !== nonce || username === null) {
      throw new SaslError('not-authorized');
    }
    const signature = hmac(this.#hash, keys.serverKey, authMessage);
    const data = Buffer.from(`v=${signature.toString('base64')}`);
    return { kind: 'success', username, data };
  }
}
