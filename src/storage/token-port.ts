import type { Maybe } from '../lib/maybe.ts';
import type { Owner, Ticket } from './ports.ts';

/** A token of a client, which signs it in without a password (XEP-0484). */
export interface TokenRecord {
  /** The id of the client's installation. */
  readonly client: string;
  /** What the client calls itself; '' for nothing. */
  readonly name: string;
  /** `new` until the client has signed in with it, `current` from then on. */
  readonly slot: 'new' | 'current';
  /** The one SASL mechanism that it is for. */
  readonly mechanism: string;
  /** The token, encrypted; no two are the same. */
  readonly sealed: Buffer;
  /** Milliseconds since 1970, as all times. */
  readonly issued: number;
  /** 0 for one that was revoked. */
  readonly expires: number;
  /** The highest count that has come with it; null where none has. */
  readonly count: number | null;
  /** When it last signed somebody in; null for never. */
  readonly used: number | null;
}

/** A token that has just been made. */
export type FreshToken = Omit<TokenRecord, 'slot' | 'count' | 'used'>;

/** How a client has shown a token. */
export interface TokenUse {
  readonly client: string;
  readonly sealed: Buffer;
  /** Null where the client does not count. */
  readonly count: number | null;
  readonly time: number;
  /** Whether the client is to have no token from now on. */
  readonly isLast: boolean;
}

/** The tokens of accounts: of each client a current one and a new one at most. */
export interface TokenStore {
  /** Those of one client, the new one first. */
  of(owner: Owner, client: string): Maybe<readonly TokenRecord[]>;
  /** Those of all clients, each client's together, the new one first. */
  list(owner: Owner): Maybe<readonly TokenRecord[]>;
  /**
   * Puts a token in the place of the client's new one. Of more than `maxClients` clients
   * those go first whose tokens are void, then those that were not seen for longest.
   * Resolves once that is on disk; to false for a name without account.
   */
  grant(owner: Owner, token: FreshToken, maxClients: number): Promise<boolean>;
  /**
   * Notes that a token was shown; from then on it is the current one. Resolves once that
   * is on disk; to false where the token is gone or revoked, or the count has not risen,
   * and then nothing has changed.
   */
  use(owner: Owner, use: TokenUse): Promise<boolean>;
  /** Makes void the tokens of one client, or of all; they stay known as such. */
  revoke(owner: Owner, client: string | null): Ticket;
}
