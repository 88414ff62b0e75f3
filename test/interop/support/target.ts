import type { Certificates } from './certificate.ts';

/** Where a component connects, and as what. */
export type ComponentAccess = {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  readonly secret: string;
};

/** The server under test, as scenarios see it. */
export type Target = {
  readonly name: string;
  readonly domain: string;
  readonly host: string;
  /** Port for STARTTLS. */
  readonly port: number;
  /** Port for direct TLS. */
  readonly tlsPort: number;
  readonly certificates: Certificates;
  /** Ports of HTTP without and with TLS; absent where browsers connect elsewhere. */
  readonly web?: { readonly http: number; readonly https: number };
  /** What external components connect with; absent where none can. */
  readonly component?: ComponentAccess;
  /** Takes CSV of names and bcrypt hashes; absent where the server cannot. */
  importUsers?(csv: string): Promise<void>;
  /** Starts another one like it, with sections of the configuration besides. */
  startAnother?(folder: string, settings: object): Promise<Target>;
  addAccount(user: string, password: string): Promise<void>;
  /** What the server has logged so far. */
  log(): string;
  /** Whether a line of the log tells of a fault of the server's own. */
  isFault(line: string): boolean;
  /** Stops it as one should, and starts it again; absent where that is of no interest. */
  restart?(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a server with all its files in `folder`; `env` is what its process is told besides. */
export type StartTarget = (
  folder: string,
  env?: Readonly<Record<string, string>>,
) => Promise<Target>;

export type Account = {
  readonly user: string;
  readonly domain: string;
  readonly address: string;
  readonly password: string;
};

const PASSWORD = 'mellon-4711';
let created = 0;

/** Creates an account that no earlier scenario has used: clients remember what they saw. */
export async function freshAccount(target: Target, name: string): Promise<Account> {
  created += 1;
  const user = `${name}${created}`;
  await target.addAccount(user, PASSWORD);
  return { user, domain: target.domain, address: `${user}@${target.domain}`, password: PASSWORD };
}
