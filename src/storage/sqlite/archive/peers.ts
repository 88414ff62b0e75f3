import { LruMap } from '../../../lib/lru.ts';
import type { Connection } from '../connection.ts';

/** How many peers the writer knows by heart. */
const KNOWN = 20_000;

/** The table `peer`, as the writer uses it. */
export class PeerRows {
  readonly #find;
  readonly #insert;
  readonly #hold;
  readonly #release;
  readonly #delete;
  readonly #known = new LruMap<string, number>(KNOWN);

  constructor(db: Connection) {
    this.#find = db.prepare<[string], number>('SELECT id FROM peer WHERE jid = ?').pluck();
    this.#insert = db.prepare<[string]>('INSERT INTO peer (jid, conversations) VALUES (?, 0)');
    this.#hold = db.prepare<[number]>(
      'UPDATE peer SET conversations = conversations + 1 WHERE id = ?',
    );
    this.#release = db.prepare<[number], { jid: string; conversations: number }>(`
        UPDATE peer SET conversations = conversations - 1 WHERE id = ?
        RETURNING jid, conversations`);
    this.#delete = db.prepare<[number]>('DELETE FROM peer WHERE id = ?');
  }

  find(jid: string): number | null {
    const id = this.#known.get(jid) ?? this.#find.get(jid);
    if (id !== undefined) this.#known.set(jid, id);
    return id ?? null;
  }

  /** The number of a peer, who gets one if need be; a conversation must hold it then. */
  intern(jid: string): number {
    const known = this.find(jid);
    if (known !== null) return known;
    const id = Number(this.#insert.run(jid).lastInsertRowid);
    this.#known.set(jid, id);
    return id;
  }

  /** One conversation more. */
  hold(id: number): void {
    this.#hold.run(id);
  }

  /** One conversation less; the row goes with the last. */
  release(id: number): void {
    const left = this.#release.get(id);
    if (left?.conversations !== 0) return;
    this.#delete.run(id);
    this.#known.delete(left.jid);
  }
}
