import { LruMap } from '../../../lib/lru.ts';
import type {
  ArchiveId,
  ArchivePreferences,
  MessageEntry,
  MessageReference,
} from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import { type Arrival, Arrivals } from './arrivals.ts';
import { BodyRows, type Words } from './bodies.ts';
import { ConversationRows } from './conversations.ts';
import { PeerRows } from './peers.ts';
import { hashReference, isReferenced } from './reference.ts';

/** How many accounts the writer knows by heart. */
const KNOWN = 20_000;
/** How far back a marker is looked for, in messages of the conversation: some 2 ms. */
const MARKER_REACH = 10_000;
/** How many messages of one hash are looked into for the one that is meant. */
const MAX_ALIKE = 100;
/** What one step removes, in messages: some 2 ms of the writer. */
export const REMOVAL_STEP = 100;

export interface NewBody {
  readonly stanza: string;
  /** The hash of the reference. */
  readonly reference: number | null;
}

interface Entry {
  readonly id: ArchiveId;
  readonly peer: number;
  readonly is_unread: number;
}

/** The tables of the archive, as they are changed. */
export class ArchiveTable {
  readonly #words: Words;
  readonly #arrivals: Arrivals;
  readonly #bodies: BodyRows;
  readonly #peers: PeerRows;
  readonly #conversations: ConversationRows;
  readonly #users = new LruMap<Owner, number>(KNOWN);
  readonly #user;
  readonly #enter;
  readonly #has;
  readonly #reach;
  readonly #alike;
  readonly #unreadBetween;
  readonly #oldest;
  readonly #delete;
  readonly #setPreferences;
  readonly #leave;
  readonly #leftOver;
  readonly #forget;

