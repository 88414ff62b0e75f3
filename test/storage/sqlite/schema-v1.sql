-- The SQLite schema of an Epode server, as a new installation gets it.
--
-- The file lies at <data directory>/epode.sqlite. While the server runs, look at
-- it with `sqlite3 -readonly`; change it only while the server is stopped.
-- Files of older versions are brought to exactly this schema when the server
-- starts, after a copy of the old file has been written beside it.
--
-- Times are milliseconds since 1970. Flags are 0 or 1.

PRAGMA application_id = 1164996452;   -- 'Epod': tells this file from other SQLite files
PRAGMA user_version = 1;              -- the version of this schema

-- Accounts. Everything that belongs to an account refers to user.id and goes
-- when the account is deleted. An id is never given a second time.
CREATE TABLE user (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  jid         TEXT    NOT NULL UNIQUE,  -- the bare JID, prepared: romeo@montague.example
  name        TEXT    GENERATED ALWAYS AS (substr(jid, 1, instr(jid, '@') - 1)) VIRTUAL,
  domain      TEXT    GENERATED ALWAYS AS (substr(jid, instr(jid, '@') + 1)) VIRTUAL,
  is_disabled INTEGER NOT NULL,         -- 1: may not log in, keeps its data
  created     INTEGER NOT NULL,
  last_login  INTEGER,
  nickname    TEXT,
  avatar_type TEXT,                     -- media type of the picture: image/png
  avatar      BLOB
) STRICT;

-- For listing the accounts of a domain by name, a page at a time.
CREATE INDEX user_by_domain ON user (domain, name);

-- What verifies a password (SCRAM, RFC 5802). Passwords themselves are stored nowhere.
CREATE TABLE credential (
  user        INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  hash        TEXT    NOT NULL,         -- SHA-1, SHA-256 or SHA-512
  iterations  INTEGER NOT NULL,
  salt        BLOB    NOT NULL,
  stored_key  BLOB    NOT NULL,
  server_key  BLOB    NOT NULL,
  PRIMARY KEY (user, hash)
) STRICT, WITHOUT ROWID;

-- Contacts: roster items, and people whose subscription request is unanswered.
CREATE TABLE roster (
  user         INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  contact      TEXT    NOT NULL,        -- the contact's bare JID
  name         TEXT,
  subscription TEXT    NOT NULL CHECK (subscription IN ('none', 'to', 'from', 'both')),
  is_asking    INTEGER NOT NULL,        -- 1: our request waits for the contact's answer
  is_approved  INTEGER NOT NULL,        -- 1: the contact's request is approved in advance
  is_listed    INTEGER NOT NULL,        -- 0: not in the roster, the contact only asked
  groups       TEXT    NOT NULL,        -- a JSON array of names
  request      TEXT,                    -- the contact's unanswered request, a whole stanza
  PRIMARY KEY (user, contact)
) STRICT, WITHOUT ROWID;

-- Messages that wait for their recipient to come online; id is the order of arrival.
CREATE TABLE offline (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  user   INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  stamp  INTEGER NOT NULL,              -- when the message arrived
  stanza TEXT    NOT NULL
) STRICT;

CREATE INDEX offline_by_user ON offline (user);

-- Random keys of this installation, each made when it is first needed.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
