import { LruMap } from '../../../lib/lru.ts';
import { type ArchiveId, timeOfId } from '../../archive-port.ts';
import type { Connection } from '../connection.ts';
import type { PeerRows } from './peers.ts';

/** How many conversations the writer knows by heart. */
const KNOWN = 20_000;

export interface ConversationRow {
  readonly user: number;
  readonly peer: number;
  readonly created: number;
  last: ArchiveId;
  /** Up to which message all is read. */
  read: ArchiveId;
  unread: number;
  count: number;
}

/**
 * The table `conversation`, as the writer uses it: a row is read once and written once a
 * commit, however many messages there are.
 */
export class ConversationRows {
  readonly #peers: PeerRows;
  readonly #find;
  readonly #put;
  readonly #delete;
  readonly #ofUser;
  readonly #known = new LruMap<string, ConversationRow>(KNOWN);
  /** Those that differ from their rows. */
  readonly #changed = new Map<string, ConversationRow>();

  constructor(db: Connection, peers: PeerRows) {
    this.#peers = peers;
    this.#find = db.prepare<[number, number], ConversationRow>(`
      SELECT user, peer, created, last, read, unread, count FROM conversation
      WHERE user = ? AND peer = ?`);
    this.#put = db.prepare<number[]>(`
      INSERT OR REPLACE INTO conversation (user, peer, created, last, read, unread, count)
      VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#delete = db.prepare<[number, number]>(
      'DELETE FROM conversation WHERE user = ? AND peer = ?',
    );
    this.#ofUser = db
      .prepare<[number], number>('SELECT peer FROM conversation WHERE user = ? LIMIT 1')
      .pluck();
  }

  find(user: number, peer: number): ConversationRow | null {
    const key = keyOf(user, peer);
    const known = this.#changed.get(key) ?? this.#known.get(key);
    if (known) return known;
    const row = this.#find.get(user, peer);
    if (row) this.#known.set(key, row);
    return row ?? null;
  }

  /** To be called for every row that has been changed. */
  change(row: ConversationRow): void {
    this.#changed.set(keyOf(row.user, row.peer), row);
  }

  /** Counts a message that has come. */
  add(user: number, peer: number, id: ArchiveId, counts: 'unread' | 'read' | 'neither'): void {
    const row = this.find(user, peer) ?? this.#start(user, peer, id);
    row.count++;
    row.last = Math.max(row.last, id);
    if (counts === 'unread' && id > row.read) row.unread++;
    if (counts === 'read') {
      row.unread = 0;
      row.read = Math.max(row.read, id);
    }
    this.change(row);
  }

  #start(user: number, peer: number, id: ArchiveId): ConversationRow {
    this.#peers.hold(peer);
    const row = { user, peer, created: timeOfId(id), last: id, read: 0, unread: 0, count: 0 };
    this.#known.set(keyOf(user, peer), row);
    return row;
  }

  /** Counts a message that has gone; the conversation goes with its last. */
  remove(user: number, peer: number, { id, isUnread }: { id: ArchiveId; isUnread: boolean }): void {
    const row = this.find(user, peer);
    if (!row) return;
    row.count--;
    if (isUnread && id > row.read) row.unread--;
    if (row.count > 0) this.change(row);
    else this.#drop(row);
  }

  #drop({ user, peer }: ConversationRow): void {
    const key = keyOf(user, peer);
    this.#known.delete(key);
    this.#changed.delete(key);
    this.#delete.run(user, peer);
    this.#peers.release(peer);
  }

  /** Whether the user, by number, has any. */
  hasAny(user: number): boolean {
    return this.#ofUser.get(user) !== undefined;
  }

  flush(): void {
    if (this.#changed.size === 0) return;
    for (const { user, peer, created, last, read, unread, count } of this.#changed.values()) {
      this.#put.run(user, peer, created, last, read, unread, count);
    }
    this.#changed.clear();
  }
}

function keyOf(user: number, peer: number): string {
  return `${user} ${peer}`;
}
