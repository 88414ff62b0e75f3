import type { Account } from '../../server/accounts.ts';
import type { AccountRequest } from '../../server/module.ts';
import type { Session } from '../../server/session.ts';
import {
  type ArchivedMessage,
  type ArchiveStore,
  type Conversation,
  type ConversationPage,
  type ConversationQuery,
  timeOfId,
} from '../../storage/archive-port.ts';
import { Element, parseElement, xml } from '../../xml/element.ts';
import { attr, element, optional } from '../../xmpp/codec.ts';
import { boolean } from '../../xmpp/codec-values.ts';
import { delay } from '../../xmpp/delay.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { pageInfo } from '../../xmpp/rsm.ts';
import { makeStanza, type Stanza } from '../../xmpp/stanza.ts';
import type { ArchiveIds } from './ids.ts';
import { NS_MAM } from './namespace.ts';
import { readPageRequest } from './page.ts';

export const NS_INBOX = 'urn:xmpp:inbox:1';
const NS_FORWARD = 'urn:xmpp:forward:0';

const inbox = element(NS_INBOX, 'inbox', {
  unreadOnly: optional(attr(boolean, 'unread-only')),
  messages: optional(attr(boolean)),
});

/** Conversations of one answer. */
const MAX_PAGE = 50;

/** Everything, none of it in full. */
const ALL: ConversationQuery = { unreadOnly: false, from: 'newest', limit: 0 };

/** A conversation, and its newest message where the client wants it. */
interface Entry {
  readonly conversation: Conversation;
  readonly last: ArchivedMessage | null;
}

/**
 * XEP-0430: the conversations of an account, with what is new in them. They are the
 * archive's; this only shows them.
 */
export class Inbox {
  readonly #archive: ArchiveStore;
  readonly #ids: ArchiveIds;

  constructor({ archive, ids }: { archive: ArchiveStore; ids: ArchiveIds }) {
    this.#archive = archive;
    this.#ids = ids;
  }

  /** Sends the entries of a page, and returns what the client is told behind them. */
  async answer({ account, payload, session, stanza }: AccountRequest): Promise<Element> {
    await this.#ids.ready;
    const query = this.#readQuery(account, payload);
    const page = await this.#archive.conversations(account.owner, query);
    const withMessages = inbox.decode(payload).messages ?? true;
    for (const entry of await this.#entries(account, page, withMessages)) {
      session?.deliver(this.#stanzaOf(session, stanza.id, entry));
    }
    return await this.#encodeFin(account, page, query.unreadOnly);
  }

  /** The list goes from the newest to the oldest: behind a conversation are the older ones. */
  #readQuery(account: Account, payload: Element): ConversationQuery {
    const { max = MAX_PAGE, after, before } = readPageRequest(payload);
    const idOf = (written: string) => {
      const id = this.#ids.read(account, written);
      if (id === null) throw new StanzaError('item-not-found');
      return id;
    };
    return {
      unreadOnly: inbox.decode(payload).unreadOnly ?? false,
      from: before === undefined ? 'newest' : 'oldest',
      limit: Math.min(max, MAX_PAGE),
      ...(after && { before: idOf(after) }),
      ...(before && { after: idOf(before) }),
    };
  }

  #entries(
    { owner }: Account,
    { conversations }: ConversationPage,
    withMessages: boolean,
  ): Promise<Entry[]> {
    return Promise.all(
      conversations.map(async (conversation) => {
        const last = withMessages ? await this.#archive.find(owner, conversation.lastId) : null;
        return { conversation, last };
      }),
    );
  }

  #stanzaOf({ account, jid }: Session, queryId: string, { conversation, last }: Entry): Stanza {
    const { peer, unread, lastId } = conversation;
    const id = this.#ids.write(account, lastId);
    const children = [xml('entry', { xmlns: NS_INBOX, jid: peer, unread: String(unread), id })];
    if (last) children.push(resultOf(last, id, queryId));
    return makeStanza('message', { from: account.jid, to: jid }, children);
  }

  /** The page has counted one kind already: all conversations, or the unread. */
  async #encodeFin(
    account: Account,
    page: ConversationPage,
    unreadOnly: boolean,
  ): Promise<Element> {
    const rest = { ...ALL, unreadOnly: !unreadOnly };
    const other = await this.#archive.conversations(account.owner, rest);
    const [all, unread] = unreadOnly ? [other, page] : [page, other];
    const { conversations, count } = page;
    const fin = new Element('fin', {
      xmlns: NS_INBOX,
      total: String(all.count),
      unread: String(unread.count),
      'all-unread': String(all.unread),
    });
    const [first, last] = [conversations.at(0), conversations.at(-1)].map(
      (conversation) => conversation && this.#ids.write(account, conversation.lastId),
    );
    const info = { first: first === undefined ? undefined : { id: first }, last, count };
    fin.cnode(pageInfo.encode(info));
    return fin;
  }
}

/** The message as the archive shows it (XEP-0313 §4.2). */
function resultOf({ id, stanza }: ArchivedMessage, name: string, queryid: string): Element {
  const forwarded = xml('forwarded', { xmlns: NS_FORWARD }, delay.encode({ stamp: timeOfId(id) }));
  forwarded.cnode(parseElement(stanza));
  return xml('result', { xmlns: NS_MAM, queryid, id: name }, forwarded);
}
