-- The SQLite schema of an Epode server, as a new installation gets it.
--
-- The file lies at <data directory>/epode.sqlite. While the server runs, look at
-- it with `sqlite3 -readonly`; change it only while the server is stopped.
-- Files of older versions are brought to exactly this schema when the server
-- starts, after a copy of the old file has been written beside it.
--
-- Times are milliseconds since 1970. Flags are 0 or 1.

PRAGMA application_id = 1164996452;   -- 'Epod': tells this file from other SQLite files
PRAGMA user_version = 11;             -- the version of this schema

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

-- What clients come back with instead of a password (XEP-0484), two of a client at most:
-- a new one, and the current one until the new one is used.
CREATE TABLE token (
  user      INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  client    TEXT    NOT NULL,           -- the id of the client's installation, a UUID
  slot      TEXT    NOT NULL CHECK (slot IN ('new', 'current')),
  name      TEXT    NOT NULL,           -- what the client calls itself, '' for nothing
  mechanism TEXT    NOT NULL,           -- the one that the token is for: HT-SHA-256-EXPR
  sealed    BLOB    NOT NULL,           -- the token: nonce, AES-256-GCM, tag; its key is a secret
  issued    INTEGER NOT NULL,
  expires   INTEGER NOT NULL,           -- 0: revoked
  count     INTEGER,                    -- the highest that came with it, which none may repeat
  used      INTEGER,                    -- when it last signed the client in
  PRIMARY KEY (user, client, slot)
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

-- Where accounts want push notifications to go (XEP-0357).
CREATE TABLE push (
  user    INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  service TEXT    NOT NULL,             -- JID of the push service
  node    TEXT    NOT NULL,             -- '' for none
  options TEXT,                         -- the form of publish options; NULL for none
  PRIMARY KEY (user, service, node)
) STRICT, WITHOUT ROWID;

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

-- The other sides of conversations, a number each.
CREATE TABLE peer (
  id            INTEGER PRIMARY KEY,
  jid           TEXT    NOT NULL UNIQUE,  -- bare JID
  conversations INTEGER NOT NULL          -- with this peer; the row goes with the last
) STRICT;

-- Messages in archives (XEP-0313), once each, however many archives hold them. The id
-- is (milliseconds since 2024-01-01) * 4096 and a counter.
CREATE TABLE message (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  holders   INTEGER NOT NULL,           -- how many archives; the row goes with the last
  reference INTEGER,                    -- hash of sender and id attribute, 16 bits; NULL: no id
  stanza    TEXT    NOT NULL
) STRICT;

-- Which messages each account's archive has. Without a reference to the account: rows
-- of a deleted one go in small steps (ownerless_archive).
CREATE TABLE archive (
  user      INTEGER NOT NULL,
  id        INTEGER NOT NULL,           -- message.id
  peer      INTEGER NOT NULL,           -- peer.id: whose conversation it is in
  reference INTEGER,                    -- message.reference
  is_unread INTEGER NOT NULL,           -- 1: counts as unread until it is read
  PRIMARY KEY (user, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX archive_by_peer ON archive (user, peer, id, reference, is_unread);

-- Who has which new message. It is in the archives within a second: they are all over the
-- file, so that a commit with many messages costs less than many with few.
CREATE TABLE arrival (
  id      INTEGER PRIMARY KEY,          -- message.id
  holders TEXT    NOT NULL              -- JSON: [user.id, bare JID of the peer, unread, read
                                        -- or neither] of each archive
) STRICT;

-- Conversations of each account: all its messages with one peer. Like the archive
-- without a reference to the account.
CREATE TABLE conversation (
  user    INTEGER NOT NULL,
  peer    INTEGER NOT NULL,             -- peer.id
  created INTEGER NOT NULL,             -- when the first message came
  last    INTEGER NOT NULL,             -- message.id of the newest message
  read    INTEGER NOT NULL,             -- message.id up to which all is read
  unread  INTEGER NOT NULL,             -- how many messages behind that are unread
  count   INTEGER NOT NULL,             -- how many messages are in the archive
  PRIMARY KEY (user, peer)
) STRICT, WITHOUT ROWID;

-- The words of archived messages, by message.id; without their texts, which are there.
-- What is written without spaces has one after each character.
CREATE VIRTUAL TABLE message_text USING fts5(
  body, holders,                        -- holders: u and user.id of each who has it
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- How far the index of words has come: it follows the archive.
CREATE TABLE search_progress (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  upto INTEGER NOT NULL                 -- message.id; -1: it is off, and empty or being emptied
) STRICT;

-- What each account wants in its archive (XEP-0441).
CREATE TABLE archive_preferences (
  user   INTEGER PRIMARY KEY REFERENCES user ON DELETE CASCADE,
  policy TEXT    NOT NULL CHECK (policy IN ('always', 'roster', 'never')),
  always TEXT    NOT NULL,              -- JSON arrays of JIDs
  never  TEXT    NOT NULL
) STRICT;

-- Deleted accounts whose rows in archive and conversation are still to be removed.
CREATE TABLE ownerless_archive (
  user INTEGER PRIMARY KEY              -- what user.id was
) STRICT;

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

-- Files that accounts have uploaded (XEP-0363), and slots for those that may come. The bytes
-- lie in <data directory>/uploads, named by id. Without a reference to the account: files of a
-- deleted one become due, and go in small steps.
CREATE TABLE upload (
  id       TEXT    PRIMARY KEY,         -- 128 random bits in hexadecimal; in the file's URL
  user     INTEGER NOT NULL,            -- user.id
  domain   TEXT    NOT NULL,            -- of the account
  name     TEXT    NOT NULL,
  type     TEXT    NOT NULL,            -- media type; '' for unknown
  size     INTEGER NOT NULL,
  purpose  TEXT    NOT NULL
           CHECK (purpose IN ('message', 'profile', 'ephemeral', 'permanent')),
  created  INTEGER NOT NULL,            -- of the slot, then of the file
  expires  INTEGER,                     -- when the file goes; NULL: never, 0: at once
  deadline INTEGER,                     -- until when the file may come; NULL once it is there
  due      INTEGER GENERATED ALWAYS AS (coalesce(deadline, expires)) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_by_user ON upload (user, created);
CREATE INDEX upload_by_due ON upload (domain, due);

-- Bytes that the accounts of a domain have got slots for on the newest day.
CREATE TABLE upload_day (
  domain TEXT    PRIMARY KEY,
  day    INTEGER NOT NULL,              -- since 1970, in UTC
  bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Random keys of this installation, each made when it is first needed.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
