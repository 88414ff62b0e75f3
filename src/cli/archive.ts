import type { ExportedMessages, MessageFacts } from '../modules/archive/commands.ts';
import type { Config } from '../server/config/config.ts';
import { AccountCommands, runOnAccounts } from './admin.ts';
import { type Write, writeTo } from './output.ts';
import { count, printable, table } from './text.ts';
import { checkAccount, type Report } from './users.ts';

export interface SearchOptions {
  /** Whose conversation; all without it. */
  readonly with?: string;
  readonly limit: number;
}

/** What an account has said or heard, the best first. */
export async function searchArchive(
  config: Config,
  jid: string,
  words: readonly string[],
  options: SearchOptions,
): Promise<Report> {
  const params = { jid: checkAccount(config, jid), text: words.join(' '), ...options };
  const data = await runOnAccounts<{ messages: MessageFacts[] }>(config, 'archive.search', params);
  return { text: describeFound(data.messages), data };
}

function describeFound(messages: readonly MessageFacts[]): string {
  if (messages.length === 0) return 'No messages.';
  const rows = messages.map(({ time, from, to, body }) => [time, from, to, body ?? '']);
  return table(['TIME', 'FROM', 'TO', 'MESSAGE'], rows);
}

/** Writes an archive, the oldest message first: one JSON object a line. */
export async function exportArchive(
  config: Config,
  jid: string,
  { output, with: peer }: { readonly output?: string; readonly with?: string },
): Promise<Report> {
  const account = checkAccount(config, jid);
  const params = { jid: account, ...(peer !== undefined && { with: peer }) };
  const exported = await writeTo(output, (write) => writeAll(config, params, write));
  return { text: printable(`Exported ${count(exported, 'message')}.`), data: { exported } };
}

async function writeAll(config: Config, params: object, write: Write): Promise<number> {
  const commands = new AccountCommands(config);
  let exported = 0;
  try {
    for await (const messages of archivePages(commands, params)) {
      await write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
      exported += messages.length;
    }
  } finally {
    await commands.close();
  }
  return exported;
}

/** The messages of an archive a page at a time, the oldest first. */
export async function* archivePages(
  commands: AccountCommands,
  params: object,
): AsyncGenerator<ExportedMessages['messages']> {
  for (let next: number | null | undefined; next !== null; ) {
    const place = next === undefined ? {} : { after: next };
    const page = await commands.run<ExportedMessages>('archive.export', { ...params, ...place });
    yield page.messages;
    next = page.next;
  }
}
