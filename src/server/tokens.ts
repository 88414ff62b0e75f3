import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Maybe, then } from '../lib/maybe.ts';
import { randomText } from '../lib/random.ts';
import type { Storage } from '../storage/ports.ts';
import type { TokenRecord } from '../storage/token-port.ts';
import type { TokenRules } from '../stream/ports.ts';
import type {
  GrantedToken,
  HeldToken,
  HostTokens,
  TokenHolder,
  TokenUse,
  TokenWish,
} from '../stream/token-ports.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { Jid } from '../xmpp/jid.ts';
import type { ForeignAccounts } from './foreign-accounts.ts';

/** As many random bytes as a hash of the mechanisms has. */
const TOKEN_BYTES = 32;

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Deps {
  readonly storage: Pick<Storage, 'tokens' | 'users' | 'secret'>;
  /** Null where the accounts are kept here. */
  readonly foreign: ForeignAccounts | null;
  readonly now: () => number;
}

/** The tokens of one host's accounts. */
export class ServedTokens implements HostTokens {
  readonly #domain: string;
  readonly #rules: TokenRules;
  readonly #deps: Deps;

  constructor(domain: string, rules: TokenRules, deps: Deps) {
    this.#domain = domain;
    this.#rules = rules;
    this.#deps = deps;
  }

  held(holder: TokenHolder): Maybe<readonly HeldToken[]> {
    const owner = this.#owner(holder);
    return then(this.#key(), (key) =>
      then(this.#deps.storage.tokens.of(owner, holder.client), (records) =>
        records.map((record) => this.#open(key, owner, record)),
      ),
    );
  }

  admits(username: string): Maybe<boolean> {
    const { foreign, storage } = this.#deps;
    if (foreign) return foreign.isInUse(username);
    const owner = Jid.of(username, this.#domain).toString();
    return then(storage.users.find(owner), (user) => user !== null && !user.isDisabled);
  }

  use(holder: TokenHolder, token: HeldToken, { count, isLast }: TokenUse): Promise<boolean> {
    const { id: sealed } = token;
    const use = { client: holder.client, sealed, count, isLast, time: this.#deps.now() };
    return this.#deps.storage.tokens.use(this.#owner(holder), use);
  }

  async grant(holder: TokenHolder, wish: TokenWish): Promise<GrantedToken | null> {
    const { storage, now } = this.#deps;
    if (!(await this.#isKnown(holder.username))) return null;
    const owner = this.#owner(holder);
    const { client } = holder;
    const { name, mechanism } = wish;
    const text = randomText(TOKEN_BYTES);
    const sealed = seal(await this.#key(), contextOf(owner, { client, mechanism }), text);
    const issued = now();
    const expires = this.#expiry(issued, wish.after);
    const token = { client, name, mechanism, sealed, issued, expires };
    const isKept = await storage.tokens.grant(owner, token, this.#rules.clientsPerAccount);
    return isKept ? { text, expires } : null;
  }

  /** Who is kept elsewhere and signs in for the first time, is made known only now. */
  async #isKnown(username: string): Promise<boolean> {
    try {
      await this.#deps.foreign?.admit(username);
      return true;
    } catch (error) {
      if (error instanceof StanzaError) return false;
      throw error;
    }
  }

  /**
   * Nobody tells of a password that was changed elsewhere, so there it has to be shown once
   * in a token's lifetime: what follows a token ends when that does.
   */
  #expiry(issued: number, after: HeldToken | null): number {
    const { foreign } = this.#deps;
    return foreign && after ? after.expires : issued + this.#rules.lifetime;
  }

  #open(key: Buffer, owner: string, record: TokenRecord): HeldToken {
    const { sealed, mechanism, count, issued, expires } = record;
    const now = this.#deps.now();
    return {
      id: sealed,
      secret: unseal(key, contextOf(owner, record), sealed),
      mechanism,
      count,
      expires,
      isExpired: expires <= now,
      isDue: now - issued >= this.#rules.rotateAfter,
    };
  }

  #key(): Maybe<Buffer> {
    return this.#deps.storage.secret('tokens', KEY_BYTES);
  }

  #owner({ username }: TokenHolder): string {
    return Jid.of(username, this.#domain).toString();
  }
}

/** What a token is sealed for: in another row it is worth nothing. */
function contextOf(
  owner: string,
  { client, mechanism }: Pick<TokenRecord, 'client' | 'mechanism'>,
): Buffer {
  return Buffer.from([owner, client, mechanism].join('\0'));
}

/** Nonce, ciphertext, tag. */
function seal(key: Buffer, context: Buffer, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** Throws where it was sealed with another key, or for something else. */
function unseal(key: Buffer, context: Buffer, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(context).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([
    decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)),
    decipher.final(),
  ]);
}
