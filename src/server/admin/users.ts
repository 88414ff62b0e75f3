import { z } from 'zod';
import { PasswordRefusedError, SourceError } from '../../sources/ports.ts';
import type { Storage, UserRecord } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { SaslprepError } from '../../xmpp/saslprep.ts';
import type { Obstacle } from '../account-keeper.ts';
import type { ServedHost, Server } from '../server.ts';
import { accountAddress, requireKept, requireServed } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';

/** An account as operators see it. */
export interface UserFacts {
  readonly jid: string;
  readonly isDisabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly lastLogin: number | null;
  readonly nickname: string | null;
  /** The type of the source that keeps it, such as `ldap`; null for an account kept here. */
  readonly source: string | null;
}

export interface UserPage {
  readonly users: readonly UserFacts[];
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** What there is to say of one account: its own facts, and those of the modules. */
export interface UserDetails extends UserFacts {
  /** Full JIDs. */
  readonly sessions: readonly string[];
  readonly more: Readonly<Record<string, unknown>>;
}

const text = z.string().max(4_096);
const account = z.strictObject({ jid: text });
const leaving = z.strictObject({ jid: text, retire: z.boolean().default(true) });
const accountWithPassword = z.strictObject({ jid: text, password: text });
const newAccount = z.strictObject({
  jid: text,
  password: text,
  reuse: z.boolean().default(false),
});
const page = z.strictObject({
  domain: text.optional(),
  after: text.optional(),
  notUpgraded: z.boolean().default(false),
  limit: z.int().min(1).max(1_000).default(100),
});

type PageParams = z.output<typeof page>;

/** The commands that keep accounts. Each answers once its change is on disk. */
export function userCommands(server: Server, storage: Storage): AdminCommand[] {
  const users = new Users(server, storage);
  return [
    adminCommand({
      name: 'user.add',
      summary: 'Creates an account.',
      params: newAccount,
      run: ({ jid, password, reuse }) => users.add(jid, password, reuse),
    }),
    adminCommand({
      name: 'user.passwd',
      summary: "Sets an account's password and ends its sessions.",
      params: accountWithPassword,
      run: ({ jid, password }) => users.setPassword(jid, password),
    }),
    adminCommand({
      name: 'user.disable',
      summary: 'Lets an account sign in no more, and ends its sessions.',
      params: account,
      run: ({ jid }) => users.setDisabled(jid, true),
    }),
    adminCommand({
      name: 'user.enable',
      summary: 'Lets a disabled account sign in again.',
      params: account,
      run: ({ jid }) => users.setDisabled(jid, false),
    }),
    adminCommand({
      name: 'user.delete',
      summary: 'Deletes an account with everything that belongs to it.',
      params: leaving,
      run: ({ jid, retire }) => users.delete(jid, retire),
    }),
    adminCommand({
      name: 'user.show',
      summary: 'Tells what there is of an account.',
      params: account,
      run: ({ jid }) => users.show(jid),
    }),
    adminCommand({
      name: 'user.list',
      summary: 'Lists accounts by domain and name.',
      params: page,
      run: (params) => users.list(params),
    }),
  ];
}

/** What an operator is told of a change that ends sessions. */
interface Closed {
  readonly jid: string;
  readonly closed: number;
}

class Users {
  readonly #server: Server;
  readonly #storage: Storage;
  readonly #domains: readonly string[];

  constructor(server: Server, storage: Storage) {
    this.#server = server;
    this.#storage = storage;
    this.#domains = [...server.hosts].map(({ host }) => host.domain);
  }

  async add(address: string, password: string, reuse: boolean): Promise<{ jid: string }> {
    const jid = this.#account(address);
    const { keeper } = this.#hostOf(jid);
    if (keeper.keptElsewhere) throw elsewhere(jid, keeper.keptElsewhere);
    const obstacle = await keeper.obstacle(jid.local);
    if (obstacle === 'exists' || (obstacle === 'retired' && !reuse)) throw refusal(jid, obstacle);
    await withPassword(() => keeper.create(jid.local, password));
    return { jid: jid.toString() };
  }

