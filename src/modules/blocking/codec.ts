import { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';

export const NS_BLOCKING = 'urn:xmpp:blocking';
export const NS_BLOCKING_ERRORS = 'urn:xmpp:blocking:errors';

/** `<blocklist/>`, `<block/>` or `<unblock/>` with an item for each address. */
export function encodeItems(
  name: 'blocklist' | 'block' | 'unblock',
  jids: Iterable<Jid | string>,
): Element {
  const element = new Element(name, { xmlns: NS_BLOCKING });
  for (const jid of jids) element.c('item', { jid: jid.toString() });
  return element;
}

/**
 * The addresses in a command; what else stands in an item, such as a report
 * (XEP-0377 §5), is not looked at. Throws `StanzaError`: policy-violation for more
 * than `maxItems`, bad-request for an item without address, jid-malformed.
 */
export function decodeItems(command: Element, maxItems: number): Jid[] {
  const items = command.getChildren('item', NS_BLOCKING);
  if (items.length > maxItems) {
    throw new StanzaError('policy-violation', `at most ${maxItems} addresses at a time`);
  }
  return items.map(({ attrs }) => decodeJid(attrs.jid));
}

function decodeJid(text: unknown): Jid {
  if (typeof text !== 'string') throw new StanzaError('bad-request', 'an item has no jid');
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message);
    throw error;
  }
}
