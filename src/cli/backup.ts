import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BackupFacts } from '../server/admin/backup.ts';
import type { Config } from '../server/config/config.ts';
import { displayPath } from '../server/config/problems.ts';
import { restoreDatabase } from '../storage/sqlite/restore.ts';
import { runOnAccounts } from './admin.ts';
import { formatBytes } from './text.ts';
import type { Report } from './users.ts';

/** Milliseconds that a backup may take. */
const BACKUP_TIMEOUT = 24 * 3_600_000;

/** Into a new file; in a directory under a name with the time. */
export async function backUp(config: Config, path: string): Promise<Report> {
  const file = isDirectory(path) ? join(resolve(path), newName()) : resolve(path);
  const data = await runOnAccounts<BackupFacts>(config, 'backup', { file }, BACKUP_TIMEOUT);
  const done = `Wrote ${displayPath(data.file)} (${formatBytes(data.bytes)}).`;
  return { text: [done, ...filesBeside(config)].join('\n'), data };
}

/** Puts a backup in the place of the stopped server's database. */
export function restore(config: Config, path: string): Report {
  const file = resolve(path);
  const replaced = restoreDatabase(file, config.dataDirectory);
  const done = `Restored ${displayPath(file)}.`;
  const kept = replaced && `What was there is kept as ${displayPath(replaced)}.`;
  return { text: [done, ...(kept ? [kept] : [])].join('\n'), data: { file, replaced } };
}

/** What people upload is no part of the database. */
function filesBeside({ dataDirectory }: Config): string[] {
  const uploads = join(dataDirectory, 'uploads');
  if (!existsSync(uploads)) return [];
  return [`Uploaded files are not in it: copy ${displayPath(uploads)} as well.`];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function newName(): string {
  return `epode-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.sqlite`;
}
