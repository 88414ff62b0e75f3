import type { Maybe } from '../../lib/maybe.ts';
import type { HandledNote, Owner, SessionStore, StoredSession, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** Milliseconds for which notes are kept. */
const NOTES_KEPT = 600_000;

/** The tables `session` and `handled`. */
export class SessionTable {
  readonly #all;
  readonly #put;
  readonly #clear;
  readonly #note;
  readonly #notes;
  readonly #expire;

  constructor(db: Connection) {
    this.#all = db.prepare<[string], StoredSession>(`
      SELECT user.jid AS owner, session.state FROM session JOIN user ON user.id = session.user
      WHERE user.domain = ?`);
    this.#put = db.prepare<[string, Owner]>(`
      INSERT INTO session (user, state) SELECT id, ? FROM user WHERE jid = ?`);
    this.#clear = db.prepare<[string]>(`
      DELETE FROM session WHERE user IN (SELECT id FROM user WHERE domain = ?)`);
    this.#note = db.prepare<[string, number, string]>(
      'INSERT INTO handled (domain, stamp, notes) VALUES (?, ?, ?)',
    );
    this.#notes = db
      .prepare<[], [string, string]>('SELECT domain, notes FROM handled ORDER BY id')
      .raw();
    // Up to the first that stays; what was noted later has a higher id.
    this.#expire = db.prepare<[number]>(`
      DELETE FROM handled WHERE id < (SELECT id FROM handled WHERE stamp >=
        (SELECT stamp FROM handled ORDER BY id DESC LIMIT 1) - ? ORDER BY id LIMIT 1)`);
  }

  note(domain: string, notes: readonly HandledNote[], stamp: number): boolean {
    const rows = notes.map(({ owner, id, handled }) => [owner, id, handled]);
    this.#note.run(domain, stamp, JSON.stringify(rows));
    return true;
  }

  notes(domain: string): readonly HandledNote[] {
    const newest = new Map<string, HandledNote>();
    for (const [of, text] of this.#notes.all()) {
      if (of !== domain) continue;
      const rows = JSON.parse(text) as [Owner, string, number][];
      for (const [owner, id, handled] of rows) newest.set(`${owner} ${id}`, { owner, id, handled });
    }
    return [...newest.values()];
  }

  expireNotes(age: number): boolean {
    this.#expire.run(age);
    return true;
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

  noteHandled(domain: string, notes: readonly HandledNote[], stamp: number): Ticket {
    return this.#access.change(ownerOf(domain), ['sessions', 'note', domain, notes, stamp]);
  }

  handled(domain: string): Maybe<readonly HandledNote[]> {
    return this.#access.read(ownerOf(domain), ({ sessions }) => sessions.notes(domain));
  }

  expireHandled(): void {
    this.#access.changeLater(['sessions', 'expireNotes', NOTES_KEPT]);
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

/** Nobody else's reads are to wait for notes. */
function ownerOf(domain: string): Owner {
  return `notes of ${domain}`;
}
