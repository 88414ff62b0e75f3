import type { Owner, SessionStore, StoredSession, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** The table `session`. */
export class SessionTable {
  readonly #all;
  readonly #put;
  readonly #clear;

  constructor(db: Connection) {
    this.#all = db.prepare<[string], StoredSession>(`
      SELECT user.jid AS owner, session.state FROM session JOIN user ON user.id = session.user
      WHERE user.domain = ?`);
    this.#put = db.prepare<[string, Owner]>(`
      INSERT INTO session (user, state) SELECT id, ? FROM user WHERE jid = ?`);
    this.#clear = db.prepare<[string]>(`
      DELETE FROM session WHERE user IN (SELECT id FROM user WHERE domain = ?)`);
  }

  all(domain: string): readonly StoredSession[] {
    return this.#all.all(domain);
  }

  put({ owner, state }: StoredSession): boolean {
    return this.#put.run(state, owner).changes > 0;
  }

  clear(domain: string): boolean {
    this.#clear.run(domain);
    return true;
  }
}

/** The port, over the table. */
export class SqliteSessions implements SessionStore {
  readonly #access: Access<{ sessions: SessionTable }>;

  constructor(access: Access<{ sessions: SessionTable }>) {
    this.#access = access;
  }

  put(session: StoredSession): Ticket {
    return this.#access.change(session.owner, ['sessions', 'put', session]);
  }

  async takeAll(domain: string): Promise<readonly StoredSession[]> {
    const found = await this.#access.readAll(({ sessions }) => sessions.all(domain));
    if (found.length === 0) return found;
    this.#access.changeAll(['sessions', 'clear', domain]);
    // What comes of them must not come again from the same rows.
    await this.#access.readAll(() => undefined);
    return found;
  }
}
