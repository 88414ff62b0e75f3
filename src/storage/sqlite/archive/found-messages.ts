import type { ArchivedMessage, ArchiveId, ArchiveSearch } from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import { holderToken } from './search.ts';
import { matchOf } from './words.ts';

/** How much a word weighs in what was said, and in whose it is, which says nothing. */
const RANK = 'bm25(message_text, 1.0, 0.0)';

/** FTS5 passes over limits that are no integers, and numbers are bound as others. */
const ROWID = 'CAST(? AS INTEGER)';

/** Messages with a word, everybody's, that are looked through without asking first whose they are. */
const FEW = 1_000;

interface Found extends ArchivedMessage {
  readonly peer: number;
}

interface Walk {
  readonly above: ArchiveId;
  readonly below: ArchiveId;
  readonly direction: 'forward' | 'backward';
}

/** The index of words, as archives are searched by it. */
export class FoundMessages {
  readonly #walk;
  readonly #more;
  readonly #has;
  readonly #ranked;
  readonly #user;

  constructor(db: Connection) {
    const walk = (order: 'ASC' | 'DESC') =>
      db.prepare<[number, string, ArchiveId, ArchiveId], Found>(`
        SELECT m.id, m.stanza, a.peer FROM message_text
        CROSS JOIN archive AS a ON a.user = ? AND a.id = message_text.rowid
        CROSS JOIN message AS m ON m.id = message_text.rowid
        WHERE message_text MATCH ? AND message_text.rowid > ${ROWID} AND message_text.rowid < ${ROWID}
        ORDER BY message_text.rowid ${order}`);
    this.#walk = { forward: walk('ASC'), backward: walk('DESC') };
    this.#more = db
      .prepare<[string], number>(
        `SELECT 1 FROM message_text WHERE message_text MATCH ? LIMIT 1 OFFSET ${FEW}`,
      )
      .pluck();
    this.#has = db
      .prepare<[string, ArchiveId], 1>(
        `SELECT 1 FROM message_text WHERE message_text MATCH ? AND rowid = ${ROWID}`,
      )
      .pluck();
    this.#ranked = db.prepare<
      [number, string, string | null, string | null, number],
      ArchivedMessage
    >(`
      SELECT m.id, m.stanza FROM message_text
      CROSS JOIN archive AS a ON a.user = ? AND a.id = message_text.rowid
      CROSS JOIN message AS m ON m.id = message_text.rowid
      WHERE message_text MATCH ?
        AND (? IS NULL OR a.peer = (SELECT id FROM peer WHERE jid = ?))
      ORDER BY ${RANK}, m.id DESC LIMIT ?`);
    this.#user = db.prepare<[Owner], number>('SELECT id FROM user WHERE jid = ?').pluck();
  }

  /** What a user, by number, has of it, in the order of the archive. */
  iterate(user: number, match: string, { above, below, direction }: Walk): Iterable<Found> {
    return this.#walk[direction].iterate(user, this.#matchFor(user, match), above, below);
  }

  has(id: ArchiveId, user: number, match: string): boolean {
    return this.#has.get(ofHolder(user, match), id) !== undefined;
  }

  /** The best first. */
  search(owner: Owner, search: ArchiveSearch): readonly ArchivedMessage[] {
    const user = this.#user.get(owner);
    const match = matchOf(search.text);
    if (user === undefined || match === null) return [];
    const { with: peer = null, limit } = search;
    return this.#ranked.all(user, this.#matchFor(user, match), peer, peer, limit);
  }

  /**
   * What finds the words in a user's messages, and a few of others at most, which are in other
   * archives: FTS5 would go through all that the user has for each word that hardly anybody says.
   */
  #matchFor(user: number, match: string): string {
    const everywhere = `body : (${match})`;
    return this.#more.get(everywhere) === undefined ? everywhere : ofHolder(user, match);
  }
}

/** The index holds everybody's messages, with the accounts as words. */
function ofHolder(user: number, match: string): string {
  return `holders : ${holderToken(user)} AND body : (${match})`;
}
