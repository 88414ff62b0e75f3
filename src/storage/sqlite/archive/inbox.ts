import {
  type Conversation,
  type ConversationPage,
  type ConversationQuery,
  timeOfId,
} from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';

interface Row {
  readonly peer: number;
  readonly created: number;
  readonly last: number;
  readonly unread: number;
  readonly count: number;
}

/** The table `conversation`, as lists are read from it. */
export class Inbox {
  readonly #all;
  readonly #jid;

  constructor(db: Connection) {
    this.#all = db.prepare<[Owner], Row>(`
      SELECT peer, created, last, unread, count FROM conversation
      WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#jid = db.prepare<[number], string>('SELECT jid FROM peer WHERE id = ?').pluck();
  }

  /** All of the account are looked at: 1,000 take about a millisecond. */
  conversations(owner: Owner, query: ConversationQuery): ConversationPage {
    const { start = 0, end = Number.MAX_SAFE_INTEGER } = query;
    const matching = this.#all.all(owner).filter((row) => {
      const time = timeOfId(row.last);
      return time >= start && time <= end && !(query.unreadOnly && row.unread === 0);
    });
    const unread = matching.reduce((sum, row) => sum + row.unread, 0);
    const { rows, isComplete } = partOf(matching, query);
    const conversations = rows.map((row) => this.#describe(row));
    return { conversations, isComplete, count: matching.length, unread };
  }

  #describe({ peer, created, last, unread, count }: Row): Conversation {
    const jid = this.#jid.get(peer)!;
    return { peer: jid, created, lastId: last, lastTime: timeOfId(last), unread, count };
  }
}

function partOf(matching: readonly Row[], query: ConversationQuery) {
  const { after = -1, before = Number.MAX_SAFE_INTEGER, from, limit } = query;
  const within = matching
    .filter(({ last }) => last > after && last < before)
    .sort((a, b) => b.last - a.last);
  const isComplete = within.length <= limit;
  const first = from === 'newest' ? 0 : Math.max(0, within.length - limit);
  return { rows: within.slice(first, first + limit), isComplete };
}
