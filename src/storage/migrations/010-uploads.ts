import type { Migration } from './migration.ts';

/** Files that accounts have uploaded. */
export const uploads: Migration = {
  version: 10,
  sql: `
  CREATE TABLE upload (
    id       TEXT    PRIMARY KEY,
    user     INTEGER NOT NULL,
    domain   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    purpose  TEXT    NOT NULL
             CHECK (purpose IN ('message', 'profile', 'ephemeral', 'permanent')),
    created  INTEGER NOT NULL,
    expires  INTEGER,
    deadline INTEGER,
    due      INTEGER GENERATED ALWAYS AS (coalesce(deadline, expires)) VIRTUAL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX upload_by_user ON upload (user, created);
  CREATE INDEX upload_by_due ON upload (domain, due);
  CREATE TABLE upload_day (
    domain TEXT    PRIMARY KEY,
    day    INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`,
};
