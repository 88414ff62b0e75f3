import type { ArchiveId, MessageEntry } from '../../archive-port.ts';
import type { Connection } from '../connection.ts';

/** What one step files, in rows of archives: some 10 ms. */
const STEP = 800;

/** A new message in one archive. */
export interface Arrival extends MessageEntry {
  readonly id: ArchiveId;
  /** Whose archive, by number. */
  readonly user: number;
}

type Holder = readonly [user: number, peer: string, counts: MessageEntry['counts']];

/**
 * The table `arrival`: who has which new message. A message is committed there and filed later,
 * by account: rows at the end of one table are a page for forty messages, rows of archives a page
 * each, and pages are what a commit costs.
 *
 * Filing goes in rounds: what has come until one begins is filed by its end, and only then the
 * rows are deleted, all at once. So a row may be filed already; to file it again is without effect.
 */
export class Arrivals {
  readonly #put;
  readonly #all;
  readonly #deleteUpTo;
  /** Those since the round began: who has which message, ascending. */
  readonly #holders = new Map<ArchiveId, Arrival[]>();
  /** Messages whose rows are to be written. */
  readonly #unwritten = new Set<ArchiveId>();
  /** What is to be filed in the next round, by account. */
  #next = new Map<number, Arrival[]>();
  /** What is to be filed in this one. */
  #round = new Map<number, Arrival[]>();
  #newest: ArchiveId = 0;
  /** The newest message of this round. */
  #end: ArchiveId = 0;
  /** The newest message of the last round. */
  #filed: ArchiveId = 0;
  /** No row is of an older message. */
  #oldest: ArchiveId = Number.POSITIVE_INFINITY;

  constructor(db: Connection) {
    this.#put = db.prepare<[number, string]>(
      'INSERT OR REPLACE INTO arrival (id, holders) VALUES (?, ?)',
    );
    this.#all = db.prepare<[], { id: ArchiveId; holders: string }>(
      'SELECT id, holders FROM arrival ORDER BY id',
    );
    this.#deleteUpTo = db.prepare<[number]>('DELETE FROM arrival WHERE id <= ?');
  }

  /** A message that one archive has. */
  add(arrival: Arrival): void {
    this.#holders.set(arrival.id, []);
    this.#newest = arrival.id;
    this.#oldest = Math.min(this.#oldest, arrival.id);
    this.#hold(arrival);
  }

  #hold(arrival: Arrival): void {
    this.#holders.get(arrival.id)!.push(arrival);
    this.#unwritten.add(arrival.id);
    const waiting = this.#next.get(arrival.user);
    if (waiting) waiting.push(arrival);
    else this.#next.set(arrival.user, [arrival]);
  }

  /** Whether one more archive may have the message by `share`. */
  has(id: ArchiveId): boolean {
    return this.#holders.has(id);
  }

  /** One more archive has the message; false where it had it already. */
  share(arrival: Arrival): boolean {
    if (this.#holders.get(arrival.id)!.some(({ user }) => user === arrival.user)) return false;
    this.#hold(arrival);
    return true;
  }

  /** Takes what is to be filed of one account, oldest first. */
  takeOf(user: number): readonly Arrival[] {
    const taken = [...(this.#round.get(user) ?? []), ...(this.#next.get(user) ?? [])];
    this.#round.delete(user);
    this.#next.delete(user);
    return taken;
  }

  /** Takes what one step files, account by account; it begins a round where none is under way. */
  takeStep(): readonly Arrival[] {
    if (this.#round.size === 0) this.#begin();
    const taken: Arrival[] = [];
    for (const [user, waiting] of this.#round) {
      taken.push(...waiting.splice(0, STEP - taken.length));
      if (waiting.length === 0) this.#round.delete(user);
      if (taken.length === STEP) break;
    }
    return taken;
  }

  #begin(): void {
    this.flush();
    this.#end = this.#newest;
    this.#round = this.#next;
    this.#next = new Map();
    this.#holders.clear();
  }

  /** Takes all there is, for whoever removes messages: then no row may be left. */
  takeAll(): readonly Arrival[] {
    const taken = [...this.#round.keys(), ...this.#next.keys()].flatMap((user) =>
      this.takeOf(user),
    );
    this.#begin();
    return taken;
  }

  /** Whether rows may be left of messages as new as that. */
  reaches(id: ArchiveId): boolean {
    return id >= this.#oldest;
  }

  /** What has been taken is filed. Tells whether the round is over; then its rows go. */
  settle(): boolean {
    if (this.#round.size > 0) return false;
    this.#deleteUpTo.run(this.#end);
    this.#filed = this.#end;
    this.#oldest = this.#holders.keys().next().value ?? Number.POSITIVE_INFINITY;
    return true;
  }

  /** All messages up to that one are in their archives. */
  get filedUpTo(): ArchiveId {
    const isEmpty = this.#round.size === 0 && this.#next.size === 0;
    return isEmpty ? Number.MAX_SAFE_INTEGER : this.#filed;
  }

  /** What an earlier process has left; once `settle` is called its rows go. */
  readLeft(): readonly Arrival[] {
    return this.#all.all().flatMap(({ id, holders }) => {
      this.#end = id;
      const left: Holder[] = JSON.parse(holders);
      return left.map(([user, peer, counts]) => ({ id, user, peer, counts }));
    });
  }

  flush(): void {
    for (const id of this.#unwritten) {
      const holders = this.#holders.get(id)!;
      const row = holders.map(({ user, peer, counts }): Holder => [user, peer, counts]);
      this.#put.run(id, JSON.stringify(row));
    }
    this.#unwritten.clear();
  }
}
