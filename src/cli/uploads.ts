import type { FilePage } from '../modules/upload/commands.ts';
import type { Config } from '../server/config/config.ts';
import { parseDuration } from '../server/config/quantities.ts';
import { AccountCommands, runOnAccounts } from './admin.ts';
import { CliError, EXIT } from './failure.ts';
import { count, formatBytes, formatTime, table } from './text.ts';
import { checkAccount, type Report } from './users.ts';

type Files = FilePage['files'];

export async function listUploads(config: Config, jid: string): Promise<Report> {
  const files = await readAll(config, checkAccount(config, jid));
  return { text: describeFiles(files), data: { files } };
}

async function readAll(config: Config, jid: string): Promise<Files> {
  const commands = new AccountCommands(config);
  const files: Files[number][] = [];
  try {
    for (let next: FilePage['next'] | undefined; next !== null; ) {
      const page: FilePage = await commands.run('upload.list', {
        jid,
        ...(next && { after: next }),
      });
      files.push(...page.files);
      next = page.next;
    }
  } finally {
    await commands.close();
  }
  return files;
}

/** Which files to remove: one of these has to be said. */
export interface PurgedFiles {
  readonly olderThan?: string;
  readonly files: readonly string[];
  readonly all: boolean;
}

export async function purgeUploads(
  config: Config,
  jid: string,
  which: PurgedFiles,
): Promise<Report> {
  const params = { jid: checkAccount(config, jid), ...filterOf(which) };
  const data = await runOnAccounts<{ removed: number }>(config, 'upload.purge', params);
  return { text: `Removed ${count(data.removed, 'file')}.`, data };
}

/** Throws `CliError`. */
function filterOf({ olderThan, files, all }: PurgedFiles): object {
  if ([olderThan !== undefined, files.length > 0, all].filter(Boolean).length !== 1) {
    const message = 'Say which files: --older-than <span>, --file <id>, or --all.';
    throw new CliError(message, '', EXIT.usage);
  }
  if (olderThan === undefined) return files.length > 0 ? { ids: files } : {};
  const span = parseDuration(olderThan);
  if (span !== null) return { before: Math.max(0, Date.now() - span) };
  throw new CliError(`${olderThan} is no time span such as 30d.`, '', EXIT.usage);
}

function describeFiles(files: Files): string {
  if (files.length === 0) return 'No files.';
  const rows = files.map(({ id, name, size, type, purpose, created, expires }) => [
    id,
    formatBytes(size),
    formatTime(created),
    formatTime(expires),
    purpose,
    type,
    name,
  ]);
  const total = formatBytes(files.reduce((sum, { size }) => sum + size, 0));
  const list = table(['ID', 'SIZE', 'CAME (UTC)', 'EXPIRES', 'FOR', 'TYPE', 'NAME'], rows);
  return `${list}\n${count(files.length, 'file')}, ${total}.`;
}
