import type { Migration } from './migration.ts';

/** New messages on their way into archives. */
export const arrivals: Migration = {
  version: 11,
  sql: `
  CREATE TABLE arrival (
    id      INTEGER PRIMARY KEY,
    holders TEXT    NOT NULL
  ) STRICT;
`,
};
