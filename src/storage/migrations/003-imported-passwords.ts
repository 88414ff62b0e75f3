import type { Migration } from './migration.ts';

/** What verifies the passwords of imported accounts until the server sees them. */
export const importedPasswords: Migration = {
  version: 3,
  sql: `
  ALTER TABLE user ADD COLUMN imported TEXT;
  CREATE INDEX user_by_import ON user (domain, imported) WHERE imported IS NOT NULL;
`,
};
