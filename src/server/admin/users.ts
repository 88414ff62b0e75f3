import { z } from 'zod';
import type { Storage, StoredScramKeys, UserRecord } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { SaslprepError } from '../../xmpp/saslprep.ts';
import { accountAddress, requireServed } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';
import type { SessionControl } from './ports.ts';

export interface UserCommandDeps {
  readonly storage: Storage;
  readonly hosts: readonly { readonly domain: string; readonly scramIterations: number }[];
  deriveKeys(password: string, iterations: number): Promise<readonly StoredScramKeys[]>;
  /** Absent where no server runs on the store. */
  readonly sessions?: SessionControl;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An account as operators see it. */
export interface UserFacts {
  readonly jid: string;
  readonly isDisabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly lastLogin: number | null;
}

export interface UserPage {
  readonly users: readonly UserFacts[];
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

const text = z.string().max(4_096);
const account = z.strictObject({ jid: text });
const accountWithPassword = z.strictObject({ jid: text, password: text });
const page = z.strictObject({
  domain: text.optional(),
  after: text.optional(),
  limit: z.int().min(1).max(1_000).default(100),
});

/** The commands that keep accounts. Each answers once its change is on disk. */
export function userCommands(deps: UserCommandDeps): AdminCommand[] {
  const users = new Users(deps);
  return [
    adminCommand({
      name: 'user.add',
      summary: 'Creates an account.',
      params: accountWithPassword,
      run: ({ jid, password }) => users.add(jid, password),
    }),
    adminCommand({
      name: 'user.passwd',
      summary: "Sets an account's password and ends its sessions.",
      params: accountWithPassword,
      run: ({ jid, password }) => users.setPassword(jid, password),
    }),
    adminCommand({
      name: 'user.delete',
      summary: 'Deletes an account with everything that belongs to it.',
      params: account,
      run: ({ jid }) => users.delete(jid),
    }),
    adminCommand({
      name: 'user.list',
      summary: 'Lists accounts by domain and name.',
      params: page,
      run: ({ domain, after, limit }) => users.list(domain ?? null, after ?? null, limit),
    }),
  ];
}

class Users {
  readonly #deps: UserCommandDeps;

  constructor(deps: UserCommandDeps) {
    this.#deps = deps;
  }

  async add(address: string, password: string): Promise<{ jid: string }> {
    const jid = this.#account(address);
    const owner = jid.toString();
    const keys = await this.#keys(jid, password);
    if (await this.#deps.storage.users.find(owner)) throw exists(owner);
    const created = this.#deps.now();
    const blank = { nickname: null, avatar: null, isDisabled: false, lastLogin: null };
    await this.#deps.storage.users.create({ owner, created, ...blank }, keys);
    return { jid: owner };
  }

  /** Whoever signed in with the old password has to come back with the new one. */
  async setPassword(address: string, password: string): Promise<{ jid: string; closed: number }> {
    const jid = this.#account(address);
    const owner = jid.toString();
    const keys = await this.#keys(jid, password);
    await this.#require(owner);
    const { users, durability } = this.#deps.storage;
    await durability.whenCommitted(users.setKeys(owner, keys));
    return { jid: owner, closed: await this.#close(owner, 'the password has changed') };
  }

  /** Disabled first, so that nobody signs in while the sessions end and then writes anew. */
  async delete(address: string): Promise<{ jid: string; closed: number }> {
    const owner = this.#account(address).toString();
    await this.#require(owner);
    const { users, durability } = this.#deps.storage;
    await durability.whenCommitted(users.update(owner, { isDisabled: true }));
    const closed = await this.#close(owner, 'the account has been deleted');
    await durability.whenCommitted(users.delete(owner));
    this.#deps.sessions?.forget(owner);
    // Whoever had signed in before may have asked for a session only meanwhile.
    const late = await this.#close(owner, 'the account has been deleted');
    return { jid: owner, closed: closed + late };
  }

  async list(domain: string | null, after: string | null, limit: number): Promise<UserPage> {
    const found: UserFacts[] = [];
    const domains = this.#domainsFrom(domain, after);
    for (const [index, each] of domains.entries()) {
      const start = index === 0 ? after : null;
      const records = await this.#deps.storage.users.list(each, start, limit - found.length);
      found.push(...records.map(factsOf));
      if (found.length >= limit) return { users: found, next: found.at(-1)!.jid };
    }
    return { users: found, next: null };
  }

  /** The domains to list, the one where the page before ended first. */
  #domainsFrom(domain: string | null, after: string | null): readonly string[] {
    const all = this.#domains();
    if (domain !== null) requireServed(domain, all);
    const wanted = domain === null ? all : [domain];
    return after === null
      ? wanted
      : wanted.slice(Math.max(0, wanted.indexOf(this.#account(after).domain)));
  }

  #domains(): readonly string[] {
    return this.#deps.hosts.map((host) => host.domain);
  }

  #account(address: string): Jid {
    return accountAddress(address, this.#domains());
  }

  async #keys(jid: Jid, password: string): Promise<readonly StoredScramKeys[]> {
    const host = this.#deps.hosts.find((each) => each.domain === jid.domain)!;
    try {
      return await this.#deps.deriveKeys(password, host.scramIterations);
    } catch (error) {
      if (!(error instanceof SaslprepError)) throw error;
      throw new AdminError('bad-password', `This cannot be a password: ${error.text}.`);
    }
  }

  async #require(owner: string): Promise<void> {
    if (await this.#deps.storage.users.find(owner)) return;
    throw new AdminError('not-found', `There is no account ${owner}.`);
  }

  async #close(owner: string, why: string): Promise<number> {
    return (await this.#deps.sessions?.close(owner, 'not-authorized', why)) ?? 0;
  }
}

function exists(owner: string): AdminError {
  const hint = 'To set its password, use passwd.';
  return new AdminError('exists', `The account ${owner} exists already.`, hint);
}

function factsOf({ owner, isDisabled, created, lastLogin }: UserRecord): UserFacts {
  return { jid: owner, isDisabled, created, lastLogin };
}