  constructor(db: Connection, words: Words) {
    this.#words = words;
    this.#arrivals = new Arrivals(db);
    this.#bodies = new BodyRows(db, words);
    this.#peers = new PeerRows(db);
    this.#conversations = new ConversationRows(db, this.#peers);
    this.#user = db.prepare<[Owner], number>('SELECT id FROM user WHERE jid = ?').pluck();
    this.#enter = db.prepare<[number, number, number, number | null, number]>(`
      INSERT OR IGNORE INTO archive (user, id, peer, reference, is_unread) VALUES (?, ?, ?, ?, ?)`);
    this.#has = db
      .prepare<[number, number], 1>('SELECT 1 FROM archive WHERE user = ? AND id = ?')
      .pluck();
    this.#reach = db
      .prepare<[number, number, number], number>(`
        SELECT id FROM archive WHERE user = ? AND peer = ? AND id > ?
        ORDER BY id DESC LIMIT 1 OFFSET ${MARKER_REACH}`)
      .pluck();
    this.#alike = db
      .prepare<[number, number, number, number], number>(`
        SELECT id FROM archive WHERE user = ? AND peer = ? AND id > ? AND reference = ?
        ORDER BY id DESC LIMIT ${MAX_ALIKE}`)
      .pluck();
    this.#unreadBetween = db
      .prepare<[number, number, number, number], number>(`
        SELECT count(*) FROM archive
        WHERE user = ? AND peer = ? AND id > ? AND id <= ? AND is_unread = 1`)
      .pluck();
    this.#oldest = db.prepare<[number, number], Entry>(`
      SELECT id, peer, is_unread FROM archive WHERE user = ? AND id <= ?
      ORDER BY id LIMIT ${REMOVAL_STEP}`);
    this.#delete = db.prepare<[number, number]>('DELETE FROM archive WHERE user = ? AND id = ?');
    this.#setPreferences = db.prepare<[number, string, string, string]>(
      'INSERT OR REPLACE INTO archive_preferences (user, policy, always, never) VALUES (?, ?, ?, ?)',
    );
    this.#leave = db.prepare<[number]>('INSERT INTO ownerless_archive (user) VALUES (?)');
    this.#leftOver = db
      .prepare<[], number>('SELECT user FROM ownerless_archive WHERE user > 0 LIMIT 1')
      .pluck();
    this.#forget = db.prepare<[number]>('DELETE FROM ownerless_archive WHERE user = ?');
  }

  append(owner: Owner, id: ArchiveId, body: NewBody, entry: MessageEntry): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    this.#bodies.add(id, body.stanza, body.reference);
    this.#words.begin(id);
    this.#arrivals.add({ ...entry, id, user });
    return true;
  }

  /** Puts a message of the past into the archive at once: its id is none of the newest. */
  adopt(owner: Owner, id: ArchiveId, body: NewBody, entry: MessageEntry): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    this.#bodies.add(id, body.stanza, body.reference);
    this.#bodies.flush();
    this.#fileOf(user);
    return this.#put({ ...entry, id, user }, body.reference);
  }

  share(owner: Owner, id: ArchiveId, entry: MessageEntry): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    const arrival = { ...entry, id, user };
    if (!this.#arrivals.has(id)) return this.#shareFiled(arrival);
    if (this.#arrivals.share(arrival)) this.#bodies.hold(id);
    return true;
  }

  /** The message has been filed for others, or never came. */
  #shareFiled(arrival: Arrival): boolean {
    const reference = this.#bodies.referenceOf(arrival.id);
    if (reference === undefined) return false;
    this.#fileOf(arrival.user);
    if (this.#put(arrival, reference)) this.#bodies.hold(arrival.id);
    return true;
  }

  /** Files a step of what has come; false once all is filed that had come when that began. */
  file(): boolean {
    this.#fileAll(this.#arrivals.takeStep());
    return !this.#arrivals.settle();
  }

  /** Files what has come for one archive. */
  fileFor(owner: Owner): boolean {
    const user = this.#userOf(owner);
    if (user !== null) this.#fileOf(user);
    return true;
  }

  #fileOf(user: number): void {
    this.#fileAll(this.#arrivals.takeOf(user));
  }

  #fileAll(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) {
      const reference = this.#bodies.referenceOf(arrival.id);
      if (reference !== undefined) this.#put(arrival, reference);
    }
  }

  #put({ user, id, peer: jid, counts }: Arrival, reference: number | null): boolean {
    const peer = this.#peers.intern(jid);
    const isUnread = Number(counts === 'unread');
    if (this.#enter.run(user, id, peer, reference, isUnread).changes === 0) return false;
    this.#words.hold(id, user);
    this.#conversations.add(user, peer, id, counts);
    return true;
  }

  /** Files what an earlier process has left. */
  recover(): void {
    this.#fileAll(this.#arrivals.readLeft());
    this.#arrivals.settle();
  }

  /** Before messages are removed: nothing shall bring them back. */
  #forgetArrivals(): void {
    this.#fileAll(this.#arrivals.takeAll());
    this.#arrivals.settle();
  }

  #userOf(owner: Owner): number | null {
    const user = this.#users.get(owner) ?? this.#user.get(owner);
    if (user !== undefined) this.#users.set(owner, user);
    return user ?? null;
  }

  markRead(owner: Owner, message: MessageReference): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    this.#fileOf(user);
    const peer = this.#peers.find(message.peer);
    if (peer !== null) this.#markRead(user, peer, message);
    return true;
  }

  #markRead(user: number, peer: number, message: MessageReference): void {
    const row = this.#conversations.find(user, peer);
    if (!row || row.unread === 0) return;
    const id = this.#findAfter(row.read, user, peer, message);
    if (id === null) return;
    row.unread -= this.#unreadBetween.get(user, peer, row.read, id)!;
    row.read = id;
    this.#conversations.change(row);
  }

  #findAfter(floor: ArchiveId, user: number, peer: number, message: MessageReference) {
    const hash = hashReference(message.sender, message.reference);
    if (hash === null) return null;
    const from = this.#reach.get(user, peer, floor) ?? floor;
    const alike = this.#alike.all(user, peer, from, hash);
    return alike.find((id) => isReferenced(this.#bodies.stanzaOf(id), message)) ?? null;
  }

  /** The message becomes the tombstone wherever it is; false where the owner has it not. */
  retract(owner: Owner, id: ArchiveId, tombstone: string): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    this.#fileOf(user);
    if (!this.#has.get(user, id)) return false;
    this.#bodies.replace(id, tombstone);
    return true;
  }

  setPreferences(owner: Owner, { default: policy, always, never }: ArchivePreferences): boolean {
    const user = this.#userOf(owner);
    if (user === null) return false;
    this.#setPreferences.run(user, policy, JSON.stringify(always), JSON.stringify(never));
    return true;
  }

  /** Removes the oldest, up to that message, but no more than a step's. */
  removeUpTo(owner: Owner, id: ArchiveId): boolean {
    const user = this.#userOf(owner);
    if (user !== null) this.#removeStep(user, id);
    return true;
  }

  #removeStep(user: number, id: ArchiveId): number {
    this.#fileOf(user);
    const entries = this.#oldest.all(user, id);
    if (entries.some((entry) => this.#arrivals.reaches(entry.id))) this.#forgetArrivals();
    for (const entry of entries) {
      this.#delete.run(user, entry.id);
      this.#bodies.release(entry.id);
      const gone = { id: entry.id, isUnread: entry.is_unread === 1 };
      this.#conversations.remove(user, entry.peer, gone);
    }
    return entries.length;
  }

  /** Before the account is deleted: nobody reaches its archive any more; `sweep` removes it. */
  leave(owner: Owner): void {
    const user = this.#userOf(owner);
    this.#users.delete(owner);
    this.#forgetArrivals();
    this.#conversations.flush();
    if (user !== null && this.#conversations.hasAny(user)) this.#leave.run(user);
  }

  /** Removes a step's messages of a deleted account; false where none has any. */
  sweep(): boolean {
    const user = this.#leftOver.get();
    if (user === undefined) return false;
    const removed = this.#removeStep(user, Number.MAX_SAFE_INTEGER);
    if (removed < REMOVAL_STEP) this.#forget.run(user);
    return true;
  }

  /**
   * Writes what waits for the end of the commit, and returns up to which message all are in
   * their archives.
   */
  flush(): ArchiveId {
    this.#bodies.flush();
    this.#arrivals.flush();
    this.#conversations.flush();
    return this.#arrivals.filedUpTo;
  }
}
