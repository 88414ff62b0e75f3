import type { Connection } from './connection.ts';

/** The table `secret`. */
export class SecretTable {
  readonly #find;
  readonly #add;

  constructor(db: Connection) {
    this.#find = db.prepare<[string], Buffer>('SELECT value FROM secret WHERE name = ?').pluck();
    this.#add = db.prepare<[string, Uint8Array]>('INSERT OR IGNORE INTO secret VALUES (?, ?)');
  }

  find(name: string): Buffer | null {
    return this.#find.get(name) ?? null;
  }

  /** A secret that is there stays: of two who make it at once, the first one decides. */
  add(name: string, value: Uint8Array): boolean {
    this.#add.run(name, value);
    return true;
  }
}
