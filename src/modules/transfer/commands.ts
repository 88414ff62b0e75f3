import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { accountAddress, requireKept, requireServed } from '../../server/admin/addresses.ts';
import {
  type AdminCommand,
  AdminError,
  adminCommand,
  checkParams,
} from '../../server/admin/command.ts';
import type { ServedHost, Server } from '../../server/server.ts';
import type { Storage } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { SaslprepError } from '../../xmpp/saslprep.ts';
import {
  type CheckedAccount,
  type ImportResult,
  type PortableAccount,
  portableAccount,
} from './portable-account.ts';
import { readAccount } from './read-account.ts';
import { writeAccount } from './write-account.ts';

/** Accounts that one call may bring. */
export const MAX_IMPORTED = 100;

/** Characters after which an answer holds no further account. */
const PAGE_SIZE = 1_048_576;
/** Characters of one account: the rest of an answer's line is for what holds it. */
const MAX_ACCOUNT = 14_000_000;

const text = z.string().max(4_096);
const importParams = z.strictObject({
  accounts: z.array(z.looseObject({ jid: text })).max(MAX_IMPORTED),
  /** Tells what would happen, and changes nothing. */
  dryRun: z.boolean().default(false),
  /** Whether names of accounts that were deleted lately are given away. */
  reuse: z.boolean().default(false),
});
const exportParams = z.strictObject({
  domain: text,
  after: text.optional(),
  limit: z.int().min(1).max(100).default(50),
});

/** Accounts of one domain, by name. */
export interface ExportPage {
  readonly accounts: readonly PortableAccount[];
  /** Of those that an answer could not hold: without what waits for them and what clients keep. */
  readonly shortened: readonly string[];
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** The commands that bring whole accounts in and out. */
export function transferCommands(server: Server, storage: Storage, clock: Clock): AdminCommand[] {
  const transfer = new Transfer(server, storage, clock);
  return [
    adminCommand({
      name: 'user.import',
      summary: 'Creates accounts with all that they had elsewhere; those that exist stay.',
      params: importParams,
      run: (params) => transfer.import(params),
    }),
    adminCommand({
      name: 'user.export',
      summary: 'Gives out accounts with all that they have, but never passwords.',
      params: exportParams,
      run: ({ domain, after, limit }) => transfer.export(domain, after ?? null, limit),
    }),
  ];
}

type ImportParams = z.output<typeof importParams>;

class Transfer {
  readonly #server: Server;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #domains: readonly string[];

  constructor(server: Server, storage: Storage, clock: Clock) {
    this.#server = server;
    this.#storage = storage;
    this.#clock = clock;
    this.#domains = [...server.hosts].map(({ host }) => host.domain);
  }

  /** All are on disk when it resolves. The server goes on with its work in between. */
  async import({ accounts, ...manner }: ImportParams): Promise<{ results: ImportResult[] }> {
    const results: Promise<ImportResult>[] = [];
    for (const account of accounts) {
      results.push(this.#importOne(account, manner));
      await turn();
    }
    return { results: await Promise.all(results) };
  }

  async #importOne(
    raw: { jid: string },
    manner: Omit<ImportParams, 'accounts'>,
  ): Promise<ImportResult> {
    let name = raw.jid;
    try {
      const jid = accountAddress(raw.jid, this.#domains);
      name = jid.toString();
      const account = checkParams(name, portableAccount, raw);
      return await this.#adopt(jid, account, manner);
    } catch (error) {
      return { jid: name, outcome: 'refused', reason: reasonOf(error), leftOut: [] };
    }
  }

  async #adopt(
    jid: Jid,
    from: CheckedAccount,
    { dryRun, reuse }: Omit<ImportParams, 'accounts'>,
  ): Promise<ImportResult> {
    const { keeper } = this.#hostOf(jid);
    const exists = { jid: jid.toString(), outcome: 'exists', reason: '', leftOut: [] } as const;
    const obstacle = await keeper.obstacle(jid.local);
    if (obstacle === 'exists') return exists;
    if (obstacle === 'retired' && !reuse) throw retired();
    const { account, leftOut } = readAccount(jid, from, this.#clock.now());
    const isNew = dryRun || (await keeper.adopt(account, from.password ?? null));
    return isNew ? { ...exists, outcome: 'created', leftOut } : exists;
  }

  async export(domain: string, after: string | null, limit: number): Promise<ExportPage> {
    requireServed(domain, this.#domains);
    const records = await this.#storage.users.list(domain, after, limit);
    const accounts: PortableAccount[] = [];
    const shortened: string[] = [];
    let size = 0;
    for (const { owner } of records) {
      const account = await this.#write(owner, shortened);
      if (account) accounts.push(account);
      size += JSON.stringify(account).length;
      if (size > PAGE_SIZE) return { accounts, shortened, next: owner };
    }
    const isLast = records.length < limit;
    return { accounts, shortened, next: isLast ? null : records.at(-1)!.owner };
  }

  /** Null for one that has been deleted meanwhile. */
  async #write(owner: string, shortened: string[]): Promise<PortableAccount | null> {
    const found = await this.#storage.accounts.load(owner);
    if (!found) return null;
    const account = writeAccount(found);
    if (JSON.stringify(account).length <= MAX_ACCOUNT) return account;
    shortened.push(owner);
    return writeAccount({ ...found, offline: [], privateXml: [] });
  }

  #hostOf(jid: Jid): ServedHost {
    return requireKept(this.#server.find(jid.domain)!);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AdminError) return `${error.message} ${error.hint}`.trim();
  if (error instanceof SaslprepError) return `This cannot be a password: ${error.text}.`;
  throw error;
}

function retired(): AdminError {
  const message = "The name was somebody's until lately; others may still trust it.";
  return new AdminError('retired', message, 'To give it away all the same, say --reuse.');
}
