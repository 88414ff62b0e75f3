import type { Migration } from './migration.ts';

/** Roster versions, and what the account's own services keep. */
export const accountServices: Migration = {
  version: 2,
  sql: `
  ALTER TABLE roster RENAME TO old_roster;
  CREATE TABLE roster (
    user         INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    contact      TEXT    NOT NULL,
    name         TEXT,
    subscription TEXT    NOT NULL CHECK (subscription IN ('none', 'to', 'from', 'both')),
    is_asking    INTEGER NOT NULL,
    is_approved  INTEGER NOT NULL,
    is_listed    INTEGER NOT NULL,
    groups       TEXT    NOT NULL,
    request      TEXT,
    version      INTEGER NOT NULL,
    PRIMARY KEY (user, contact)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO roster SELECT *, 1 FROM old_roster;
  DROP TABLE old_roster;
  CREATE TABLE roster_removal (
    user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    contact TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (user, contact)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE last_presence (
    user   INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
    stamp  INTEGER NOT NULL,
    stanza TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE block (
    user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    jid  TEXT    NOT NULL,
    PRIMARY KEY (user, jid)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE private_xml (
    user  INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
    xmlns TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    xml   TEXT    NOT NULL,
    PRIMARY KEY (user, xmlns, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE vcard (
    user       INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
    xml        TEXT    NOT NULL,
    photo_hash TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE retired_name (
    jid   TEXT    PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`,
};
