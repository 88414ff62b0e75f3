import { isUtf8 } from 'node:buffer';
import { checkAuthzid } from './authzid.ts';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from './mechanism.ts';
import { unescapeName } from './scram-message.ts';

/** Closes each part of a message (RFC 7628 §3.1). */
const SEPARATOR = '\x01';
/** Nothing can be bound to a channel (§3.1). */
const GS2_HEADER = /^[ny],(?:a=([^,]+))?,$/u;
const PAIR = /^[A-Za-z]+=/;
/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** OAUTHBEARER (RFC 7628): a token of somebody else's, who has checked the password or more. */
export const oauthBearer: SaslMechanism = {
  name: 'OAUTHBEARER',
  isPlaintext: true,
  isBound: false,
  begin: (context) => new BearerExchange(context),
};

class BearerExchange implements SaslExchange {
  readonly #context: SaslContext;
  #hasFailed = false;

  constructor(context: SaslContext) {
    this.#context = context;
  }

  /** What the client says to a refusal, ^A as a rule, makes no difference (§3.2.3). */
  async next(message: Buffer): Promise<SaslOutcome> {
    if (this.#hasFailed) throw new SaslError('not-authorized');
    const { authzid, token } = parseMessage(message);
    const verdict = (await this.#context.verifyToken?.(token)) ?? { error: 'invalid_token' };
    if ('username' in verdict) {
      checkAuthzid(authzid, verdict.username, this.#context.domain);
      return { kind: 'success', username: verdict.username, data: Buffer.alloc(0) };
    }
    this.#hasFailed = true;
    const { error: status, scope, configuration } = verdict;
    const refusal = { status, scope, 'openid-configuration': configuration };
    return { kind: 'challenge', data: Buffer.from(JSON.stringify(refusal)) };
  }
}

/** Without `auth` the token is '', which lets nobody in, and so shows where to get one (§3.2.2). */
function parseMessage(message: Buffer): { authzid: string; token: string } {
  const parts = isUtf8(message) ? message.toString().split(SEPARATOR) : [];
  const header = GS2_HEADER.exec(parts[0] ?? '');
  const pairs = parts.slice(1, -2);
  const isClosed = parts.length >= 3 && parts.slice(-2).every((part) => part === '');
  const auth = pairs.filter((pair) => pair.toLowerCase().startsWith('auth='));
  if (!header || !isClosed || !pairs.every((pair) => PAIR.test(pair)) || auth.length > 1) {
    throw new SaslError('malformed-request');
  }
  const token = BEARER.exec(auth[0]?.slice('auth='.length) ?? '')?.[1] ?? '';
  return { authzid: unescapeName(header[1] ?? ''), token };
}
