import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, Ticket, VcardRecord, VcardStore } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** The table `vcard`. */
export class VcardTable {
  readonly #find;
  readonly #photoHash;
  readonly #put;

  constructor(db: Connection) {
    const ofUser = 'WHERE user = (SELECT id FROM user WHERE jid = ?)';
    this.#find = db.prepare<[Owner], VcardRecord>(`
      SELECT xml, photo_hash AS photoHash FROM vcard ${ofUser}`);
    this.#photoHash = db.prepare<[Owner], string>(`SELECT photo_hash FROM vcard ${ofUser}`).pluck();
    this.#put = db.prepare<[string, string, Owner]>(`
      INSERT OR REPLACE INTO vcard (user, xml, photo_hash)
      SELECT id, ?, ? FROM user WHERE jid = ?`);
  }

  find(owner: Owner): VcardRecord | null {
    return this.#find.get(owner) ?? null;
  }

  photoHash(owner: Owner): string | null {
    return this.#photoHash.get(owner) ?? null;
  }

  put(owner: Owner, { xml, photoHash }: VcardRecord): boolean {
    return this.#put.run(xml, photoHash, owner).changes > 0;
  }
}

/** The port, over the table. */
export class SqliteVcards implements VcardStore {
  readonly #access: Access<{ vcards: VcardTable }>;

  constructor(access: Access<{ vcards: VcardTable }>) {
    this.#access = access;
  }

  find(owner: Owner): Maybe<VcardRecord | null> {
    return this.#access.read(owner, ({ vcards }) => vcards.find(owner));
  }

  photoHash(owner: Owner): Maybe<string | null> {
    return this.#access.read(owner, ({ vcards }) => vcards.photoHash(owner));
  }

  put(owner: Owner, card: VcardRecord): Ticket {
    return this.#access.change(owner, ['vcards', 'put', owner, card]);
  }
}