  /** Whoever signed in with the old password has to come back with the new one. */
  async setPassword(address: string, password: string): Promise<Closed> {
    const jid = this.#account(address);
    const { keeper } = this.#hostOf(jid);
    if (!keeper.canSetPasswords) throw elsewhere(jid, keeper.keptElsewhere ?? '');
    if (!keeper.keptElsewhere) await this.#require(jid);
    const closed = await withPassword(() => keeper.setPassword(jid.local, password));
    return { jid: jid.toString(), closed };
  }

  async setDisabled(address: string, isDisabled: boolean): Promise<Closed> {
    const jid = this.#account(address);
    const { keeper } = this.#hostOf(jid);
    if (!keeper.keptElsewhere) await this.#require(jid);
    const closed = await keeper.setDisabled(jid.local, isDisabled);
    return { jid: jid.toString(), closed };
  }

  async delete(address: string, retires: boolean): Promise<Closed> {
    const jid = this.#account(address);
    await this.#require(jid);
    const closed = await this.#hostOf(jid).keeper.remove(jid.local, { retires });
    return { jid: jid.toString(), closed };
  }

  async show(address: string): Promise<UserDetails> {
    const jid = this.#account(address);
    const record = await this.#require(jid);
    const { host, binder, modules } = this.#hostOf(jid);
    const account = await host.accounts.find(jid.local);
    const sessions = binder.list(jid.local).map((session) => session.jid.toString());
    const more = account ? await modules.factsOf(account) : {};
    return { ...factsOf(record), sessions, more };
  }

  async list({ domain, limit, notUpgraded, ...page }: PageParams): Promise<UserPage> {
    const after = page.after ?? null;
    const { users } = this.#storage;
    const found: UserFacts[] = [];
    for (const [index, each] of this.#domainsFrom(domain ?? null, after).entries()) {
      const start = index === 0 ? after : null;
      const rest = limit - found.length;
      const records = await (notUpgraded
        ? users.listImported(each, start, rest)
        : users.list(each, start, rest));
      found.push(...records.map(factsOf));
      if (found.length >= limit) return { users: found, next: found.at(-1)!.jid };
    }
    return { users: found, next: null };
  }

  /** The domains to list, the one where the page before ended first. */
  #domainsFrom(domain: string | null, after: string | null): readonly string[] {
    if (domain !== null) requireServed(domain, this.#domains);
    const wanted = domain === null ? this.#domains : [domain];
    return after === null
      ? wanted
      : wanted.slice(Math.max(0, wanted.indexOf(this.#account(after).domain)));
  }

  #account(address: string): Jid {
    return accountAddress(address, this.#domains);
  }

  #hostOf(jid: Jid): ServedHost {
    return requireKept(this.#server.find(jid.domain)!);
  }

  async #require(jid: Jid): Promise<UserRecord> {
    return (await this.#storage.users.find(jid.toString())) ?? notFound(jid);
  }
}

async function withPassword<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof SourceError) {
      const hint = 'Try again once it answers.';
      throw new AdminError('source-failed', `The account source failed: ${error.message}.`, hint);
    }
    if (error instanceof PasswordRefusedError) {
      throw new AdminError('bad-password', 'The account source takes no such password.');
    }
    if (!(error instanceof SaslprepError)) throw error;
    throw new AdminError('bad-password', `This cannot be a password: ${error.text}.`);
  }
}

function elsewhere({ domain }: Jid, source: string): AdminError {
  const message = `The accounts and passwords of ${domain} are kept elsewhere (${source}).`;
  const hint = 'Change them there; what they have here begins with the first sign-in.';
  return new AdminError('kept-elsewhere', message, hint);
}

function refusal(jid: Jid, obstacle: Obstacle): AdminError {
  if (obstacle === 'exists') {
    const hint = 'To set its password, use passwd.';
    return new AdminError('exists', `The account ${jid} exists already.`, hint);
  }
  const message = `The name ${jid} was somebody's until lately; others may still trust it.`;
  return new AdminError('retired', message, 'To give it away all the same, say --reuse.');
}

function notFound(jid: Jid): never {
  throw new AdminError('not-found', `There is no account ${jid}.`);
}

function factsOf({
  owner,
  isDisabled,
  created,
  lastLogin,
  nickname,
  source,
}: UserRecord): UserFacts {
  return { jid: owner, isDisabled, created, lastLogin, nickname, source };
}
