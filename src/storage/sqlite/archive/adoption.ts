import { type ArchiveId, firstIdAt, type MessageEntry } from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import type { SearchTable } from './search.ts';
import type { ArchiveTable, NewBody } from './table.ts';

/**
 * Messages that came elsewhere, at a time in the past. Their ids are from the upper half of those
 * of its millisecond: what comes here, and may be under way, gets them from the lower end on.
 */
export class AdoptionTable {
  readonly #archive: ArchiveTable;
  readonly #search: SearchTable;
  readonly #twin;
  readonly #last;

  constructor(db: Connection, archive: ArchiveTable, search: SearchTable) {
    this.#archive = archive;
    this.#search = search;
    this.#twin = db
      .prepare<[ArchiveId, ArchiveId, string], ArchiveId>(
        'SELECT id FROM message WHERE id >= ? AND id < ? AND stanza = ?',
      )
      .pluck();
    this.#last = db
      .prepare<[ArchiveId, ArchiveId], ArchiveId | null>(
        'SELECT max(id) FROM message WHERE id >= ? AND id < ?',
      )
      .pluck();
  }

  /** Also into the archive of the other side, where that has come before: the text is one. */
  adopt(owner: Owner, time: number, body: NewBody, entry: MessageEntry): boolean {
    this.#archive.flush();
    const twin = this.#twin.get(firstIdAt(time), firstIdAt(time + 1), body.stanza);
    if (twin !== undefined) return this.#archive.share(owner, twin, entry);
    const id = this.#freeIdAt(time);
    if (!this.#archive.adopt(owner, id, body, entry)) return false;
    this.#search.renew(id);
    return true;
  }

  /** Of a later millisecond where so many came in that one. */
  #freeIdAt(time: number): ArchiveId {
    for (let at = time; ; at++) {
      const end = firstIdAt(at + 1);
      const middle = (firstIdAt(at) + end) / 2;
      const id = (this.#last.get(middle, end) ?? middle - 1) + 1;
      if (id < end) return id;
    }
  }
}
