import type { Maybe } from '../../lib/maybe.ts';
import type { LastPresence, LastPresenceStore, Owner } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** The table `last_presence`. */
export class LastPresenceTable {
  readonly #find;
  readonly #put;

  constructor(db: Connection) {
    this.#find = db.prepare<[Owner], LastPresence>(`
      SELECT stamp, stanza FROM last_presence WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#put = db.prepare<[number, string, Owner]>(`
      INSERT OR REPLACE INTO last_presence (user, stamp, stanza)
      SELECT id, ?, ? FROM user WHERE jid = ?`);
  }

  find(owner: Owner): LastPresence | null {
    return this.#find.get(owner) ?? null;
  }

  put(owner: Owner, { stamp, stanza }: LastPresence): boolean {
    return this.#put.run(stamp, stanza, owner).changes > 0;
  }
}

/** The port, over the table. */
export class SqliteLastPresences implements LastPresenceStore {
  readonly #access: Access<{ lastPresences: LastPresenceTable }>;

  constructor(access: Access<{ lastPresences: LastPresenceTable }>) {
    this.#access = access;
  }

  find(owner: Owner): Maybe<LastPresence | null> {
    return this.#access.read(owner, ({ lastPresences }) => lastPresences.find(owner));
  }

  note(owner: Owner, presence: LastPresence): void {
    this.#access.changeSoon(owner, ['lastPresences', 'put', owner, presence]);
  }
}
