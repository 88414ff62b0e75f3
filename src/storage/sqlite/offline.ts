import type { Maybe } from '../../lib/maybe.ts';
import type { OfflineMessage, OfflineStore, Owner, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

type NewMessage = Parameters<OfflineStore['append']>[1];

/** The table `offline`. */
export class OfflineTable {
  readonly #count;
  readonly #bytes;
  readonly #load;
  readonly #append;
  readonly #removeUpTo;
  readonly #expire;

  constructor(db: Connection) {
    this.#count = db
      .prepare<[Owner], number>(`
        SELECT count(*) FROM offline WHERE user = (SELECT id FROM user WHERE jid = ?)`)
      .pluck();
    this.#bytes = db
      .prepare<[Owner], number>(`
        SELECT coalesce(sum(octet_length(stanza)), 0) FROM offline
        WHERE user = (SELECT id FROM user WHERE jid = ?)`)
      .pluck();
    this.#load = db.prepare<[Owner], OfflineMessage>(`
      SELECT id, stamp, stanza FROM offline
      WHERE user = (SELECT id FROM user WHERE jid = ?) ORDER BY id`);
    this.#append = db.prepare<[number, string, Owner]>(`
      INSERT INTO offline (user, stamp, stanza) SELECT id, ?, ? FROM user WHERE jid = ?`);
    this.#removeUpTo = db.prepare<[Owner, number]>(`
      DELETE FROM offline WHERE user = (SELECT id FROM user WHERE jid = ?) AND id <= ?`);
    // By the oldest that stays: what arrived later has a higher id, so that nothing else is read.
    this.#expire = db.prepare<[number, string]>(`
      DELETE FROM offline WHERE id < coalesce(
        (SELECT id FROM offline WHERE stamp >= ? ORDER BY id LIMIT 1), 9223372036854775807)
        AND (SELECT domain FROM user WHERE user.id = offline.user) = ?`);
  }

  count(owner: Owner): number {
    return this.#count.get(owner) ?? 0;
  }

  bytes(owner: Owner): number {
    return this.#bytes.get(owner) ?? 0;
  }

  load(owner: Owner): readonly OfflineMessage[] {
    return this.#load.all(owner);
  }

  append(owner: Owner, { stamp, stanza }: NewMessage): boolean {
    return this.#append.run(stamp, stanza, owner).changes > 0;
  }

  removeUpTo(owner: Owner, id: number): boolean {
    this.#removeUpTo.run(owner, id);
    return true;
  }

  expire(domain: string, stamp: number): boolean {
    this.#expire.run(stamp, domain);
    return true;
  }
}

/** The port, over the table. */
export class SqliteOffline implements OfflineStore {
  readonly #access: Access<{ offline: OfflineTable }>;

  constructor(access: Access<{ offline: OfflineTable }>) {
    this.#access = access;
  }

  count(owner: Owner): Maybe<number> {
    return this.#access.read(owner, ({ offline }) => offline.count(owner));
  }

  bytes(owner: Owner): Maybe<number> {
    return this.#access.read(owner, ({ offline }) => offline.bytes(owner));
  }

  append(owner: Owner, message: NewMessage): Ticket {
    return this.#access.change(owner, ['offline', 'append', owner, message]);
  }

  load(owner: Owner): Maybe<readonly OfflineMessage[]> {
    return this.#access.read(owner, ({ offline }) => offline.load(owner));
  }

  removeUpTo(owner: Owner, id: number): Ticket {
    return this.#access.change(owner, ['offline', 'removeUpTo', owner, id]);
  }

  expire(domain: string, stamp: number): Ticket {
    return this.#access.changeAll(['offline', 'expire', domain, stamp]);
  }
}
