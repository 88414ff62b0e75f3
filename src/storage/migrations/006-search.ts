import type { Migration } from './migration.ts';

/** The index of words that archives are searched by; what is in them already follows. */
export const search: Migration = {
  version: 6,
  sql: `
  CREATE VIRTUAL TABLE message_text USING fts5(
    body, holders,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
  );
  CREATE TABLE search_progress (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    upto INTEGER NOT NULL
  ) STRICT;
`,
};
