import type { Maybe } from '../lib/maybe.ts';
import type { ScramKeys, TokenVerdict } from '../stream/ports.ts';

/**
 * Where the accounts of a host are kept. What a source can do is what it has methods
 * for; the mechanisms that its host offers follow from that. Names are localparts as
 * prepared (RFC 7622 §3.3). Every method that asks somebody else rejects with
 * `SourceError` when there is no answer, and always within the source's deadline.
 */
export interface AccountSource {
  /** As configurations name it. */
  readonly type: SourceType;
  /** What verifies SCRAM, and PLAIN too where there is no `verify`; null for nothing of that name. */
  scramKeys?(local: string): Maybe<readonly ScramKeys[] | null>;
  /** Whether the password is the account's; false as well for no such account. */
  verify?(local: string, password: string): Promise<boolean>;
  /** Whom a bearer token lets in (RFC 6750). */
  verifyToken?(token: string): Promise<TokenVerdict>;
  /**
   * Sets a password, with so many iterations where keys are made of it here. Rejects
   * with `PasswordRefusedError`, and `SaslprepError` for what is no password.
   */
  change?(local: string, password: string, scramIterations: number): Promise<void>;
  /** Whether there is such an account, for whom nobody has signed in to yet. */
  exists?(local: string): Maybe<boolean>;
  close?(): void;
}

export type SourceType = SourceSettings['type'];

/** What an operator says of a source. Times in milliseconds. */
export type SourceSettings = InternalSettings | HttpSettings;

/** The accounts are kept in this server's own store. */
export interface InternalSettings {
  readonly type: 'internal';
}

/** A web site that answers by the protocol of `docs/account-sources.md`. */
export interface HttpSettings {
  readonly type: 'http';
  readonly url: string;
  /** What shows the site who asks: sent as a bearer token. */
  readonly secret: string;
  readonly timeout: number;
  /** Whether the site gives out SCRAM keys. */
  readonly hasScramKeys: boolean;
  /** Whether users may change their passwords from here. */
  readonly takesChanges: boolean;
}

/** The source gave no answer, or none that can be used. Operators see `message`. */
export class SourceError extends Error {}

/** The source takes no such password. */
export class PasswordRefusedError extends Error {}
