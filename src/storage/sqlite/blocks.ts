import type { Maybe } from '../../lib/maybe.ts';
import type { BlockStore, Owner, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** The table `block`. */
export class BlockTable {
  readonly #load;
  readonly #add;
  readonly #remove;
  readonly #exists;

  constructor(db: Connection) {
    this.#load = db
      .prepare<[Owner], string>(`
        SELECT jid FROM block WHERE user = (SELECT id FROM user WHERE jid = ?) ORDER BY jid`)
      .pluck();
    this.#add = db.prepare<[string, Owner]>(`
      INSERT OR IGNORE INTO block (user, jid) SELECT id, ? FROM user WHERE jid = ?`);
    this.#remove = db.prepare<[Owner, string]>(`
      DELETE FROM block WHERE user = (SELECT id FROM user WHERE jid = ?) AND jid = ?`);
    this.#exists = db.prepare<[Owner], 1>('SELECT 1 FROM user WHERE jid = ?').pluck();
  }

  load(owner: Owner): readonly string[] {
    return this.#load.all(owner);
  }

  add(owner: Owner, jids: readonly string[]): boolean {
    for (const jid of jids) this.#add.run(jid, owner);
    return this.#exists.get(owner) !== undefined;
  }

  remove(owner: Owner, jids: readonly string[]): boolean {
    for (const jid of jids) this.#remove.run(owner, jid);
    return true;
  }
}

/** The port, over the table. */
export class SqliteBlocks implements BlockStore {
  readonly #access: Access<{ blocks: BlockTable }>;

  constructor(access: Access<{ blocks: BlockTable }>) {
    this.#access = access;
  }

  load(owner: Owner): Maybe<readonly string[]> {
    return this.#access.read(owner, ({ blocks }) => blocks.load(owner));
  }

  add(owner: Owner, jids: readonly string[]): Ticket {
    return this.#access.change(owner, ['blocks', 'add', owner, jids]);
  }

  remove(owner: Owner, jids: readonly string[]): Ticket {
    return this.#access.change(owner, ['blocks', 'remove', owner, jids]);
  }
}
