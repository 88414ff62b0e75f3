import { isUtf8 } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from './mechanism.ts';
import { accountName } from './username.ts';

const HASH = 'sha256';
const HASH_LENGTH = 32;
/** What sets the one side's hash apart from the other's (draft-schmaus-sasl-ht-09 §3.1, §3.2). */
const CLIENT = 'Initiator';
const SERVER = 'Responder';

/** A mechanism of draft-schmaus-sasl-ht-09 for SHA-256; it takes one message. */
export interface TokenMechanism extends SaslMechanism {
  /** The channel binding that it needs; null for none. */
  readonly bindingType: string | null;
}

function hashedToken(suffix: string, bindingType: string | null): TokenMechanism {
  const name = `HT-SHA-256-${suffix}`;
  return {
    name,
    isPlaintext: false,
    isBound: bindingType !== null,
    bindingType,
    begin: (context) => new TokenExchange({ name, bindingType }, context),
  };
}

/** All that there are, best first. */
export const TOKEN_MECHANISMS: readonly TokenMechanism[] = [
  hashedToken('EXPR', 'tls-exporter'),
  hashedToken('ENDP', 'tls-server-end-point'),
  hashedToken('NONE', null),
];

class TokenExchange implements SaslExchange {
  readonly #mechanism: Pick<TokenMechanism, 'name' | 'bindingType'>;
  readonly #context: SaslContext;

  constructor(mechanism: Pick<TokenMechanism, 'name' | 'bindingType'>, context: SaslContext) {
    this.#mechanism = mechanism;
    this.#context = context;
  }

  async next(message: Buffer): Promise<SaslOutcome> {
    const { username, hash } = parseMessage(message);
    const binding = this.#binding();
    const isShown = (secret: Buffer) => timingSafeEqual(hashOf(secret, CLIENT, binding), hash);
    const { attempt } = this.#context;
    if (!attempt || username === null) throw new SaslError('not-authorized');
    const { secret } = await attempt.show(username, this.#mechanism.name, isShown);
    return { kind: 'success', username, data: hashOf(secret, SERVER, binding) };
  }

  #binding(): Buffer {
    const { bindingType } = this.#mechanism;
    if (bindingType === null) return Buffer.alloc(0);
    const data = this.#context.channelBindings?.data(bindingType);
    if (!data) throw new SaslError('malformed-request');
    return data;
  }
}

/** `authcid NUL hash`; the user name is null for one that no account can have. */
function parseMessage(message: Buffer): { username: string | null; hash: Buffer } {
  const end = message.indexOf(0);
  const name = message.subarray(0, Math.max(0, end));
  const hash = message.subarray(end + 1);
  if (end < 1 || hash.length !== HASH_LENGTH || !isUtf8(name)) {
    throw new SaslError('malformed-request');
  }
  return { username: accountName(name.toString()), hash };
}

function hashOf(secret: Buffer, side: string, binding: Buffer): Buffer {
  return createHmac(HASH, secret).update(side).update(binding).digest();
}
