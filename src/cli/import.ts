import { MAX_IMPORTED } from '../modules/transfer/commands.ts';
import type { ImportResult, PortableAccount } from '../modules/transfer/portable-account.ts';
import type { Config } from '../server/config/config.ts';
import { prepareDomain } from '../xmpp/domain.ts';
import { AccountCommands } from './admin.ts';
import { CliError } from './failure.ts';
import { count, printable } from './text.ts';
import type { Entry } from './transfer/entry.ts';
import { type Format, formatOf, readerOf } from './transfer/formats.ts';
import { importArchives } from './transfer/import-archives.ts';
import type { Report } from './users.ts';

/** How a file is imported. */
export interface ImportOptions {
  readonly format?: Format;
  /** Only accounts of this one, and those whose name has none. */
  readonly domain?: string;
  readonly dryRun: boolean;
  readonly reuse: boolean;
  /** Whether what has been said comes along, where the file has it. */
  readonly archives: boolean;
}

/** What became of a file's accounts. */
export interface ImportReport {
  readonly dryRun: boolean;
  readonly created: number;
  readonly exist: number;
  readonly refused: number;
  /** Of other domains than the one asked for. */
  readonly elsewhere: number;
  /** Messages of the archives of those created. */
  readonly messages: number;
  /** Pieces that accounts were created without. */
  readonly leftOut: number;
  /** The first of those refused, and of what was left out. */
  readonly problems: readonly Problem[];
  /** What the file has that is not imported, and how often. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Why the file could not be read to its end; null when it was. */
  readonly broken: string | null;
}

export interface Problem {
  readonly place: string;
  readonly jid: string | null;
  readonly what: string;
}

/** Characters of the accounts that go in one call, unless one alone has more. */
const BATCH_SIZE = 262_144;
/** Passwords that are hashed in one call. */
const BATCH_PASSWORDS = 20;
const MAX_PROBLEMS = 1_000;
const SHOWN_PROBLEMS = 50;

/**
 * Creates the accounts of a file. What it did before it met a fault in the file is in the
 * report; running it again goes on, since accounts that exist are passed over.
 */
export async function importUsers(
  config: Config,
  path: string,
  options: ImportOptions,
): Promise<{ report: Report; isWhole: boolean }> {
  const domain = domainOf(config, options.domain);
  const format = options.format ?? formatOf(path);
  const reader = readerOf(format, path, domain);
  const commands = new AccountCommands(config, 'thread');
  const work = new ImportWork(commands, options, options.domain === undefined ? null : domain);
  let broken: CliError | null = null;
  try {
    for await (const entry of reader.entries()) await work.take(entry);
    await work.finish();
    if (format === 'xml') await work.addArchives(path);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    broken = error;
  } finally {
    await work.finish().finally(() => commands.close());
  }
  const data = work.report(reader.ignored.all, broken && `${broken.message} ${broken.mend}`.trim());
  const isWhole = data.refused === 0 && data.broken === null;
  return { report: { text: describe(data), data }, isWhole };
}

/** The domain of names without one: the one asked for, or the only one that there is. */
function domainOf(config: Config, wanted: string | undefined): string | null {
  const domains = config.hosts.map((host) => host.domain);
  if (wanted === undefined) return domains.length === 1 ? domains[0]! : null;
  const domain = prepareDomain(wanted);
  if (domains.includes(domain)) return domain;
  throw new CliError(`The domain ${domain} is not served here.`, `Served: ${domains.join(', ')}.`);
}

class ImportWork {
  readonly #commands: AccountCommands;
  readonly #options: ImportOptions;
  readonly #onlyDomain: string | null;
  readonly #problems: Problem[] = [];
  /** In a dry run, names that would be taken by then. */
  readonly #taken = new Set<string>();
  readonly #created = new Set<string>();
  readonly #counts = { created: 0, exist: 0, refused: 0, elsewhere: 0, messages: 0, leftOut: 0 };
  #batch: (Entry & { account: PortableAccount })[] = [];
  #batchSize = 0;
  #batchPasswords = 0;

  constructor(commands: AccountCommands, options: ImportOptions, onlyDomain: string | null) {
    this.#commands = commands;
    this.#options = options;
    this.#onlyDomain = onlyDomain;
  }

