import type {
  ArchivedMessage,
  ArchiveId,
  ArchivePreferences,
  MessageReference,
  Retention,
} from '../../archive-port.ts';
import { firstIdAt } from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import { hashReference, isReferenced } from './reference.ts';
import { REMOVAL_STEP } from './table.ts';

/** How many messages of one hash are looked into for the one that is meant. */
const MAX_ALIKE = 1_000;
/** How many accounts are looked at for old messages at a time. */
const ACCOUNTS = 200;

interface Ends {
  readonly first: ArchiveId | null;
  readonly last: ArchiveId | null;
}

/** The oldest messages of an account that shall go. */
export interface Due {
  readonly upTo: ArchiveId;
  /** How many those are. */
  readonly count: number;
}

export interface Overdue {
  readonly owners: readonly Owner[];
  readonly last: string | null;
}

/** The tables of the archive, as single messages and facts are read from them. */
export class ArchiveReader {
  readonly #user;
  readonly #ends;
  readonly #find;
  readonly #peer;
  readonly #alike;
  readonly #preferences;
  readonly #oldest;
  readonly #total;
  readonly #accounts;
  readonly #leftOver;

  constructor(db: Connection) {
    this.#user = db.prepare<[Owner], number>('SELECT id FROM user WHERE jid = ?').pluck();
    this.#ends = db.prepare<[Owner], Ends>(`
      SELECT (SELECT id FROM archive WHERE user = u.id ORDER BY id LIMIT 1) AS first,
        (SELECT id FROM archive WHERE user = u.id ORDER BY id DESC LIMIT 1) AS last
      FROM user AS u WHERE jid = ?`);
    this.#find = db.prepare<[number, number], ArchivedMessage>(`
      SELECT m.id, m.stanza FROM archive AS a CROSS JOIN message AS m ON m.id = a.id
      WHERE a.user = ? AND a.id = ?`);
    this.#peer = db.prepare<[string], number>('SELECT id FROM peer WHERE jid = ?').pluck();
    this.#alike = db.prepare<[number, number, number], ArchivedMessage>(`
      SELECT m.id, m.stanza FROM archive AS a INDEXED BY archive_by_peer
      CROSS JOIN message AS m ON m.id = a.id
      WHERE a.user = ? AND a.peer = ? AND a.reference = ? ORDER BY a.id DESC LIMIT ${MAX_ALIKE}`);
    this.#preferences = db.prepare<[Owner], { policy: string; always: string; never: string }>(`
      SELECT policy, always, never FROM archive_preferences
      WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#oldest = db
      .prepare<[number], number>(
        `SELECT id FROM archive WHERE user = ? ORDER BY id LIMIT ${REMOVAL_STEP}`,
      )
      .pluck();
    this.#total = db
      .prepare<[number], number>('SELECT coalesce(sum(count), 0) FROM conversation WHERE user = ?')
      .pluck();
    this.#accounts = db.prepare<[string, string], { id: number; jid: Owner; name: string }>(`
      SELECT id, jid, name FROM user WHERE domain = ? AND name > ? ORDER BY name LIMIT ${ACCOUNTS}`);
    this.#leftOver = db
      .prepare<[], number>('SELECT user FROM ownerless_archive WHERE user > 0 LIMIT 1')
      .pluck();
  }

  bounds(owner: Owner): { readonly first: ArchiveId; readonly last: ArchiveId } | null {
    const { first, last } = this.#ends.get(owner) ?? { first: null, last: null };
    return first === null || last === null ? null : { first, last };
  }

  find(owner: Owner, id: ArchiveId): ArchivedMessage | null {
    const user = this.#user.get(owner);
    return (user !== undefined && this.#find.get(user, id)) || null;
  }

  findReferenced(owner: Owner, message: MessageReference): ArchivedMessage | null {
    const user = this.#user.get(owner);
    const peer = this.#peer.get(message.peer);
    const hash = hashReference(message.sender, message.reference);
    if (user === undefined || peer === undefined || hash === null) return null;
    for (const alike of this.#alike.iterate(user, peer, hash)) {
      if (isReferenced(alike.stanza, message)) return alike;
    }
    return null;
  }

  preferences(owner: Owner): ArchivePreferences | null {
    const row = this.#preferences.get(owner);
    if (!row) return null;
    const policy = row.policy as ArchivePreferences['default'];
    return { default: policy, always: JSON.parse(row.always), never: JSON.parse(row.never) };
  }

  /** A step's messages of an account that are older than what stays; null for none. */
  due(owner: Owner, retention: Retention): Due | null {
    const user = this.#user.get(owner);
    return user === undefined ? null : this.#due(user, retention);
  }

  #due(user: number, { before, keep }: Retention): Due | null {
    const ids = this.#oldest.all(user);
    const limit = before === null ? 0 : firstIdAt(before);
    const excess = keep === null || ids.length === 0 ? 0 : this.#total.get(user)! - keep;
    const count = Math.max(ids.findLastIndex((id) => id < limit) + 1, Math.min(excess, ids.length));
    return count <= 0 ? null : { upTo: ids[count - 1]!, count };
  }

  /**
   * Of a page of a domain's accounts those with messages to remove, and the name of the last
   * that was looked at; null where it was the last of all.
   */
  overdue(domain: string, after: string, retention: Retention): Overdue {
    const accounts = this.#accounts.all(domain, after);
    const owners = accounts.filter(({ id }) => this.#due(id, retention)).map(({ jid }) => jid);
    const last = accounts.length < ACCOUNTS ? null : accounts.at(-1)!.name;
    return { owners, last };
  }

  /** The number of a deleted account that has left messages behind; null for none. */
  ownerless(): number | null {
    return this.#leftOver.get() ?? null;
  }
}
