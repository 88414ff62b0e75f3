import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, Ticket } from '../ports.ts';
import type { PushRegistration, PushStore } from '../push-port.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** The table `push`. */
export class PushTable {
  readonly #load;
  readonly #put;
  readonly #remove;

  constructor(db: Connection) {
    this.#load = db.prepare<[Owner], PushRegistration>(`
      SELECT service, node, options FROM push
      WHERE user = (SELECT id FROM user WHERE jid = ?) ORDER BY service, node`);
    this.#put = db.prepare<[string, string, string | null, Owner]>(`
      INSERT OR REPLACE INTO push (user, service, node, options)
      SELECT id, ?, ?, ? FROM user WHERE jid = ?`);
    this.#remove = db.prepare<[Owner, string, string | null]>(`
      DELETE FROM push WHERE user = (SELECT id FROM user WHERE jid = ?)
      AND service = ? AND node = coalesce(?, node)`);
  }

  load(owner: Owner): readonly PushRegistration[] {
    return this.#load.all(owner);
  }

  put(owner: Owner, { service, node, options }: PushRegistration): boolean {
    return this.#put.run(service, node, options, owner).changes > 0;
  }

  remove(owner: Owner, service: string, node: string | null): boolean {
    this.#remove.run(owner, service, node);
    return true;
  }
}

/** The port, over the table. */
export class SqlitePush implements PushStore {
  readonly #access: Access<{ push: PushTable }>;

  constructor(access: Access<{ push: PushTable }>) {
    this.#access = access;
  }

  load(owner: Owner): Maybe<readonly PushRegistration[]> {
    return this.#access.read(owner, ({ push }) => push.load(owner));
  }

  put(owner: Owner, registration: PushRegistration): Ticket {
    return this.#access.change(owner, ['push', 'put', owner, registration]);
  }

  remove(owner: Owner, service: string, node: string | null): Ticket {
    return this.#access.change(owner, ['push', 'remove', owner, service, node]);
  }
}
