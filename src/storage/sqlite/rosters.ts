import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, RosterItemRecord, RosterStore, Subscription, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

interface RosterRow {
  readonly contact: string;
  readonly name: string | null;
  readonly subscription: Subscription;
  readonly is_asking: number;
  readonly is_approved: number;
  readonly is_listed: number;
  readonly groups: string;
  readonly request: string | null;
}

const COLUMNS = 'contact, name, subscription, is_asking, is_approved, is_listed, groups, request';

/** The table `roster`. */
export class RosterTable {
  readonly #load;
  readonly #put;
  readonly #remove;

  constructor(db: Connection) {
    this.#load = db.prepare<[Owner], RosterRow>(`
      SELECT ${COLUMNS} FROM roster WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#put = db.prepare<unknown[]>(`
      INSERT OR REPLACE INTO roster (user, ${COLUMNS})
      SELECT id, ?, ?, ?, ?, ?, ?, ?, ? FROM user WHERE jid = ?`);
    this.#remove = db.prepare<[Owner, string]>(`
      DELETE FROM roster WHERE user = (SELECT id FROM user WHERE jid = ?) AND contact = ?`);
  }

  /** Ordered by contact. */
  load(owner: Owner): readonly RosterItemRecord[] {
    return this.#load.all(owner).map(toRecord);
  }

  put(owner: Owner, item: RosterItemRecord): boolean {
    const stored = this.#put.run(
      item.contact,
      item.name,
      item.subscription,
      Number(item.isAsking),
      Number(item.isPreApproved),
      Number(item.isListed),
      JSON.stringify(item.groups),
      item.request,
      owner,
    );
    return stored.changes > 0;
  }

  remove(owner: Owner, contact: string): boolean {
    this.#remove.run(owner, contact);
    return true;
  }
}

function toRecord(row: RosterRow): RosterItemRecord {
  return {
    contact: row.contact,
    name: row.name,
    subscription: row.subscription,
    isAsking: row.is_asking === 1,
    isPreApproved: row.is_approved === 1,
    groups: JSON.parse(row.groups),
    isListed: row.is_listed === 1,
    request: row.request,
  };
}

/** The port, over the table. */
export class SqliteRosters implements RosterStore {
  readonly #access: Access<{ rosters: RosterTable }>;

  constructor(access: Access<{ rosters: RosterTable }>) {
    this.#access = access;
  }

  load(owner: Owner): Maybe<readonly RosterItemRecord[]> {
    return this.#access.read(owner, ({ rosters }) => rosters.load(owner));
  }

  put(owner: Owner, item: RosterItemRecord): Ticket {
    return this.#access.change(owner, ['rosters', 'put', owner, item]);
  }

  remove(owner: Owner, contact: string): Ticket {
    return this.#access.change(owner, ['rosters', 'remove', owner, contact]);
  }
}
