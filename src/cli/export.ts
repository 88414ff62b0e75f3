import type { ExportPage } from '../modules/transfer/commands.ts';
import type { Config } from '../server/config/config.ts';
import { AccountCommands } from './admin.ts';
import { type Write, writeTo } from './output.ts';
import { count, printable } from './text.ts';
import { type Format, formatOf, WRITERS } from './transfer/formats.ts';
import type { AccountWriter } from './transfer/writers.ts';
import type { Report } from './users.ts';

export interface ExportOptions {
  /** All domains without it. */
  readonly domain?: string;
  readonly format?: Format;
  /** Standard output without it. */
  readonly output?: string;
}

export interface ExportReport {
  readonly exported: number;
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
  const data = await writeTo(output, (write) => exportAll(config, options.domain, format, write));
  return { text: describe(data), data };
}

async function exportAll(
  config: Config,
  domain: string | undefined,
  format: Format,
  write: Write,
): Promise<ExportReport> {
  const writer = WRITERS[format];
  const commands = new AccountCommands(config);
  const domains = domain === undefined ? config.hosts.map((host) => host.domain) : [domain];
  const report = { exported: 0, shortened: [] as string[], withoutKeys: 0 };
  try {
    await write(writer.begin());
    for (const each of domains) {
      await write(writer.beginHost(each));
      for await (const page of pages(commands, each)) await write(add(page, writer, report));
      await write(writer.endHost());
    }
    await write(writer.end());
    return format === 'xml' ? report : { ...report, withoutKeys: 0 };
  } finally {
    await commands.close();
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

function add(
  { accounts, shortened }: ExportPage,
  writer: AccountWriter,
  report: { exported: number; shortened: string[]; withoutKeys: number },
): string {
  report.exported += accounts.length;
  report.shortened.push(...shortened);
  report.withoutKeys += accounts.filter(({ scram, disabled }) => !scram || disabled).length;
  return accounts.map(writer.account).join('');
}

function describe({ exported, shortened, withoutKeys }: ExportReport): string {
  const lines = [
    `Exported ${count(exported, 'account')}.`,
    ...(withoutKeys > 0 ? [`${withoutKeys} are disabled or have no SCRAM keys yet.`] : []),
    ...shortened.map((jid) => `${jid}: too large; without offline messages and private XML`),
  ];
  return lines.map(printable).join('\n');
}
