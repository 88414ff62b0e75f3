import type { Migration } from './migration.ts';

/** What clients come back with instead of a password. */
export const tokens: Migration = {
  version: 7,
  sql: `
  CREATE TABLE token (
    user      INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    client    TEXT    NOT NULL,
    slot      TEXT    NOT NULL CHECK (slot IN ('new', 'current')),
    name      TEXT    NOT NULL,
    mechanism TEXT    NOT NULL,
    sealed    BLOB    NOT NULL,
    issued    INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    count     INTEGER,
    used      INTEGER,
    PRIMARY KEY (user, client, slot)
  ) STRICT, WITHOUT ROWID;
`,
};
