import type { SecureContext } from 'node:tls';
import type { Maybe } from '../lib/maybe.ts';
import type { Frame, XmlLimits } from '../xml/frame.ts';
import type { StreamErrorCondition } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { Receipts } from './connection.ts';
import type { StreamFeature } from './feature.ts';
import type { InlineFeature, SessionFeature } from './inline.ts';
import type { HostTokens } from './token-ports.ts';

export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512';

/** What is stored instead of a password (RFC 5802 §3). */
export interface ScramKeys {
  readonly hash: ScramHash;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface Credentials {
  /** Localpart as prepared (PRECIS UsernameCaseMapped). */
  readonly username: string;
  readonly scram: readonly ScramKeys[];
  readonly isDisabled: boolean;
  /** Of an account that came by import, until it has keys of every hash. */
  readonly imported?: ImportedCredentials;
}

export interface ImportedCredentials {
  /** What verifies the password; null where SCRAM keys do. */
  readonly bcrypt: string | null;
  /** Gives the account keys of every hash, now that its password is known; waits for the disk. */
  upgrade(password: string): Promise<void>;
  /** Adds keys of more hashes, which came from the client; waits for the disk. */
  addKeys(keys: readonly ScramKeys[]): Promise<void>;
}

/** Whom a bearer token lets in, or what is wrong with it (RFC 6750 §3.1). */
export type TokenVerdict =
  | { readonly username: string }
  | {
      readonly error: 'invalid_token' | 'insufficient_scope';
      /** What the token should be for, and where clients read how to get one. */
      readonly scope?: string;
      readonly configuration?: string;
    };

/** How a client wants to be bound. */
export interface BindRequest {
  /** The resource that it wants; null leaves the choice to the server (RFC 6120 §7.6). */
  readonly resource: string | null;
  /** What the server's choice begins with (XEP-0386 §3.2.1); '' for nothing. */
  readonly tag: string;
  /** The id of the client's installation, whose earlier sessions end; '' without. */
  readonly userAgent: string;
}

/** A virtual host as its streams see it. */
export interface StreamHost {
  readonly domain: string;
  /** Whether people sign in here; false for services. */
  readonly hasAccounts: boolean;
  /** Null where the host has no certificate: then no TLS is offered. */
  readonly secureContext: SecureContext | null;
  readonly policy: StreamPolicy;
  /** Secret for fake salts, stable for the host's life. */
  readonly saltSecret: Buffer;
  /**
   * While some accounts have bcrypt hashes, one that is nobody's: others' passwords are
   * compared with it, so that time does not tell them apart.
   */
  readonly decoyBcrypt?: string | null;
  /** Hashes that some account lacks keys of, for which clients may be asked (XEP-0480). */
  readonly upgrades?: readonly ScramHash[];
  /** Null for a name without account. With `hash` no keys of others are needed. */
  credentials(username: string, hash?: ScramHash): Maybe<Credentials | null>;
  /** Whether the password lets in; where it is there, PLAIN asks this and no keys. */
  verify?(username: string, password: string): Promise<boolean>;
  /** Whom a token lets in; where it is missing, none does. */
  verifyToken?(token: string): Promise<TokenVerdict>;
  /** With which clients may come back; where they are missing, none are given. */
  readonly tokens?: HostTokens | null;
  /** Features that modules add, already in order. */
  readonly features: readonly StreamFeature[];
  /** What modules let clients ask for along with signing in; it comes before binding. */
  readonly inlineFeatures: readonly InlineFeature[];
  /** What modules can turn on as a session begins. */
  readonly sessionFeatures: readonly SessionFeature[];
  /** Creates the session of an authenticated stream, or throws a `StanzaError`. */
  bind(username: string, request: BindRequest, wire: SessionWire): Maybe<StreamSession>;
}

/** Limits and rules of streams from clients; operators set them. */
export interface StreamPolicy {
  readonly beforeLogin: XmlLimits;
  readonly afterLogin: XmlLimits;
  /** Whether sign-in without TLS is refused. */
  readonly requiresTls: boolean;
  /** Whether a peer on a loopback address may sign in without TLS all the same. */
  readonly allowsPlainLoopback: boolean;
  /** Milliseconds from connecting to having a session, whatever is sent meanwhile. */
  readonly negotiationTimeout: number;
  /** Milliseconds without a byte after which the server looks whether the peer lives. */
  readonly idleTimeout: number;
  /** Failed attempts to authenticate on one stream. */
  readonly maxAuthAttempts: number;
  /** Milliseconds that the answer to a failed attempt waits at most, after many. */
  readonly maxFailureDelay: number;
  readonly scramIterations: number;
  /** Mechanisms offered, best first. */
  readonly mechanisms: readonly string[];
  /** Null where clients get no tokens. */
  readonly tokens?: TokenRules | null;
}

/** How clients come back with tokens (XEP-0484). Times in milliseconds. */
export interface TokenRules {
  readonly lifetime: number;
  /** The age at which a token that is shown is followed by another. */
  readonly rotateAfter: number;
  readonly clientsPerAccount: number;
}

/** An attempt to sign in with what was not right. */
export interface FailedSignIn {
  /** The peer's. */
  readonly address: string;
  /** The bare JID that was tried, whether or not there is such an account; null for none. */
  readonly account: string | null;
  /** Milliseconds. */
  readonly maxDelay: number;
}

/** Makes guessing passwords slow. */
export interface FailureThrottle {
  /**
   * Counts the failure and settles when it may be answered; to false when too many
   * answers wait already, so that the stream is to end without one.
   */
  hold(failure: FailedSignIn): Maybe<boolean>;
}

/** What a session may do with its stream; `deliver` in the session is its only caller. */
export interface SessionWire {
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  /** Whether a password may cross the stream as it is. */
  readonly mayShowPassword: boolean;
  readonly transport: string;
  readonly queuedBytes: number;
  /** The stream's default language, '' when it named none. */
  readonly lang: string;
  /** How far what was sent has come, where the transport tells. */
  readonly receipts?: Receipts | undefined;
  /** What a stanza's start tag has to declare; '' where the stream has done so. */
  readonly contentXmlns: '' | 'jabber:client';
  send(xml: string): void;
  sendParts(head: string, rest: Buffer): void;
  pause(): void;
  resume(): void;
  /** Ends the stream, with an error or without. */
  close(condition?: StreamErrorCondition, text?: string): void;
  /** Ends the stream with an error, and not the session, which is done with this stream. */
  leave(condition: StreamErrorCondition, text?: string): void;
}

/** The bound end of a stream. */
export interface StreamSession {
  readonly jid: Jid;
  /**
   * A stanza-to-be from the client: any element that no stream feature took. One
   * in another namespace that the session does not know ends the stream with
   * unsupported-stanza-type (RFC 6120 §4.9.3.24).
   */
  receive(frame: Frame): void;
  /**
   * The client has been silent for `idleTimeout`: asks it something that it has to
   * answer (a ping, or for an acknowledgement). Without any answer the stream ends.
   */
  probe(): void;
  /** A stream feature has taken an IQ of the client's, whose result is the session's to write. */
  answeredFor(id: string): void;
  /**
   * The client has closed its stream: what came before is handled, then the session ends and
   * closes its side (RFC 6120 §4.4).
   */
  finished(): void;
  /** The stream is over, and the session with it. `clean` when the client closed it. */
  ended(clean: boolean): void;
  /**
   * The stream is over, since its connection is. The client may come back (XEP-0198 §5);
   * otherwise the session ends when what came before is handled.
   */
  lost(): void;
}

/** Finds the host that a stream header names; null when it is not served here. */
export interface StreamHosts {
  find(domain: string): StreamHost | null;
  /** For the header of a stream whose host is unknown. */
  readonly defaultDomain: string;
}
