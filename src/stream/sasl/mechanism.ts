import type { Maybe } from '../../lib/maybe.ts';
import type { ChannelBindings } from '../connection.ts';
import type { Credentials, ScramHash, TokenVerdict } from '../ports.ts';
import type { Hashing } from './hashing.ts';
import type { TokenAttempt } from './token-attempt.ts';

/** SASL failure conditions (RFC 6120 §6.5). */
export type SaslCondition =
  | 'aborted'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** Thrown by an exchange to fail; the client may try again. */
export class SaslError extends Error {
  readonly condition: SaslCondition;
  /** Whether anything was tried that could have succeeded with another secret. */
  readonly isAttempt: boolean;

  constructor(condition: SaslCondition, { isAttempt = true } = {}) {
    super(condition);
    this.condition = condition;
    this.isAttempt = isAttempt;
  }
}

export type SaslOutcome =
  | { readonly kind: 'challenge'; readonly data: Buffer }
  /** `username` is the prepared localpart; `data` is empty when there is none. */
  | { readonly kind: 'success'; readonly username: string; readonly data: Buffer };

/** What a client was offered by the profile in which it signs in. */
export interface SaslOffer {
  readonly mechanisms: readonly SaslMechanism[];
  /** Announced by XEP-0440; empty where no mechanism binds to a channel. */
  readonly bindingTypes: readonly string[];
}

/** What a mechanism may ask of the host that it signs people in to. */
export interface SaslContext {
  readonly domain: string;
  readonly hashing: Hashing;
  /** What unknown users' salts are made from. */
  readonly saltSecret: Buffer;
  readonly scramIterations: number;
  /** Null where the client was not offered to bind to its connection. */
  readonly channelBindings: ChannelBindings | null;
  /** Localparts that the client's certificate is for. */
  readonly certifiedUsers: readonly string[];
  /** Null leaves out the proof of what was offered (XEP-0474). */
  readonly offer: SaslOffer | null;
  /** As the host has it. */
  readonly decoyBcrypt?: string | null;
  /** As the host has them. */
  credentials(username: string, hash?: ScramHash): Maybe<Credentials | null>;
  /** As the host has them. */
  readonly verify?: ((username: string, password: string) => Promise<boolean>) | null;
  readonly verifyToken?: ((token: string) => Promise<TokenVerdict>) | null;
  /** Where the client shows a token of this server's. */
  readonly attempt?: Pick<TokenAttempt, 'show'> | null;
}

/** One attempt to sign in; it sees the client's messages and does no I/O of its own. */
export interface SaslExchange {
  /** Takes the client's next message. Throws or rejects with `SaslError`. */
  next(message: Buffer): Maybe<SaslOutcome>;
}

export interface SaslMechanism {
  readonly name: string;
  /** Whether the password itself crosses the stream, which then has to be encrypted. */
  readonly isPlaintext: boolean;
  /** Whether it binds to the connection, which then needs channel bindings. */
  readonly isBound: boolean;
  /** Whether who has signed in by it has just shown to know the password; not unless true. */
  readonly provesPassword?: boolean;
  begin(context: SaslContext): SaslExchange;
}

/** Node's name of each hash. */
export const DIGESTS: Readonly<Record<ScramHash, string>> = {
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-512': 'sha512',
};
