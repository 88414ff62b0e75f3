import type { Maybe } from '../lib/maybe.ts';
import type { ScramHash, ScramKeys, TokenVerdict } from '../stream/ports.ts';

/**
 * Where the accounts of a host are kept. What a source can do is what it has methods
 * for; the mechanisms that its host offers follow from that. Names are localparts as
 * prepared (RFC 7622 §3.3). Every method that asks somebody else rejects with
 * `SourceError` when there is no answer, and always within the source's deadline.
 */
export interface AccountSource {
  /** As configurations name it. */
  readonly type: SourceType;
  /**
   * What verifies SCRAM, and PLAIN too where there is no `verify`; null for nothing of that
   * name. With `hash` no others than those are needed.
   */
  scramKeys?(local: string, hash?: ScramHash): Maybe<readonly ScramKeys[] | null>;
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
export type SourceSettings = InternalSettings | HttpSettings | JwtSettings | LdapSettings;

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

/** Whoever issues tokens. */
export interface JwtSettings {
  readonly type: 'jwt';
  /** Who has to have issued a token, and for whom. */
  readonly issuer: string;
  readonly audience: string;
  /** Where the keys are published, or what they are: PEM, or a set in JSON. */
  readonly keys: { readonly url: string } | { readonly text: string };
  readonly algorithms: readonly string[];
  /** What of a token holds the name. */
  readonly claim: string;
  /** What it has to be for; null for anything. */
  readonly scope: string | null;
  /** Milliseconds by which clocks may differ. */
  readonly clockTolerance: number;
  /** Whether clients may send it in place of a password. */
  readonly isPassword: boolean;
  /** Where clients read how to get one; null where they are not told. */
  readonly configuration: string | null;
  readonly timeout: number;
}

/** A directory. */
export interface LdapSettings {
  readonly type: 'ldap';
  /** `ldap:` or `ldaps:`, host and port. */
  readonly url: string;
  /** Whether `ldap:` goes on under TLS before anything else is said. */
  readonly startTls: boolean;
  /** Certificates in PEM to trust instead of the usual ones; null for those. */
  readonly ca: string | null;
  /** As whom to search; both '' for nobody. */
  readonly bindDn: string;
  readonly password: string;
  readonly base: string;
  /** With `{name}` where the name goes. */
  readonly filter: string;
  /** What holds the name. */
  readonly attribute: string;
  readonly timeout: number;
}

/** The source gave no answer, or none that can be used. Operators see `message`. */
export class SourceError extends Error {}

/** The source takes no such password. */
export class PasswordRefusedError extends Error {}
