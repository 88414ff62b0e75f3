-- The schema of version 4, as its servers installed it.
PRAGMA application_id = 1164996452;
PRAGMA user_version = 4;
CREATE TABLE user (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  jid         TEXT    NOT NULL UNIQUE,
  name        TEXT    GENERATED ALWAYS AS (substr(jid, 1, instr(jid, '@') - 1)) VIRTUAL,
  domain      TEXT    GENERATED ALWAYS AS (substr(jid, instr(jid, '@') + 1)) VIRTUAL,
  is_disabled INTEGER NOT NULL,
  created     INTEGER NOT NULL,
  last_login  INTEGER,
  nickname    TEXT,
  avatar_type TEXT,
  avatar      BLOB,
  imported    TEXT,
  source      TEXT
) STRICT;
CREATE INDEX user_by_domain ON user (domain, name);
CREATE INDEX user_by_import ON user (domain, imported) WHERE imported IS NOT NULL;
CREATE TABLE credential (
  user        INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  hash        TEXT    NOT NULL,
  iterations  INTEGER NOT NULL,
  salt        BLOB    NOT NULL,
  stored_key  BLOB    NOT NULL,
  server_key  BLOB    NOT NULL,
  PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE offline (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  user   INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  stamp  INTEGER NOT NULL,
  stanza TEXT    NOT NULL
) STRICT;
CREATE INDEX offline_by_user ON offline (user);
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
