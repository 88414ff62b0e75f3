import type { Maybe } from '../../lib/maybe.ts';
import type {
  Owner,
  RosterItemRecord,
  RosterRecord,
  RosterRemoval,
  RosterStore,
  Subscription,
  Ticket,
} from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

/** Flags: the place in `SUBSCRIPTIONS`, 4 asking, 8 approved, 16 listed. No groups are null. */
type RosterRow = [
  contact: string,
  name: string | null,
  flags: number,
  groups: string | null,
  request: string | null,
  version: number,
];

const SUBSCRIPTIONS: readonly Subscription[] = ['none', 'to', 'from', 'both'];
/** Rows of thousands of contacts come as few and small values. */
const READ = `
  contact, name,
  CASE subscription WHEN 'both' THEN 3 WHEN 'from' THEN 2 WHEN 'to' THEN 1 ELSE 0 END
    + 4 * is_asking + 8 * is_approved + 16 * is_listed,
  nullif(groups, '[]'), request, version`;
const COLUMNS =
  'contact, name, subscription, is_asking, is_approved, is_listed, groups, request, version';
const OF_USER = 'WHERE user = (SELECT id FROM user WHERE jid = ?)';
/** Removals that are remembered of each account, as schema.sql says. */
const REMOVALS = 100;
const NO_GROUPS: readonly string[] = [];

/** The tables `roster` and `roster_removal`. */
export class RosterTable {
  readonly #load;
  readonly #item;
  readonly #subscription;
  readonly #seenBy;
  readonly #removals;
  readonly #created;
  readonly #put;
  readonly #delete;
  readonly #addRemoval;
  readonly #pruneRemovals;
  readonly #loadAtOnce;
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
    this.#load = db.prepare<[Owner], RosterRow>(`SELECT ${READ} FROM roster ${OF_USER}`).raw();
    this.#item = db
      .prepare<[Owner, string], RosterRow>(`SELECT ${READ} FROM roster ${OF_USER} AND contact = ?`)
      .raw();
    this.#subscription = db
      .prepare<[Owner, string], Subscription>(`
        SELECT subscription FROM roster ${OF_USER} AND contact = ?`)
      .pluck();
    this.#seenBy = db
      .prepare<[string, string], number>(`
        SELECT asked.key FROM json_each(?) AS asked
        JOIN user ON user.jid = asked.value
        JOIN roster ON roster.user = user.id AND roster.contact = ?
        WHERE subscription IN ('from', 'both')`)
      .pluck();
    this.#removals = db.prepare<[Owner], RosterRemoval>(`
      SELECT contact, version FROM roster_removal ${OF_USER} ORDER BY version`);
    this.#created = db.prepare<[Owner], number>('SELECT created FROM user WHERE jid = ?').pluck();
    this.#put = db.prepare<unknown[]>(`
      INSERT OR REPLACE INTO roster (user, ${COLUMNS})
      SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM user WHERE jid = ?`);
    this.#delete = db.prepare<[Owner, string]>(`DELETE FROM roster ${OF_USER} AND contact = ?`);
    this.#addRemoval = db.prepare<[string, number, Owner]>(`
      INSERT OR REPLACE INTO roster_removal (user, contact, version)
      SELECT id, ?, ? FROM user WHERE jid = ?`);
    // Those as old as the last one stay, lest fewer be left than tell that some are gone.
    this.#pruneRemovals = db.prepare<[Owner, Owner]>(`
      DELETE FROM roster_removal ${OF_USER} AND version < (
        SELECT version FROM roster_removal ${OF_USER}
        ORDER BY version DESC LIMIT 1 OFFSET ${REMOVALS - 1})`);
    // The writer may commit between two statements that are not in one transaction.
    this.#loadAtOnce = db.transaction((owner: Owner) => this.#loadWhole(owner));
  }

  load(owner: Owner): RosterRecord {
    return this.#db.inTransaction ? this.#loadWhole(owner) : this.#loadAtOnce(owner);
  }

  #loadWhole(owner: Owner): RosterRecord {
    const removals = this.#removals.all(owner);
    const isWhole = removals.length < REMOVALS;
    // Whoever had the name before had another roster, which some client may still know.
    const created = this.#created.get(owner) ?? 0;
    const floor = isWhole ? created : Math.max(created, removals[0]!.version);
    return { items: this.#load.all(owner).map(toRecord), removals, floor };
  }

  item(owner: Owner, contact: string): RosterItemRecord | null {
    const row = this.#item.get(owner, contact);
    return row ? toRecord(row) : null;
  }

  subscription(owner: Owner, contact: string): Subscription | null {
    return this.#subscription.get(owner, contact) ?? null;
  }

  seenBy(contact: string, owners: readonly Owner[]): readonly Owner[] {
    return this.#seenBy.all(JSON.stringify(owners), contact).map((at) => owners[at] as Owner);
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
      item.version,
      owner,
    );
    return stored.changes > 0;
  }

  remove(owner: Owner, { contact, version }: RosterRemoval): boolean {
    this.#delete.run(owner, contact);
    this.#addRemoval.run(contact, version, owner);
    this.#pruneRemovals.run(owner, owner);
    return true;
  }

  forget(owner: Owner, contact: string): boolean {
    this.#delete.run(owner, contact);
    return true;
  }
}

function toRecord(row: RosterRow): RosterItemRecord {
  const [contact, name, flags, groups, request, version] = row;
  return {
    contact,
    name,
    subscription: SUBSCRIPTIONS[flags & 3] as Subscription,
    isAsking: (flags & 4) !== 0,
    isPreApproved: (flags & 8) !== 0,
    groups: groups === null ? NO_GROUPS : JSON.parse(groups),
    isListed: (flags & 16) !== 0,
    request,
    version,
  };
}

/** The port, over the table. */
export class SqliteRosters implements RosterStore {
  readonly #access: Access<{ rosters: RosterTable }>;

  constructor(access: Access<{ rosters: RosterTable }>) {
    this.#access = access;
  }

  load(owner: Owner): Maybe<RosterRecord> {
    return this.#access.read(owner, ({ rosters }) => rosters.load(owner));
  }

  item(owner: Owner, contact: string): Maybe<RosterItemRecord | null> {
    return this.#access.read(owner, ({ rosters }) => rosters.item(owner, contact));
  }

  subscription(owner: Owner, contact: string): Maybe<Subscription | null> {
    return this.#access.read(owner, ({ rosters }) => rosters.subscription(owner, contact));
  }

  seenBy(contact: string, owners: readonly Owner[]): Maybe<readonly Owner[]> {
    return this.#access.readOf(owners, ({ rosters }) => rosters.seenBy(contact, owners));
  }

  put(owner: Owner, item: RosterItemRecord): Ticket {
    return this.#access.change(owner, ['rosters', 'put', owner, item]);
  }

  remove(owner: Owner, removal: RosterRemoval): Ticket {
    return this.#access.change(owner, ['rosters', 'remove', owner, removal]);
  }

  forget(owner: Owner, contact: string): Ticket {
    return this.#access.change(owner, ['rosters', 'forget', owner, contact]);
  }
}
