import type { Migration } from './migration.ts';

/** Sessions that wait for their clients while the server is not there. */
export const sessions: Migration = {
  version: 9,
  sql: `
  CREATE TABLE session (
    id    INTEGER PRIMARY KEY,
    user  INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    state TEXT    NOT NULL
  ) STRICT;
  CREATE INDEX session_by_user ON session (user);
  CREATE TABLE handled (
    id     INTEGER PRIMARY KEY,
    domain TEXT    NOT NULL,
    stamp  INTEGER NOT NULL,
    notes  TEXT    NOT NULL
  ) STRICT;
`,
};
