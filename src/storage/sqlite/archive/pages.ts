import {
  type ArchivedMessage,
  type ArchiveId,
  type ArchivePage,
  type ArchiveQuery,
  firstIdAt,
} from '../../archive-port.ts';
import { type Owner, StorageError } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import { FoundMessages } from './found-messages.ts';
import { bareOf, isFromOrTo } from './reference.ts';
import { matchOf } from './words.ts';

/** What one page may hold, in characters of its stanzas; beyond it the page is shorter. */
const MAX_CHARACTERS = 1_048_576;
/** How many messages are looked into for those of a full JID. */
const MAX_LOOKED_INTO = 50_000;
/** Up to where messages are counted one by one. */
const MAX_COUNTED = 10_000;

/** Ids strictly between two. */
interface Range {
  readonly above: ArchiveId;
  readonly below: ArchiveId;
}

/** The messages that a query is about, but for its page. */
interface Selection {
  readonly user: number;
  /** Number of the peer; null for all. */
  readonly peer: number | null;
  /** Whose full JID is in `from` or `to`; null for any. */
  readonly fullJid: string | null;
  readonly range: Range;
  /** What it says, in the language of the index of words; null for anything. */
  readonly match: string | null;
}

interface Row extends ArchivedMessage {
  readonly peer: number;
}

const NO_PAGE: ArchivePage = {
  messages: [],
  isComplete: true,
  count: 0,
  index: null,
  unknown: null,
};

/** The tables of the archive, as pages are read from them. */
export class ArchivePages {
  readonly #user;
  readonly #peer;
  readonly #has;
  readonly #find;
  readonly #rows;
  readonly #total;
  readonly #totalWith;
  readonly #counted;
  readonly #countedWith;
  readonly #found: FoundMessages;