  async take(entry: Entry): Promise<void> {
    const { account, place, problem } = entry;
    if (!account) return this.#refuse({ place, jid: null, what: problem });
    if (this.#isElsewhere(account.jid)) {
      this.#counts.elsewhere++;
      return;
    }
    const size = JSON.stringify(account).length;
    if (this.#batchSize + size > BATCH_SIZE) await this.#send();
    this.#batch.push({ ...entry, account });
    this.#batchSize += size;
    if (account.password !== undefined) this.#batchPasswords++;
    const isFull = this.#batch.length >= MAX_IMPORTED || this.#batchPasswords >= BATCH_PASSWORDS;
    if (isFull) await this.#send();
  }

  finish(): Promise<void> {
    return this.#send();
  }

  /** Of the accounts that it has created. */
  async addArchives(path: string): Promise<void> {
    if (!this.#options.archives || this.#created.size === 0) return;
    await importArchives(path, this.#created, this.#commands, {
      adopted: (count) => {
        this.#counts.messages += count;
      },
      missed: (problem) => this.#miss(problem),
    });
  }

  report(ignored: Readonly<Record<string, number>>, broken: string | null): ImportReport {
    const { dryRun } = this.#options;
    return { dryRun, ...this.#counts, problems: this.#problems, ignored, broken };
  }

  #isElsewhere(jid: string): boolean {
    if (this.#onlyDomain === null) return false;
    const domain = jid.slice(jid.indexOf('@') + 1);
    try {
      return prepareDomain(domain) !== this.#onlyDomain;
    } catch {
      // The server says what is wrong with it.
      return false;
    }
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchSize = 0;
    this.#batchPasswords = 0;
    if (batch.length === 0) return;
    const { dryRun, reuse } = this.#options;
    const accounts = batch.map(({ account }) => account);
    const params = { accounts, dryRun, reuse };
    const { results } = await this.#commands.run<{ results: ImportResult[] }>(
      'user.import',
      params,
    );
    for (const [index, result] of results.entries()) this.#note(batch[index]!, result);
  }

  #note({ place, leftOut }: Entry, result: ImportResult): void {
    const { jid, outcome, reason } = result;
    if (outcome === 'refused') {
      this.#refuse({ place, jid, what: reason });
    } else if (outcome === 'exists' || this.#taken.has(jid)) {
      this.#counts.exist++;
    } else {
      (this.#options.dryRun ? this.#taken : this.#created).add(jid);
      this.#counts.created++;
      for (const what of [...leftOut, ...result.leftOut]) this.#miss({ place, jid, what });
    }
  }

  #miss({ what, ...where }: Problem): void {
    this.#counts.leftOut++;
    this.#list({ ...where, what: `without ${what}` });
  }

  #refuse(problem: Problem): void {
    this.#counts.refused++;
    this.#list(problem);
  }

  #list(problem: Problem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
}

function describe(report: ImportReport): string {
  const { dryRun, created, exist, refused, elsewhere, messages, leftOut, problems } = report;
  const ignored = Object.entries(report.ignored);
  const unlisted = refused + leftOut - Math.min(problems.length, SHOWN_PROBLEMS);
  const lines = [
    ...problems.slice(0, SHOWN_PROBLEMS).map(describeProblem),
    ...(unlisted > 0 ? [`and ${unlisted} more`] : []),
    ...ignored.map(
      ([what, times]) => `not imported: ${what}${times > 1 ? ` (${times} times)` : ''}`,
    ),
    ...(report.broken === null ? [] : [report.broken]),
    `${dryRun ? 'Would create' : 'Created'} ${count(created, 'account')}; ${exist} exist already, ` +
      `${refused} refused${elsewhere > 0 ? `, ${elsewhere} of other domains` : ''}.`,
    ...(messages > 0 ? [`Their archives have ${count(messages, 'message')}.`] : []),
  ];
  return lines.map(printable).join('\n');
}

function describeProblem({ place, jid, what }: Problem): string {
  return `${place}: ${jid === null ? '' : `${jid}: `}${what}`;
}
