import type {
  GrantedToken,
  HeldToken,
  HostTokens,
  TokenHolder,
  TokenUse,
  TokenWish,
} from '../../src/stream/token-ports.ts';

const HOLDER: TokenHolder = { username: 'juliet', client: 'd4565fa7-4d72-4749-b3d3-740edbf87770' };

/** Tokens that remember what is done with them. */
export class StubTokens implements HostTokens {
  readonly uses: (TokenUse & { readonly secret: string })[] = [];
  readonly granted: (TokenHolder & TokenWish)[] = [];
  isAdmitting = true;
  /** Whether the account has been deleted meanwhile. */
  isGone = false;
  /** Whether nobody else is faster. */
  isFast = true;
  readonly #held: { holder: TokenHolder; token: HeldToken }[] = [];

  /** Puts a token before all others. */
  put(secret: string, more: Partial<HeldToken> = {}, holder = HOLDER): void {
    const token: HeldToken = {
      id: Buffer.from(`id of ${secret}`),
      secret: Buffer.from(secret),
      mechanism: 'HT-SHA-256-NONE',
      count: null,
      expires: 0,
      isExpired: false,
      isDue: false,
      ...more,
    };
    this.#held.unshift({ holder, token });
  }

  held({ username, client }: TokenHolder): HeldToken[] {
    const own = this.#held.filter(
      ({ holder }) => holder.username === username && holder.client === client,
    );
    return own.map(({ token }) => token);
  }

  admits(): boolean {
    return this.isAdmitting;
  }

  async use(_: TokenHolder, { secret }: HeldToken, use: TokenUse): Promise<boolean> {
    if (this.isFast) this.uses.push({ secret: secret.toString(), ...use });
    return this.isFast;
  }

  async grant(holder: TokenHolder, wish: TokenWish): Promise<GrantedToken | null> {
    if (this.isGone) return null;
    this.granted.push({ ...holder, ...wish });
    return {
      text: `token-${this.granted.length}`,
      expires: Date.parse('2026-06-22T12:00:00Z'),
    };
  }
}
