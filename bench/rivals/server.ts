/** The accounts of a benchmark: `<prefix>0` to `<prefix><count - 1>`, one password for all. */
export interface Accounts {
  readonly count: number;
  readonly prefix: string;
  readonly domain: string;
  readonly password: string;
  /** Whether all are in each other's roster, subscribed both ways. */
  readonly areContacts: boolean;
}

/** Where a server keeps everything it has, and how it is to listen. */
export interface Place {
  /** Of this server alone, and removed after the run. */
  readonly directory: string;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly accounts: Accounts;
  /** Rivals load what the scenarios need, or what a packaged server of theirs usually has on. */
  readonly modules: 'needed' | 'usual';
  /** PEM files when clients use STARTTLS, null for plain TCP. */
  readonly tls: { readonly key: string; readonly certificate: string } | null;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A server that can take part. */
export interface Server {
  readonly name: string;
  /** Writes configuration and accounts; bounded in time by the caller's `run`. */
  prepare(place: Place, run: (command: Command) => Promise<string>): Promise<void>;
  /** Starts it in the foreground, with all its processes below the started one. */
  command(place: Place): Command;
}

/** All account names of a run. */
export function accountNames({ count, prefix }: Accounts): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
