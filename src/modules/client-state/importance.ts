import type { Element } from '../../xml/element.ts';
import { NS_CHAT_STATES } from '../../xmpp/chat-states.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

const NS_CARBONS = 'urn:xmpp:carbons:2';
const NS_FORWARD = 'urn:xmpp:forward:0';

/** What may stand in a message that nobody has to look up for. */
const UNIMPORTANT: ReadonlySet<string> = new Set([
  NS_CHAT_STATES,
  NS.delay,
  NS.stanzaId,
  'http://jabber.org/protocol/pubsub#event',
  'urn:xmpp:chat-markers:0',
  'urn:xmpp:hints',
  'urn:xmpp:receipts',
]);

/** Whether a stanza may wait while nobody looks at the client (XEP-0352 §3.2). */
export function mayWait(stanza: Stanza): boolean {
  switch (stanza.kind) {
    case 'presence':
      return stanza.type === '' || stanza.type === 'unavailable';
    case 'message':
      return stanza.type !== 'error' && isUnimportant(stanza);
    case 'iq':
      return false;
  }
}

function isUnimportant(message: Stanza): boolean {
  const copied = copiedBy(message);
  if (copied)
    return copied.attrs.type !== 'error' && copied.getChildElements().every(isUnimportantChild);
  return message.content.children.every(({ name, xmlns }) => isQuiet(name, xmlns));
}

function isUnimportantChild(child: Element): boolean {
  return isQuiet(child.getName(), child.getNS() ?? '');
}

function isQuiet(name: string, xmlns: string): boolean {
  return UNIMPORTANT.has(xmlns) || (name === 'thread' && xmlns === NS.client);
}

/** The message that a carbon is a copy of (XEP-0280); null for other messages. */
function copiedBy(message: Stanza): Element | null {
  const name =
    message.content.children[0]?.xmlns === NS_CARBONS && message.content.children[0].name;
  const copy = name ? message.child(name, NS_CARBONS) : null;
  return copy?.getChild('forwarded', NS_FORWARD)?.getChild('message', NS.client) ?? null;
}
