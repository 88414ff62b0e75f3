import { type Maybe, now, then } from '../../lib/maybe.ts';
import type { Owner, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import { guarded } from './errors.ts';
import type { Ledger } from './ledger.ts';
import type { Snapshot } from './snapshot.ts';
import type { Change, Tables } from './tables.ts';

/** Brings changes to disk, in the order they come, and settles them in the ledger. */
export interface Writer {
  /** Takes a change into the open batch and returns that batch's ticket. */
  write(change: Change): Ticket;
  /** Commits the open batch and lets go of the file. */
  close(): Promise<void>;
}

/** Milliseconds that a change which nobody waits for waits for others. */
const PATIENCE = 1_000;

/** What stands between the ports and the database: no read overtakes a change. */
export class Gateway implements Access<Tables> {
  readonly #writer: Writer;
  readonly #ledger: Ledger;
  readonly #tables: Tables;
  readonly #path: string;
  readonly #snapshot: Snapshot | null;
  /** The newest ticket of each owner with changes on the way, in order of tickets. */
  readonly #pending = new Map<Owner, Ticket>();
  #pendingForAll: Ticket = 0;
  /** Changes that nobody waits for, with the owner where a read would. */
  readonly #later: { readonly change: Change; readonly owner: Owner | null }[] = [];
  /** The owners among them. */
  readonly #readAfterLater = new Set<Owner>();
  #timer: NodeJS.Timeout | undefined;
  #changes = 0;

  /**
   * @param tables those of the connection that reads
   * @param snapshot of that connection, where another one writes
   */
  constructor(
    writer: Writer,
    ledger: Ledger,
    { tables, path, snapshot }: { tables: Tables; path: string; snapshot: Snapshot | null },
  ) {
    this.#writer = writer;
    this.#ledger = ledger;
    this.#tables = tables;
    this.#path = path;
    this.#snapshot = snapshot;
    if (snapshot) ledger.onCommit(() => snapshot.drop());
  }

  change(owner: Owner, change: Change): Ticket {
    const ticket = this.#write(change);
    this.#remember(owner, ticket);
    return ticket;
  }

  changeAll(change: Change): Ticket {
    this.#pendingForAll = this.#write(change);
    return this.#pendingForAll;
  }

  changeLater(change: Change): void {
    this.#postpone(change, null);
  }

  changeSoon(owner: Owner, change: Change): void {
    this.#postpone(change, owner);
    this.#readAfterLater.add(owner);
  }

  #postpone(change: Change, owner: Owner | null): void {
    this.#ledger.assertOpen();
    this.#later.push({ change, owner });
    this.#timer ??= setTimeout(() => this.flush(), PATIENCE).unref();
  }

  /** Makes the changes that wait for others; does nothing once the store takes no more. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#readAfterLater.clear();
    for (const { change, owner } of this.#later.splice(0)) {
      if (!this.#ledger.isOpen) return;
      const ticket = this.#writeOne(change);
      if (owner !== null) this.#remember(owner, ticket);
    }
  }

  #write(change: Change): Ticket {
    this.#ledger.assertOpen();
    if (this.#later.length > 0) this.flush();
    return this.#writeOne(change);
  }

  #writeOne(change: Change): Ticket {
    this.#changes++;
    return this.#writer.write(change);
  }

  async ask(owner: Owner, change: Change): Promise<boolean> {
    this.flush();
    const ordinal = this.#changes + 1;
    this.#ledger.assertOpen();
    this.#ledger.expect(ordinal);
    await this.#ledger.whenCommitted(this.change(owner, change));
    return this.#ledger.tookEffect(ordinal);
  }

  read<T>(owner: Owner, query: (tables: Tables) => T): Maybe<T> {
    return this.#readAfter(this.#newest(owner), query);
  }

  whenWritten(owner: Owner): Maybe<void> {
    return this.#ledger.whenCommitted(this.#newest(owner));
  }

  #newest(owner: Owner): Ticket {
    if (this.#readAfterLater.has(owner)) this.flush();
    return Math.max(this.#pending.get(owner) ?? 0, this.#pendingForAll);
  }

  readOf<T>(owners: readonly Owner[], query: (tables: Tables) => T): Maybe<T> {
    if (owners.some((owner) => this.#readAfterLater.has(owner))) this.flush();
    let newest = this.#pendingForAll;
    for (const owner of owners) newest = Math.max(newest, this.#pending.get(owner) ?? 0);
    return this.#readAfter(newest, query);
  }

  readAll<T>(query: (tables: Tables) => T): Maybe<T> {
    if (this.#readAfterLater.size > 0) this.flush();
    return this.#readAfter(this.#ledger.latest, query);
  }

  #readAfter<T>(ticket: Ticket, query: (tables: Tables) => T): Maybe<T> {
    const read = () =>
      guarded(this.#path, () => {
        this.#snapshot?.hold();
        return query(this.#tables);
      });
    if (ticket <= this.#ledger.committed) return now(read());
    return then(this.#ledger.whenCommitted(ticket), read);
  }

  /** Keeps the map ordered and short: what is committed leaves from its front. */
  #remember(owner: Owner, ticket: Ticket): void {
    this.#pending.delete(owner);
    this.#pending.set(owner, ticket);
    for (const [earlier, committed] of this.#pending) {
      if (committed > this.#ledger.committed) break;
      this.#pending.delete(earlier);
    }
  }
}
