import type { Migration } from './migration.ts';

/** Where accounts want push notifications to go. */
export const push: Migration = {
  version: 8,
  sql: `
  CREATE TABLE push (
    user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    service TEXT    NOT NULL,
    node    TEXT    NOT NULL,
    options TEXT,
    PRIMARY KEY (user, service, node)
  ) STRICT, WITHOUT ROWID;
`,
};
