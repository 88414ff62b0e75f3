import type { Migration } from './migration.ts';

/** Which accounts are kept elsewhere. */
export const accountSources: Migration = {
  version: 4,
  sql: 'ALTER TABLE user ADD COLUMN source TEXT;',
};