  constructor(db: Connection) {
    this.#user = db.prepare<[Owner], number>('SELECT id FROM user WHERE jid = ?').pluck();
    this.#peer = db.prepare<[string], number>('SELECT id FROM peer WHERE jid = ?').pluck();
    this.#has = db
      .prepare<[number, number], 1>('SELECT 1 FROM archive WHERE user = ? AND id = ?')
      .pluck();
    this.#find = db.prepare<[number, number], Row>(`
      SELECT m.id, m.stanza, a.peer FROM archive AS a CROSS JOIN message AS m ON m.id = a.id
      WHERE a.user = ? AND a.id = ?`);
    this.#rows = {
      all: { forward: this.#prepare(db, '', 'ASC'), backward: this.#prepare(db, '', 'DESC') },
      with: {
        forward: this.#prepare(db, 'AND a.peer = ?', 'ASC'),
        backward: this.#prepare(db, 'AND a.peer = ?', 'DESC'),
      },
    };
    this.#total = db
      .prepare<[number], number>('SELECT coalesce(sum(count), 0) FROM conversation WHERE user = ?')
      .pluck();
    this.#totalWith = db
      .prepare<[number, number], number>(
        'SELECT count FROM conversation WHERE user = ? AND peer = ?',
      )
      .pluck();
    this.#counted = this.#prepareCount(db, '');
    this.#countedWith = this.#prepareCount(db, 'AND peer = ?');
    this.#found = new FoundMessages(db);
  }

  /** Every such query walks along one index, and joins the texts in its order. */
  #prepare(db: Connection, condition: string, order: 'ASC' | 'DESC') {
    const index = condition ? 'INDEXED BY archive_by_peer' : '';
    return db.prepare<number[], Row>(`
      SELECT m.id, m.stanza, a.peer FROM archive AS a ${index} CROSS JOIN message AS m ON m.id = a.id
      WHERE a.user = ? ${condition} AND a.id > ? AND a.id < ?
      ORDER BY a.id ${order}`);
  }

  #prepareCount(db: Connection, condition: string) {
    return db
      .prepare<number[], number>(`
        SELECT id FROM archive
        WHERE user = ? ${condition} AND id > ? AND id < ? LIMIT ${MAX_COUNTED + 1}`)
      .pluck();
  }

  /** @throws StorageError busy, where too many messages would be looked into */
  page(owner: Owner, query: ArchiveQuery): ArchivePage {
    const user = this.#user.get(owner);
    const unknown = this.#unknownOf(user, query);
    if (unknown !== null) return { ...NO_PAGE, unknown };
    const selection = user === undefined ? null : this.#select(user, query);
    if (!selection) return NO_PAGE;
    return query.ids
      ? this.#listed(selection, query.ids, query.page)
      : this.#walked(selection, query);
  }

  #unknownOf(user: number | undefined, query: ArchiveQuery): ArchiveId | null {
    const { page, afterId, beforeId, ids = [] } = query;
    for (const id of [afterId, beforeId, page.after, page.before, ...ids]) {
      if (id === undefined) continue;
      if (user === undefined || !this.#has.get(user, id)) return id;
    }
    return null;
  }

  /** Null for a peer whom no archive has. */
  #select(user: number, query: ArchiveQuery): Selection | null {
    const { start, end, afterId = -1, beforeId = Number.MAX_SAFE_INTEGER } = query;
    const above = Math.max(afterId, start === undefined ? -1 : firstIdAt(start) - 1);
    const below = Math.min(
      beforeId,
      end === undefined ? Number.MAX_SAFE_INTEGER : firstIdAt(Math.floor(end) + 1),
    );
    const match = query.text === undefined ? null : matchOf(query.text);
    if (query.text !== undefined && match === null) return null;
    const selection = { user, peer: null, fullJid: null, range: { above, below }, match };
    if (query.with === undefined) return selection;
    const bare = bareOf(query.with);
    const peer = this.#peer.get(bare);
    if (peer === undefined) return null;
    return { ...selection, peer, fullJid: bare === query.with ? null : query.with };
  }

  #walked(selection: Selection, { page }: ArchiveQuery): ArchivePage {
    const { messages, isComplete } = this.#walk(selection, page);
    const count = page.wantsCount ? this.#count(selection) : null;
    return {
      messages,
      isComplete,
      count,
      index: indexOf(page, messages, isComplete, count),
      unknown: null,
    };
  }

  #walk(selection: Selection, page: ArchiveQuery['page']) {
    const { fullJid, match } = selection;
    const isPicky = fullJid !== null || match !== null;
    const messages: ArchivedMessage[] = [];
    let characters = 0;
    let lookedInto = 0;
    let isComplete = true;
    for (const message of this.#iterate(selection, page)) {
      if (isPicky && ++lookedInto > MAX_LOOKED_INTO) throw tooFar();
      if (!isMeant(message, selection)) continue;
      characters += message.stanza.length;
      const isFull = messages.length >= page.limit;
      isComplete = !(isFull || (messages.length > 0 && characters > MAX_CHARACTERS));
      if (!isComplete) break;
      messages.push({ id: message.id, stanza: message.stanza });
    }
    if (page.direction === 'backward') messages.reverse();
    return { messages, isComplete };
  }

  #iterate(selection: Selection, page: ArchiveQuery['page']): Iterable<Row> {
    const { user, peer, match } = selection;
    const { above, below } = within(selection.range, page);
    if (match !== null) {
      return this.#found.iterate(user, match, { above, below, direction: page.direction });
    }
    const walk = peer === null ? [user] : [user, peer];
    return this.#rows[peer === null ? 'all' : 'with'][page.direction].iterate(
      ...walk,
      above,
      below,
    );
  }

  #count(selection: Selection): number | null {
    const { user, peer, fullJid, range, match } = selection;
    if (fullJid !== null || match !== null) return null;
    if (range.above < 0 && range.below === Number.MAX_SAFE_INTEGER) {
      if (peer === null) return this.#total.get(user)!;
      return this.#totalWith.get(user, peer) ?? 0;
    }
    const walk = peer === null ? [user] : [user, peer];
    const counted = peer === null ? this.#counted : this.#countedWith;
    const count = counted.all(...walk, range.above, range.below).length;
    return count > MAX_COUNTED ? null : count;
  }

  #listed(selection: Selection, ids: readonly ArchiveId[], page: ArchiveQuery['page']) {
    const { user, range, match } = selection;
    const wanted = [...new Set(ids)].sort((a, b) => a - b);
    const found = wanted
      .filter((id) => isWithin(id, range))
      .map((id) => this.#find.get(user, id)!)
      .filter((row) => isMeant(row, selection))
      .filter(({ id }) => match === null || this.#found.has(id, user, match))
      .map(({ id, stanza }): ArchivedMessage => ({ id, stanza }));
    const left = found.filter(({ id }) => isWithin(id, within(range, page)));
    const start = page.direction === 'forward' ? 0 : Math.max(0, left.length - page.limit);
    const messages = left.slice(start, start + page.limit);
    const isComplete = left.length <= page.limit;
    const count = found.length;
    return {
      messages,
      isComplete,
      count,
      index: indexOf(page, messages, isComplete, count),
      unknown: null,
    };
  }
}

function isMeant(row: Row, { peer, fullJid }: Selection): boolean {
  if (peer !== null && row.peer !== peer) return false;
  return fullJid === null || isFromOrTo(row.stanza, fullJid);
}

function isWithin(id: ArchiveId, { above, below }: Range): boolean {
  return id > above && id < below;
}

function within(
  range: Range,
  { after = -1, before = Number.MAX_SAFE_INTEGER }: ArchiveQuery['page'],
): Range {
  return { above: Math.max(range.above, after), below: Math.min(range.below, before) };
}

/** Known at both ends of what matches. */
function indexOf(
  { direction, after, before }: ArchiveQuery['page'],
  messages: readonly ArchivedMessage[],
  isComplete: boolean,
  count: number | null,
): number | null {
  if (messages.length === 0) return null;
  if (direction === 'forward' && after === undefined) return 0;
  if (direction === 'backward' && isComplete && after === undefined) return 0;
  const isLast =
    (direction === 'forward' && isComplete && before === undefined) ||
    (direction === 'backward' && before === undefined);
  return isLast && count !== null ? count - messages.length : null;
}

function tooFar(): StorageError {
  return new StorageError(
    'busy',
    `Among ${MAX_LOOKED_INTO} messages too few are meant.`,
    'Ask for the bare JID, for more words, or for a shorter time.',
  );
}
