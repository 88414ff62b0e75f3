import type { Maybe } from '../lib/maybe.ts';

/** Whose token it is: an installation of a client (XEP-0388 §2.3), signed in to an account. */
export interface TokenHolder {
  readonly username: string;
  readonly client: string;
}

/** A token that a client may show. */
export interface HeldToken {
  /** What its host knows it by. */
  readonly id: Buffer;
  /** As it stands in `<token/>`, in UTF-8. */
  readonly secret: Buffer;
  /** The one mechanism that it is for. */
  readonly mechanism: string;
  /** The highest count that has come with it; null where none has. */
  readonly count: number | null;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** Whether its time is over, or it was revoked. */
  readonly isExpired: boolean;
  /** Whether it is to be followed by another. */
  readonly isDue: boolean;
}

/** How a token was shown. */
export interface TokenUse {
  /** Null where the client does not count. */
  readonly count: number | null;
  /** Whether the client is to have no token from then on. */
  readonly isLast: boolean;
}

/** What a new token is to be. */
export interface TokenWish {
  readonly mechanism: string;
  /** What the client calls itself; '' for nothing. */
  readonly name: string;
  /** The token by which the client has just signed in; null where it showed a password. */
  readonly after: HeldToken | null;
}

/** What stands in `<token/>`. */
export interface GrantedToken {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** The tokens with which clients come back to a host (XEP-0484). */
export interface HostTokens {
  /** At most two: the one that was not used yet comes first. None for a name without account. */
  held(holder: TokenHolder): Maybe<readonly HeldToken[]>;
  /** Whether the account may sign in; rejects with `SaslError` where that cannot be found out. */
  admits(username: string): Maybe<boolean>;
  /**
   * Notes that a token was shown, and makes void what came before it. Resolves once that is
   * on disk; to false where somebody else was faster, or the token has been revoked.
   */
  use(holder: TokenHolder, token: HeldToken, use: TokenUse): Promise<boolean>;
  /**
   * Makes a token; those before it stay good until it is used. Resolves once it is on disk;
   * to null where the account has gone meanwhile.
   */
  grant(holder: TokenHolder, wish: TokenWish): Promise<GrantedToken | null>;
}
