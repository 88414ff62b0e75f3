import type { Command } from 'commander';
import type { Config } from '../server/config/config.ts';
import { collect } from './options.ts';
import { listUploads, purgeUploads } from './uploads.ts';
import type { Report } from './users.ts';

interface Means {
  configOf(program: Command): Config;
  show(program: Command, report: Report): void;
}

export function addUploadCommands(program: Command, { configOf, show }: Means): void {
  const upload = program.command('upload').description('look after uploaded files');
  upload
    .command('list <jid>')
    .description('list the files of an account, the newest first')
    .action(async (jid: string) => show(program, await listUploads(configOf(program), jid)));
  upload
    .command('purge <jid>')
    .description('remove files of an account')
    .option('--older-than <span>', 'that came before then, such as 30d')
    .option('--file <id>', 'of that id; may be given again', collect, [])
    .option('--all', 'all of them', false)
    .action(async (jid: string, { olderThan, file: files, all }) => {
      const which = { olderThan, files, all };
      show(program, await purgeUploads(configOf(program), jid, which));
    });
}
