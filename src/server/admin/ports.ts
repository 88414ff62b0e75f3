import type { Maybe } from '../../lib/maybe.ts';
import type { StreamErrorCondition } from '../../xmpp/errors.ts';
import type { CertificateFacts } from '../certificate-facts.ts';
import type { ConfigChanges } from '../config/changes.ts';
import type { KeyChange } from '../config/differences.ts';

/** What operators may know of a session. */
export interface SessionFacts {
  /** Full JID. */
  readonly jid: string;
  readonly remoteAddress: string;
  readonly transport: string;
  readonly isSecure: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Null before the first available presence. */
  readonly priority: number | null;
  /** Whether its connection is lost, and its client may come back (XEP-0198 §5). */
  readonly isDetached: boolean;
}

/** Sees and ends sessions of the running server. */
export interface SessionControl {
  /** Those of one account (bare JID, prepared), or all. */
  list(account: string | null): Maybe<readonly SessionFacts[]>;
  /** Ends one session (full JID) or an account's (bare JID), prepared; returns how many. */
  close(jid: string, condition: StreamErrorCondition, text: string): Maybe<number>;
}

export interface ServerStatus {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly hosts: readonly string[];
  /** External components; the address of one that is not connected is null. */
  readonly components: readonly { readonly domain: string; readonly address: string | null }[];
  readonly listeners: readonly ListenerFacts[];
  readonly connections: number;
  readonly sessions: number;
  /** Resident memory in bytes. */
  readonly memory: number;
}

export interface ListenerFacts {
  /** `clients, STARTTLS` */
  readonly description: string;
  readonly address: string;
  readonly port: number;
}

export interface FlowFacts {
  readonly host: string;
  /**
   * `incoming message store: offline`: direction, stanza kind, stage, handlers in order;
   * `answer http GET, PUT /upload/: upload`: methods, path, module.
   */
  readonly lines: readonly string[];
}

/** What the running server says of itself. */
export interface ServerFacts {
  status(): ServerStatus;
  flows(): readonly FlowFacts[];
}

/** The certificates that this process shows, one for each host. */
export interface CertificateControl {
  inUse(): readonly CertificateFacts[];
  /**
   * Puts what the files hold now to use for new connections, of all hosts or of none.
   * @throws {CertificateError}
   */
  reloadCertificates(): Promise<readonly CertificateFacts[]>;
}

/** What a reload has done, and what it could not do. */
export interface ReloadFacts extends ConfigChanges {
  readonly file: string;
  readonly warnings: readonly string[];
}

/** Takes what the configuration file says now. */
export interface ReloadControl {
  /** @throws {ConfigError | CertificateError}; then nothing has changed. */
  reload(): Promise<ReloadFacts>;
}

/** What a configuration would change of the running one. */
export interface ConfigDiff {
  readonly changes: readonly KeyChange[];
  readonly warnings: readonly string[];
}

export interface TrialFacts extends ConfigDiff {
  /** When the old configuration comes back unless this one is confirmed, in ms since 1970. */
  readonly until: number;
}

export interface PendingConfig {
  /** What the server has taken last. */
  readonly text: string;
  /** Null while nothing is being tried out. */
  readonly trial: { readonly text: string; readonly until: number } | null;
}

/** Tries configurations out; each is the text that the file would have. The file stays as it is. */
export interface ConfigControl {
  /** @throws {ConfigError} */
  diff(text: string): Promise<ConfigDiff>;
  pending(): PendingConfig;
  /** Takes it for so long. @throws {ConfigError | CertificateError | AdminError} */
  tryOut(text: string, milliseconds: number): Promise<TrialFacts>;
  /** @throws {AdminError} where nothing is being tried out; as `rollBack` does. */
  confirm(): Promise<void>;
  rollBack(): Promise<void>;
}
