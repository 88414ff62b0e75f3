import type { ExportPage } from '../modules/transfer/commands.ts';
import { AdminError } from '../server/admin/command.ts';
import type { Config } from '../server/config/config.ts';
import { AccountCommands } from './admin.ts';
import { archivePages } from './archive.ts';
import { type Write, writeTo } from './output.ts';
import { count, printable } from './text.ts';
import { type Format, formatOf, WRITERS } from './transfer/formats.ts';
import type { AccountWriter, ArchiveWriter } from './transfer/writers.ts';
import type { Report } from './users.ts';

export interface ExportOptions {
  /** All domains without it. */
  readonly domain?: string;
  readonly format?: Format;
  /** Standard output without it. */
  readonly output?: string;
  /** Whether what has been said goes along, where the format has a place for it. */
  readonly archives: boolean;
}

export interface ExportReport {
  readonly exported: number;
  /** Messages of archives. */
  readonly messages: number;
  /** Accounts too large for the way here: without offline messages and private XML. */
  readonly shortened: readonly string[];
  /** How many have no way to sign in, in a format that has one for the others. */
  readonly withoutKeys: number;
}

/**
 * Writes accounts with all that they have but passwords. A file is made anew, for its
 * owner alone; one that breaks off is removed.
 */
export async function exportUsers(config: Config, options: ExportOptions): Promise<Report> {
  const { output } = options;
  const format = options.format ?? (output === undefined ? 'jsonl' : formatOf(output));
  const data = await writeTo(output, (write) => {
    const commands = new AccountCommands(config);
    return new Export(commands, WRITERS[format], options.archives, write)
      .run(domainsOf(config, options.domain))
      .finally(() => commands.close());
  });
  return { text: describe(data), data };
}

function domainsOf({ hosts }: Config, domain: string | undefined): readonly string[] {
  return domain === undefined ? hosts.map((host) => host.domain) : [domain];
}

class Export {
  readonly #commands: AccountCommands;
  readonly #writer: AccountWriter;
  readonly #archive: ArchiveWriter | null;
  readonly #write: Write;
  readonly #report = { exported: 0, messages: 0, shortened: [] as string[], withoutKeys: 0 };

  constructor(commands: AccountCommands, writer: AccountWriter, archives: boolean, write: Write) {
    this.#commands = commands;
    this.#writer = writer;
    this.#archive = archives ? writer.archive : null;
    this.#write = write;
  }

  async run(domains: readonly string[]): Promise<ExportReport> {
    const writer = this.#writer;
    await this.#write(writer.begin());
    for (const each of domains) {
      await this.#write(writer.beginHost(each));
      for await (const page of pages(this.#commands, each)) await this.#add(page);
      await this.#write(writer.endHost());
    }
    await this.#write(writer.end());
    return writer === WRITERS.xml ? this.#report : { ...this.#report, withoutKeys: 0 };
  }

  async #add({ accounts, shortened }: ExportPage): Promise<void> {
    const report = this.#report;
    report.exported += accounts.length;
    report.shortened.push(...shortened);
    report.withoutKeys += accounts.filter(({ scram, disabled }) => !scram || disabled).length;
    for (const account of accounts) {
      await this.#write(this.#writer.account(account));
      if (this.#archive) await this.#addArchive(this.#archive, account.jid);
      await this.#write(this.#writer.endAccount());
    }
  }

  async #addArchive(writer: ArchiveWriter, jid: string): Promise<void> {
    let isBegun = false;
    for await (const messages of this.#archiveOf(jid)) {
      if (!isBegun && messages.length > 0) await this.#write(writer.begin());
      isBegun ||= messages.length > 0;
      await this.#write(messages.map((message) => writer.message(message)).join(''));
      this.#report.messages += messages.length;
    }
    if (isBegun) await this.#write(writer.end());
  }

  /** Nothing where there are no archives, or the account is gone meanwhile. */
  async *#archiveOf(jid: string): ReturnType<typeof archivePages> {
    try {
      yield* archivePages(this.#commands, { jid });
    } catch (error) {
      if (!(error instanceof AdminError && error.code === 'not-found')) throw error;
    }
  }
}

async function* pages(commands: AccountCommands, domain: string): AsyncGenerator<ExportPage> {
  let after: string | null = null;
  do {
    const params: object = { domain, ...(after !== null && { after }) };
    const page: ExportPage = await commands.run<ExportPage>('user.export', params);
    yield page;
    after = page.next;
  } while (after !== null);
}

function describe({ exported, messages, shortened, withoutKeys }: ExportReport): string {
  const archived = messages > 0 ? `, with ${count(messages, 'message')} of their archives` : '';
  const lines = [
    `Exported ${count(exported, 'account')}${archived}.`,
    ...(withoutKeys > 0 ? [`${withoutKeys} are disabled or have no SCRAM keys yet.`] : []),
    ...shortened.map((jid) => `${jid}: too large; without offline messages and private XML`),
  ];
  return lines.map(printable).join('\n');
}
