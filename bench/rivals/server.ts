/** The accounts of a benchmark: `<prefix>0` to `<prefix><count - 1>`, one password for all. */
export interface Accounts {
  readonly count: number;
  readonly prefix: string;
  readonly domain: string;
  readonly password: string;
  /** Whether all are in each other's roster, subscribed both ways. */
  readonly areContacts: boolean;
  /** So many of them at a time, in the order of their numbers; all, unless it is given. */
  readonly circle?: number;
  /** What rivals store of the password: itself, or keys of SCRAM, as Epode does in any case. */
  readonly stored: 'password' | 'keys';
  /** The one hash that rivals can have keys for. */
  readonly hash: 'SHA-1' | 'SHA-256';
}

/** What clients come by; WebSocket and BOSH unencrypted. */
export type Transport = 'tcp' | 'websocket' | 'bosh';

/** Where a server keeps everything it has, and how it is to listen. */
export interface Place {
  /** Of this server alone, and removed after the run. */
  readonly directory: string;
  /** On 127.0.0.1, for clients over TCP. */
  readonly port: number;
  /** On 127.0.0.1, for WebSocket and BOSH; null when nobody comes by either. */
  readonly webPort: number | null;
  readonly transport: Transport;
  readonly accounts: Accounts;
  /** Rivals load what the scenarios need, or what a packaged server of theirs usually has on. */
  readonly modules: 'needed' | 'usual';
  /** Whether messages are archived (XEP-0313). */
  readonly archive: boolean;
  /** Whether Epode indexes the words of what it archives, as it does by default; rivals have no such thing. */
  readonly search: boolean;
  /** Where rivals keep their archives: as they do by themselves, or in SQLite, as Epode does. */
  readonly store: 'native' | 'sqlite';
  /** Messages in each account's archive from the start, where the server's can be written in bulk. */
  readonly archived: number;
  /** Whether clients may ask for stream management (XEP-0198). */
  readonly managesStreams: boolean;
  /** PEM files when clients use STARTTLS, null for plain TCP. */
  readonly tls: CertificateFiles | null;
  /** On 127.0.0.1, where a server that has metrics is to publish them; null when nobody reads them. */
  readonly metricsPort: number | null;
}

/** Names of PEM files. */
export interface CertificateFiles {
  readonly key: string;
  readonly certificate: string;
}

/** What differs in a configuration that a running server is made to take. */
export interface Variation {
  readonly certificate: CertificateFiles;
  /** Bytes of the longest stanza. */
  readonly stanzaLimit: number;
  readonly logsMore: boolean;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that can take part. */
export interface Server {
  readonly name: string;
  /** What its clients come by, whatever the others' do. */
  readonly transport?: Transport;
  /** What has to be installed, and Debian's package that has it. */
  readonly needs?: { readonly program: string; readonly package: string };
  /** Whether clients may sign in by tokens: SASL2, Bind 2 and FAST. Debian's rivals have none of these. */
  readonly hasTokens?: boolean;
  /** Writes configuration and accounts; bounded in time by the caller's `run`. */
  prepare(place: Place, run: (command: Command) => Promise<string>): Promise<void>;
  /** Whether `prepare` writes archives; those of others are made by sending the messages. */
  readonly writesArchives?: boolean;
  /** Starts it in the foreground, with all its processes below the started one. */
  command(place: Place): Command;
  /** Writes another configuration, for a server that takes it on SIGHUP. */
  vary?(place: Place, variation: Variation): Promise<void>;
  /** How many reloads are in the logs when configurations that log more and less took turns. */
  reloads?(place: Place, output: string): Promise<number>;
}

/** The names of those who are in each other's roster. */
export function circles(accounts: Accounts): string[][] {
  const { count, circle = count } = accounts;
  const names = accountNames(accounts);
  const starts = Array.from({ length: Math.ceil(count / circle) }, (_, index) => index * circle);
  return starts.map((start) => names.slice(start, start + circle));
}

/** All account names of a run. */
export function accountNames({ count, prefix }: Accounts): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
