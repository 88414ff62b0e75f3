import type { Connection } from './connection.ts';
import { type Change, openTables, type Tables } from './tables.ts';

type Method = (...values: unknown[]) => boolean;

/**
 * Applies changes on one connection, synchronously: in the writer thread of a
 * server, inline in tests and in tools that work on a stopped server's file.
 */
export class SqliteStore {
  readonly tables: Tables;
  readonly #db: Connection;
  readonly #begin;
  readonly #commit;
  #applied = 0;

  constructor(db: Connection) {
    this.#db = db;
    this.tables = openTables(db);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#inTransaction(() => this.tables.archive.recover());
  }

  /**
   * Commits the changes together, all or nothing. Returns the ordinals of the
   * changes that had no effect, counted from 1 since this store was opened.
   * Throws SQLite's errors; then nothing of them is stored.
   */
  commit(changes: readonly Change[]): number[] {
    const refused: number[] = [];
    this.#inTransaction(() => {
      for (const change of changes) {
        this.#applied++;
        if (!this.#apply(change)) refused.push(this.#applied);
      }
    });
    return refused;
  }

  #inTransaction(task: () => void): void {
    this.#begin.run();
    try {
      task();
      this.tables.archive.flush();
      this.#commit.run();
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #apply([name, method, ...values]: Change): boolean {
    const table = this.tables[name] as unknown as Record<string, Method>;
    return table[method]!(...values);
  }

  close(): void {
    this.#db.close();
  }
}
