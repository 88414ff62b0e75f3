import { z } from 'zod';
import type { Account } from '../server/accounts.ts';
import { type AccountRequest, defineModule } from '../server/module.ts';
import type { Session } from '../server/session.ts';
import {
  type ArchivedMessage,
  type Conversation,
  type ConversationPage,
  type ConversationQuery,
  timeOfId,
} from '../storage/archive-port.ts';
import { Element, parseElement, xml } from '../xml/element.ts';
import { attr, element, optional } from '../xmpp/codec.ts';
import { boolean } from '../xmpp/codec-values.ts';
import { delay } from '../xmpp/delay.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { NS_RSM, type PageRequest, pageInfo, pageRequest } from '../xmpp/rsm.ts';
import { makeStanza, type Stanza } from '../xmpp/stanza.ts';
import { ArchiveNames } from './archive/ids.ts';
import { NS_MAM } from './archive/namespace.ts';

const NS_INBOX = 'urn:xmpp:inbox:1';
const NS_FORWARD = 'urn:xmpp:forward:0';

const inbox = element(NS_INBOX, 'inbox', {
  unreadOnly: optional(attr(boolean, 'unread-only')),
  messages: optional(attr(boolean)),
});

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
export default defineModule({
  name: 'inbox',
  hosts: ['accounts'],
  summary: 'Shows clients the list of conversations, and what is unread in each.',
  implements: [{ xep: 430, version: '0.2.0', status: 'complete' }],
  needs: [ArchiveNames],
  config: z.strictObject({
    maxPage: z
      .number()
      .int()
      .min(1)
      .max(500)
      .default(50)
      .describe('Conversations of one page at most.'),
  }),
  setup({ config, use, storage }) {
    const names = use(ArchiveNames);
    const { archive } = storage;

    /** The list goes from the newest to the oldest: behind a conversation are the older ones. */
    const readQuery = (account: Account, payload: Element): ConversationQuery => {
      const { max, after, before } = readPage(payload);
      const idOf = (written: string) => {
        const id = names.read(account, written);
        if (id === null) throw new StanzaError('item-not-found');
        return id;
      };
      return {
        unreadOnly: inbox.decode(payload).unreadOnly ?? false,
        from: before === undefined ? 'newest' : 'oldest',
        limit: Math.min(max ?? config.maxPage, config.maxPage),
        ...(after && { before: idOf(after) }),
        ...(before && { after: idOf(before) }),
      };
    };

    const entriesOf = (
      { owner }: Account,
      { conversations }: ConversationPage,
      withMessages: boolean,
    ): Promise<Entry[]> =>
      Promise.all(
        conversations.map(async (conversation) => {
          const last = withMessages ? await archive.find(owner, conversation.lastId) : null;
          return { conversation, last };
        }),
      );

    const stanzaOf = ({ account, jid }: Session, queryId: string, entry: Entry): Stanza => {
      const { peer, unread, lastId } = entry.conversation;
      const id = names.write(account, lastId);
      const children = [xml('entry', { xmlns: NS_INBOX, jid: peer, unread: String(unread), id })];
      if (entry.last) children.push(resultOf(entry.last, id, queryId));
      return makeStanza('message', { from: account.jid, to: jid }, children);
    };

    const encodeFin = async (account: Account, page: ConversationPage): Promise<Element> => {
      const all = await archive.conversations(account.owner, ALL);
      const unread = await archive.conversations(account.owner, { ...ALL, unreadOnly: true });
      const nameOf = (at: number) => {
        const conversation = page.conversations.at(at);
        return conversation && names.write(account, conversation.lastId);
      };
      const first = nameOf(0);
      const fin = new Element('fin', {
        xmlns: NS_INBOX,
        total: String(all.count),
        unread: String(unread.count),
        'all-unread': String(all.unread),
      });
      fin.cnode(
        pageInfo.encode({
          first: first === undefined ? undefined : { id: first },
          last: nameOf(-1),
          count: page.count,
        }),
      );
      return fin;
    };

    const list = async ({ account, payload, session, stanza }: AccountRequest) => {
      if (!session) throw new StanzaError('service-unavailable');
      await names.ready;
      const page = await archive.conversations(account.owner, readQuery(account, payload));
      const withMessages = inbox.decode(payload).messages ?? true;
      for (const entry of await entriesOf(account, page, withMessages)) {
        session.deliver(stanzaOf(session, stanza.id, entry));
      }
      return encodeFin(account, page);
    };

    return {
      features: { account: [NS_INBOX] },
      iq: [
        {
          type: 'get',
          name: inbox.name,
          xmlns: NS_INBOX,
          target: 'account',
          isPrivate: true,
          answer: list,
        },
      ],
    };
  },
});

/** Pages go by what is last in them, so that none is found by its number (XEP-0059 §2.6). */
function readPage(payload: Element): PageRequest {
  const set = payload.getChild('set', NS_RSM);
  const wanted = set ? pageRequest.decode(set) : {};
  if (wanted.index === undefined) return wanted;
  throw new StanzaError('feature-not-implemented', 'pages go by id');
}

/** The message as the archive shows it (XEP-0313 §4.2). */
function resultOf({ id, stanza }: ArchivedMessage, name: string, queryid: string): Element {
  const forwarded = xml('forwarded', { xmlns: NS_FORWARD }, delay.encode({ stamp: timeOfId(id) }));
  forwarded.cnode(parseElement(stanza));
  return xml('result', { xmlns: NS_MAM, queryid, id: name }, forwarded);
}
