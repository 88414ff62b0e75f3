import { accountServices } from './002-account-services.ts';
import { importedPasswords } from './003-imported-passwords.ts';
import { accountSources } from './004-account-sources.ts';
import { messageArchive } from './005-message-archive.ts';
import { search } from './006-search.ts';
import { tokens } from './007-tokens.ts';
import { push } from './008-push.ts';
import { sessions } from './009-sessions.ts';
import { uploads } from './010-uploads.ts';
import { arrivals } from './011-arrivals.ts';
import type { Migration } from './migration.ts';

/**
 * All migrations, oldest first, without gaps. Version 1 was the first schema.
 * A migrated file must come out with the same `sqlite_master` as a new one but for
 * spaces and comments, so a table that changes in its midst is rebuilt with the text
 * that `schema.sql` has for it.
 */
export const migrations: readonly Migration[] = [
  accountServices,
  importedPasswords,
  accountSources,
  messageArchive,
  search,
  tokens,
  push,
  sessions,
  uploads,
  arrivals,
];

/** The version that `schema.sql` installs. */
export const schemaVersion = 1 + migrations.length;

/** The migrations that a database of version `from` still needs. */
export function migrationsAfter(from: number, all: readonly Migration[]): readonly Migration[] {
  return all.filter((migration) => migration.version > from);
}
