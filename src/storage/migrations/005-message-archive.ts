import type { Migration } from './migration.ts';

/** The archive of messages, and conversations. */
export const messageArchive: Migration = {
  version: 5,
  sql: `
  CREATE TABLE peer (
    id            INTEGER PRIMARY KEY,
    jid           TEXT    NOT NULL UNIQUE,
    conversations INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE message (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    holders   INTEGER NOT NULL,
    reference INTEGER,
    stanza    TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE archive (
    user      INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    peer      INTEGER NOT NULL,
    reference INTEGER,
    is_unread INTEGER NOT NULL,
    PRIMARY KEY (user, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX archive_by_peer ON archive (user, peer, id, reference, is_unread);
  CREATE TABLE conversation (
    user    INTEGER NOT NULL,
    peer    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    read    INTEGER NOT NULL,
    unread  INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (user, peer)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE archive_preferences (
    user   INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
    policy TEXT    NOT NULL CHECK (policy IN ('always', 'roster', 'never')),
    always TEXT    NOT NULL,
    never  TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE ownerless_archive (
    user INTEGER PRIMARY KEY
  ) STRICT;
`,
};
