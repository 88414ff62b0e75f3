import type { ArchiveId } from '../../archive-port.ts';
import type { Connection } from '../connection.ts';

/** What is searched of messages. */
export interface Words {
  /** A message has come, and is in no archive yet. */
  begin(id: ArchiveId): void;
  /** An archive has it, by number of its account. */
  hold(id: ArchiveId, user: number): void;
  /** The message is gone, or says something else. */
  remove(id: ArchiveId): void;
  /** Others have the message too. */
  renew(id: ArchiveId): void;
}

interface Body {
  readonly stanza: string;
  readonly reference: number | null;
  holders: number;
}

/**
 * The table `message`, as the writer uses it. New messages are written at the end of the
 * commit, when it is known how many archives hold them.
 */
export class BodyRows {
  readonly #insert;
  readonly #reference;
  readonly #stanza;
  readonly #hold;
  readonly #replace;
  readonly #deleteLast;
  readonly #release;
  readonly #new = new Map<ArchiveId, Body>();

  readonly #words: Words;

  constructor(db: Connection, words: Words) {
    this.#words = words;
    this.#insert = db.prepare<[number, number, number | null, string]>(
      'INSERT INTO message (id, holders, reference, stanza) VALUES (?, ?, ?, ?)',
    );
    this.#reference = db.prepare<[number], { reference: number | null }>(
      'SELECT reference FROM message WHERE id = ?',
    );
    this.#stanza = db.prepare<[number], string>('SELECT stanza FROM message WHERE id = ?').pluck();
    this.#hold = db.prepare<[number]>('UPDATE message SET holders = holders + 1 WHERE id = ?');
    this.#replace = db.prepare<[string, number]>('UPDATE message SET stanza = ? WHERE id = ?');
    this.#deleteLast = db.prepare<[number]>('DELETE FROM message WHERE id = ? AND holders = 1');
    this.#release = db.prepare<[number]>('UPDATE message SET holders = holders - 1 WHERE id = ?');
  }

  /** A message that one archive holds. */
  add(id: ArchiveId, stanza: string, reference: number | null): void {
    this.#new.set(id, { stanza, reference, holders: 1 });
  }

  /** The hash of its reference; undefined for a message that is not there. */
  referenceOf(id: ArchiveId): number | null | undefined {
    const body = this.#new.get(id) ?? this.#reference.get(id);
    return body?.reference;
  }

  stanzaOf(id: ArchiveId): string {
    return this.#new.get(id)?.stanza ?? this.#stanza.get(id) ?? '';
  }

  /** One archive more. */
  hold(id: ArchiveId): void {
    const body = this.#new.get(id);
    if (body) {
      body.holders++;
      return;
    }
    this.#hold.run(id);
    this.#words.renew(id);
  }

  /** One archive less; the row goes with the last. */
  release(id: ArchiveId): void {
    this.flush();
    if (this.#deleteLast.run(id).changes === 0) this.#release.run(id);
    else this.#words.remove(id);
  }

  replace(id: ArchiveId, stanza: string): void {
    this.flush();
    this.#replace.run(stanza, id);
    this.#words.remove(id);
  }

  flush(): void {
    if (this.#new.size === 0) return;
    for (const [id, { holders, reference, stanza }] of this.#new) {
      this.#insert.run(id, holders, reference, stanza);
    }
    this.#new.clear();
  }
}
