import type { Connection } from '../connection.ts';

/**
 * What one step removes of each table behind the index, some 3 ms of each; the first ten records
 * say what the index is made of.
 */
const REMOVALS = [
  'message_text_data WHERE id IN (SELECT id FROM message_text_data WHERE id > 10 LIMIT 64)',
  'message_text_docsize WHERE id IN (SELECT id FROM message_text_docsize LIMIT 1000)',
  `message_text_idx WHERE (segid, term) IN (SELECT segid, term FROM message_text_idx LIMIT 500)`,
];

/**
 * Empties the index of words in small steps. FTS5 itself would do it at once, for a large archive
 * in a second, or take each message out and keep its words for long. In between the index is of
 * no use: nobody may read or change it.
 */
export class Emptying {
  readonly #db: Connection;
  readonly #removeAll;

  constructor(db: Connection) {
    this.#db = db;
    this.#removeAll = db.prepare<[]>(
      `INSERT INTO message_text (message_text) VALUES ('delete-all')`,
    );
  }

  /** False once the index is empty, and good again. */
  step(): boolean {
    if (this.#removeSome()) return true;
    this.#removeAll.run();
    return false;
  }

  /** Such tables are protected from statements other than those of FTS5. */
  #removeSome(): boolean {
    this.#db.unsafeMode(true);
    try {
      return REMOVALS.some((what) => this.#db.prepare(`DELETE FROM ${what}`).run().changes > 0);
    } finally {
      this.#db.unsafeMode(false);
    }
  }
}
