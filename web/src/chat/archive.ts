import type { Agent, Stanzas } from 'stanza';
import { type Incoming, readIncoming } from './incoming.ts';
import { bareOf } from './jid.ts';

/** A page of the archive (XEP-0313), the oldest first. */
export interface Page {
  readonly found: readonly Found[];
  /** Whether nothing is left on that side. */
  readonly isComplete: boolean;
  /** Ids of its edges, to go on from. */
  readonly first: string | null;
  readonly last: string | null;
}

/** A message of the archive. */
export interface Found {
  readonly archiveId: string;
  readonly incoming: Incoming;
}

/** A conversation of the inbox (XEP-0430). */
export interface InboxItem {
  readonly peer: string;
  readonly unread: number;
  readonly last: Incoming | null;
}

const FULL_TEXT = '{urn:xmpp:fulltext:0}fulltext';

/** Messages of one page. */
const PAGE = 50;
/** Messages that a search shows. */
const MAX_FOUND = 40;
/** Conversations that are listed. */
const MAX_CONVERSATIONS = 200;

/** What the server keeps of one's conversations. */
export class Archive {
  readonly #agent: Agent;
  readonly #own: string;

  constructor(agent: Agent, own: string) {
    this.#agent = agent;
    this.#own = own;
  }

  /** The page before the message of that id, or the newest. */
  async before(peer: string, id: string | null): Promise<Page> {
    return this.#read({ with: peer, paging: { max: PAGE, before: id ?? '' } });
  }

  /** The page behind the message of that id. */
  async after(peer: string, id: string): Promise<Page> {
    return this.#read({ with: peer, paging: { max: PAGE, after: id } });
  }

  /** Messages with all of the words, the newest first (XEP-0431). */
  async search(words: string): Promise<Found[]> {
    const fields = [{ name: FULL_TEXT, value: words }];
    const form = { type: 'submit' as const, fields };
    const { found } = await this.#read({ form, paging: { max: MAX_FOUND, before: '' } });
    return found.toReversed();
  }

  /** All conversations, the newest first; none where the server has no inbox. */
  async inbox(): Promise<InboxItem[]> {
    const items: InboxItem[] = [];
    const collect = ({ from, inboxEntry, archive }: Stanzas.ReceivedMessage) => {
      if (!inboxEntry || bareOf(from) !== this.#own) return;
      const last = archive ? this.#readResult(archive) : null;
      const { jid: peer, unread } = inboxEntry;
      items.push({ peer, unread, last: last?.incoming ?? null });
    };
    this.#agent.on('message', collect);
    try {
      let after: string | undefined;
      do {
        const paging = { max: PAGE, ...(after && { after }) };
        const { inboxPage } = (await this.#agent.sendIQ({
          type: 'get',
          to: this.#own,
          inbox: { messages: true, paging },
        })) as Stanzas.IQ;
        after = inboxPage?.paging?.last;
        if (items.length >= (inboxPage?.total ?? 0)) break;
      } while (after !== undefined && items.length < MAX_CONVERSATIONS);
    } catch {
      return items;
    } finally {
      this.#agent.off('message', collect);
    }
    return items;
  }

  async #read(query: Parameters<Agent['searchHistory']>[1]): Promise<Page> {
    const { results = [], complete, paging } = await this.#agent.searchHistory(this.#own, query);
    return {
      found: results.map((result) => this.#readResult(result)).filter((each) => each !== null),
      isComplete: complete === true,
      first: paging?.first ?? null,
      last: paging?.last ?? null,
    };
  }

  #readResult({ id: archiveId, item }: Stanzas.MAMResult): Found | null {
    const message = item.message && { ...item.message, ...(item.delay && { delay: item.delay }) };
    const circumstances = { own: this.#own, archiveId, now: Date.now() };
    const incoming = message ? readIncoming(message, circumstances) : null;
    return incoming && { archiveId, incoming };
  }
}
