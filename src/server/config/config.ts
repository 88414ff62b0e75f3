import type { SourceSettings } from '../../sources/ports.ts';
import type { StreamPolicy } from '../../stream/ports.ts';

/** The configuration as the server uses it: paths absolute, times in ms, sizes in bytes. */
export interface Config {
  /** The file that it was read from. */
  readonly file: string;
  readonly dataDirectory: string;
  /** In the order of the file; never empty. The first is the default host. */
  readonly hosts: readonly HostConfig[];
  readonly listeners: readonly ListenerConfig[];
  readonly components: readonly ComponentConfig[];
  readonly tls: TlsConfig;
  readonly http: HttpConfig;
  readonly limits: ConnectionLimits;
  readonly log: LogConfig;
  /** Path of the Unix socket that `epode` commands talk to. */
  readonly controlSocket: string;
  /** Where metrics are served; null: nowhere. */
  readonly metrics: MetricsConfig | null;
  /** What is allowed and still deserves a second thought; for people, one sentence each. */
  readonly warnings: readonly string[];
}

/** A virtual host, with the common sections and its own merged. */
export interface HostConfig {
  /** Prepared (RFC 7622 §3.2). */
  readonly domain: string;
  /** Whether accounts are kept there, or end with their session. */
  readonly kind: 'accounts' | 'anonymous';
  /** Null where none is configured: the server makes a self-signed one. */
  readonly certificate: CertificateFiles | null;
  /** The file with the authority whose certificates clients may sign in with; null: none may. */
  readonly clientAuthority: string | null;
  readonly policy: StreamPolicy;
  readonly sessions: SessionRules;
  readonly accounts: AccountRules;
  /** Where the accounts are kept. */
  readonly source: SourceSettings;
  /** The origin that its own section names; null for none. */
  readonly publicUrl: string | null;
  /** The origin at which browsers reach it; null without HTTP. */
  readonly webUrl: string | null;
  /** By module name: the checked section, or false where the module is off. */
  readonly modules: ReadonlyMap<string, unknown | false>;
}

export interface AccountRules {
  readonly scramIterations: number;
  /** Whether sign-in offers only what suits imported accounts. */
  readonly suitsImported: boolean;
  /** Milliseconds for which nobody gets the name of a deleted account. */
  readonly nameRetirement: number;
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface SessionRules {
  /** Sessions that one account may hold at a time. */
  readonly perAccount: number;
  /** What happens when a client asks for a resource in use (RFC 6120 §7.7.2.2). */
  readonly resourceConflict: 'replace' | 'refuse' | 'rename';
}

/** An external component (XEP-0114). */
export interface ComponentConfig {
  /** Prepared (RFC 7622 §3.2). */
  readonly domain: string;
  readonly secret: string;
  /** What happens when it connects while it is connected. */
  readonly conflict: 'replace' | 'refuse';
  /** For people; '' for none. */
  readonly name: string;
  /** Domains of the hosts whose clients find it. */
  readonly hosts: readonly string[];
}

export interface ListenerConfig {
  /**
   * `c2s`: clients, STARTTLS (RFC 6120 §5). `c2s-tls`: clients, TLS at once (XEP-0368).
   * `component`: external components, without TLS (XEP-0114). `http`, `https`: browsers.
   */
  readonly type: 'c2s' | 'c2s-tls' | 'component' | 'http' | 'https';
  /** Null listens on every address, IPv6 and IPv4. */
  readonly address: string | null;
  readonly port: number;
  /** By whom clients come that do not connect themselves; null for all that do. */
  readonly proxy: ProxyConfig | null;
}

export interface ProxyConfig {
  /** Addresses and networks of proxies that speak the PROXY protocol. */
  readonly from: readonly string[];
  /** Whether they have ended the clients' TLS. */
  readonly endsTls: boolean;
}

/** What holds for all listeners of HTTP. */
export interface HttpConfig {
  /** The origin at which browsers reach hosts that name none themselves; null for none. */
  readonly publicUrl: string | null;
  /** Addresses and networks of proxies whose word on their clients is taken. */
  readonly trustedProxies: readonly string[];
  readonly forwardedHeader: 'X-Forwarded-For' | 'Forwarded';
  /** Origins of pages that may connect by WebSocket; null for all. */
  readonly origins: readonly string[] | null;
  /** Where WebSocket clients may go on once the server stops; null for nowhere. */
  readonly seeOtherUri: string | null;
}

export interface TlsConfig {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/** Bounds of all connections together; those of one stream stand in `StreamPolicy`. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Bytes that may wait for a client that does not read. */
  readonly queueBytes: number;
}

export interface MetricsConfig {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
}
