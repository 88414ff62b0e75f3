import { randomBytes } from 'node:crypto';
import { then } from '../../lib/maybe.ts';
import type { HeldToken, HostTokens, TokenHolder, TokenUse } from '../token-ports.ts';
import { SaslError } from './mechanism.ts';

/** Tokens of one client. */
const SLOTS = 2;

/** Whether a secret is the one that the client has shown. */
export type IsShown = (secret: Buffer) => boolean;

/** What nobody has: for whom there is no token, it is compared with this instead. */
const NOBODYS: HeldToken = {
  id: Buffer.alloc(0),
  secret: randomBytes(32),
  mechanism: '',
  count: null,
  expires: 0,
  isExpired: false,
  isDue: false,
};

/** One attempt of a client to sign in by a token (XEP-0484 §4.4). */
export class TokenAttempt {
  readonly #tokens: HostTokens;
  readonly #client: string;
  readonly #use: TokenUse;
  #shown: HeldToken | null = null;

  constructor(tokens: HostTokens, client: string, use: TokenUse) {
    this.#tokens = tokens;
    this.#client = client;
    this.#use = use;
  }

  /** The token that has signed the client in; null before. */
  get shown(): HeldToken | null {
    return this.#shown;
  }

  get isLast(): boolean {
    return this.#use.isLast;
  }

  /**
   * The token that was shown, used and noted as such on disk. Rejects with `SaslError`:
   * credentials-expired for one that was good once, not-authorized.
   */
  async show(username: string, mechanism: string, isShown: IsShown): Promise<HeldToken> {
    const holder = { username, client: this.#client };
    const token = await this.#find(holder, mechanism, isShown);
    if (token.isExpired) throw new SaslError('credentials-expired');
    // Only who has shown a token is worth a question to whoever keeps the accounts.
    const isAdmitted = await this.#tokens.admits(username);
    if (!isAdmitted || !(await this.#tokens.use(holder, token, this.#use))) {
      throw new SaslError('not-authorized');
    }
    this.#shown = token;
    return token;
  }

  /** The new one first (XEP-0484 §6.1). As many are compared, however many there are. */
  async #find(holder: TokenHolder, mechanism: string, isShown: IsShown): Promise<HeldToken> {
    const { count } = this.#use;
    const isGood = (token: HeldToken) =>
      token.mechanism === mechanism && (count === null || count > (token.count ?? -1));
    const found = await then(this.#tokens.held(holder), (held) =>
      [...held, NOBODYS, NOBODYS]
        .slice(0, SLOTS)
        .filter(({ secret }) => isShown(secret))
        .find(isGood),
    );
    if (!found) throw new SaslError('not-authorized');
    return found;
  }
}
