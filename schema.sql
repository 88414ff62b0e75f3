-- The SQLite schema of an Epode server, as a new installation gets it.
--
-- The file lies at <data directory>/epode.sqlite. While the server runs, look at
-- it with `sqlite3 -readonly`; change it only while the server is stopped.
-- Files of older versions are brought to exactly this schema when the server
-- starts, after a copy of the old file has been written beside it.
--
-- Times are milliseconds since 1970. Flags are 0 or 1.

PRAGMA application_id = 1164996452;   -- 'Epod': tells this file from other SQLite files
PRAGMA user_version = 5;              -- the version of this schema

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
  avatar      BLOB,
  imported    TEXT,                     -- NULL once there are keys of every SCRAM hash; else a
                                        -- bcrypt hash, or which keys there are: 'SHA-1 SHA-256'
  source      TEXT                      -- where the account is kept: http, jwt, ldap; NULL: here
) STRICT;

-- For listing the accounts of a domain by name, a page at a time.
CREATE INDEX user_by_domain ON user (domain, name);

-- For which sign-in suits every account of a domain.
CREATE INDEX user_by_import ON user (domain, imported) WHERE imported IS NOT NULL;

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
  version      INTEGER NOT NULL,        -- of the roster, when this item last changed
  PRIMARY KEY (user, contact)
) STRICT, WITHOUT ROWID;

-- Contacts who have been removed, for clients that know an older version of the
-- roster. The newest hundred of each account.
CREATE TABLE roster_removal (
  user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  contact TEXT    NOT NULL,
  version INTEGER NOT NULL,             -- of the roster, when the contact was removed
  PRIMARY KEY (user, contact)
) STRICT, WITHOUT ROWID;

-- When and with which words each account's last resource went.
CREATE TABLE last_presence (
  user   INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
  stamp  INTEGER NOT NULL,
  stanza TEXT    NOT NULL               -- presence of type unavailable
) STRICT;

-- Whom accounts have blocked: full or bare JIDs, or domains (XEP-0191).
CREATE TABLE block (
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  jid  TEXT    NOT NULL,
  PRIMARY KEY (user, jid)
) STRICT, WITHOUT ROWID;

-- What clients keep for themselves (XEP-0049), one element a row.
CREATE TABLE private_xml (
  user  INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  xmlns TEXT    NOT NULL,
  name  TEXT    NOT NULL,               -- of the element, without prefix
  xml   TEXT    NOT NULL,
  PRIMARY KEY (user, xmlns, name)
) STRICT, WITHOUT ROWID;

-- Visiting cards (XEP-0054). Nickname and picture are in the table user as well.
CREATE TABLE vcard (
  user       INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
  xml        TEXT    NOT NULL,
  photo_hash TEXT    NOT NULL           -- SHA-1 of the picture in hexadecimal, '' for none
) STRICT;

-- Names of deleted accounts, which nobody gets for a while.
CREATE TABLE retired_name (
  jid   TEXT    PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Messages that wait for their recipient to come online; id is the order of arrival.
CREATE TABLE offline (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  user   INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  stamp  INTEGER NOT NULL,              -- when the message arrived
  stanza TEXT    NOT NULL
) STRICT;

CREATE INDEX offline_by_user ON offline (user);

-- Sessions that go on where the server comes back (XEP-0198): written at a clean stop,
-- gone with the next start.
CREATE TABLE session (
  id    INTEGER PRIMARY KEY,
  user  INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  state TEXT    NOT NULL                -- JSON, with a version of its own
) STRICT;

CREATE INDEX session_by_user ON session (user);

-- How many stanzas of clients' were handled, for those who come back after the server
-- was killed. The newest ten minutes; id is the order.
CREATE TABLE handled (
  id     INTEGER PRIMARY KEY,
  domain TEXT    NOT NULL,
  stamp  INTEGER NOT NULL,
  notes  TEXT    NOT NULL               -- JSON: [account, session, number]
) STRICT;

-- Random keys of this installation, each made when it is first needed.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
