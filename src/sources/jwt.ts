import { createPublicKey } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import type { TokenVerdict } from '../stream/ports.ts';
import { accountName } from '../stream/sasl/username.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Gate } from './gate.ts';
import { type AccountSource, type JwtSettings, SourceError } from './ports.ts';

/** Bytes of an issuer's set of keys. */
const MAX_KEYS = 262_144;

/**
 * The accounts of whoever issues tokens (RFC 7519), signed with keys that it publishes or
 * that the operator has put here. Who there is, it cannot tell.
 */
export class JwtSource implements AccountSource {
  readonly type = 'jwt';
  readonly verify?: (local: string, password: string) => Promise<boolean>;
  readonly #domain: string;
  readonly #settings: JwtSettings;
  readonly #options: JWTVerifyOptions;
  readonly #keyOf: JWTVerifyGetKey;

  constructor(domain: string, settings: JwtSettings, gate: Gate) {
    this.#domain = domain;
    this.#settings = settings;
    const { issuer, audience, claim, algorithms, clockTolerance } = settings;
    const requiredClaims = ['exp', claim];
    const tolerance = clockTolerance / 1000;
    this.#options = {
      issuer,
      audience,
      requiredClaims,
      algorithms: [...algorithms],
      clockTolerance: tolerance,
    };
    this.#keyOf =
      'url' in settings.keys ? remoteKeys(settings.keys.url, gate) : localKeys(settings.keys.text);
    if (settings.isPassword) this.verify = (...args) => this.#isOf(...args);
  }

  async verifyToken(token: string): Promise<TokenVerdict> {
    const { scope, configuration } = this.#settings;
    const refusal = { ...(scope && { scope }), ...(configuration && { configuration }) };
    const claims = await this.#claimsOf(token);
    const username = claims && this.#usernameOf(claims);
    if (!username) return { error: 'invalid_token', ...refusal };
    if (!hasScope(claims, scope)) return { error: 'insufficient_scope', ...refusal };
    return { username };
  }

  async #isOf(local: string, password: string): Promise<boolean> {
    const verdict = await this.verifyToken(password);
    return 'username' in verdict && verdict.username === local;
  }

  /** Null for a token that is none, or not for us, or not any more. */
  async #claimsOf(token: string): Promise<JWTPayload | null> {
    try {
      return (await jwtVerify(token, this.#keyOf, this.#options)).payload;
    } catch (error) {
      // Whatever else is wrong, whoever wrote the token is to blame.
      if (error instanceof SourceError) throw error;
      return null;
    }
  }

  /** Issuers name people `juliet` or, as mail addresses, `juliet@example.org`. */
  #usernameOf(claims: JWTPayload): string | null {
    const name = claims[this.#settings.claim];
    if (typeof name !== 'string') return null;
    const suffix = `@${this.#domain}`;
    return accountName(name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
  }
}

/** Keys that the issuer publishes; they are fetched anew for a key that is not among them. */
function remoteKeys(url: string, gate: Gate): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    [customFetch]: async (address, { headers }) => {
      const text = await gate.run(async (signal) => {
        const answer = await boundedFetch(address, { headers, signal }, MAX_KEYS);
        if (answer.status !== 200) throw new SourceError(`${url} answers ${answer.status}`);
        localKeys(answer.text);
        return answer.text;
      });
      return new Response(text);
    },
  });
}

/** RFC 8693 §4.2: names between spaces. */
function hasScope({ scope }: JWTPayload, wanted: string | null): boolean {
  return wanted === null || (typeof scope === 'string' && scope.split(' ').includes(wanted));
}

/** A set of keys in JSON (RFC 7517 §5), or one in PEM. Throws for what is neither. */
function localKeys(text: string): JWTVerifyGetKey {
  if (text.trimStart().startsWith('{')) return createLocalJWKSet(JSON.parse(text));
  const key = createPublicKey(text);
  return () => Promise.resolve(key);
}
