import { JXT, type Stanzas } from 'stanza';

const NS_INBOX = 'urn:xmpp:inbox:1';
const NS_RETRACT = 'urn:xmpp:message-retract:1';
const NS_FALLBACK = 'urn:xmpp:fallback:0';
const NS_RSM = 'http://jabber.org/protocol/rsm';

/** A conversation as the server counts it (XEP-0430). */
export interface InboxEntry {
  readonly jid: string;
  readonly unread: number;
  /** Of its newest message, in the archive. */
  readonly id: string;
}

export interface InboxQuery {
  readonly unreadOnly?: boolean;
  readonly messages?: boolean;
  readonly paging?: Stanzas.Paging;
}

/** What comes behind the entries of a page. */
export interface InboxPage {
  /** Conversations in all. */
  readonly total: number;
  readonly paging?: Stanzas.Paging;
}

declare module 'stanza' {
  interface AgentEvents {
    /** What the server ends a stream with (RFC 6120 §4.9), by stanza's name for the element. */
    streamError: Stanzas.StreamError;
  }
}

declare module 'stanza/protocol/index.js' {
  interface Message {
    inboxEntry?: InboxEntry;
    /** The id of the message that its author takes back (XEP-0424). */
    retract?: string;
    /** The id of the message that has taken this one back: a tombstone (XEP-0424 §4). */
    retracted?: string;
    /** The namespace of what the body stands in for (XEP-0428). */
    fallbackFor?: string;
  }
  interface IQPayload {
    inbox?: InboxQuery;
    inboxPage?: InboxPage;
  }
}

/** What stanza does not know yet, for its registry. */
export const chatElements: JXT.DefinitionOptions[] = [
  {
    path: 'message.inboxEntry',
    element: 'entry',
    namespace: NS_INBOX,
    fields: {
      jid: JXT.attribute('jid'),
      unread: JXT.integerAttribute('unread', 0),
      id: JXT.attribute('id'),
    },
  },
  {
    path: 'iq.inbox',
    element: 'inbox',
    namespace: NS_INBOX,
    fields: {
      unreadOnly: JXT.booleanAttribute('unread-only'),
      messages: JXT.booleanAttribute('messages'),
    },
  },
  {
    path: 'iq.inboxPage',
    element: 'fin',
    namespace: NS_INBOX,
    fields: { total: JXT.integerAttribute('total', 0) },
  },
  JXT.addAlias(NS_RSM, 'set', ['iq.inbox.paging', 'iq.inboxPage.paging']),
  // An empty `<before/>` asks for the last page (XEP-0059 §2.5); stanza leaves it out.
  {
    path: 'paging',
    element: 'set',
    namespace: NS_RSM,
    fields: { before: JXT.childText(null, 'before', '', true) },
  },
  JXT.extendMessage({
    retract: JXT.childAttribute(NS_RETRACT, 'retract', 'id'),
    retracted: JXT.childAttribute(NS_RETRACT, 'retracted', 'id'),
    fallbackFor: JXT.childAttribute(NS_FALLBACK, 'fallback', 'for'),
  }),
];
