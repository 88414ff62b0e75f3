import type { OfflineMessage, PrivateName } from '../../storage/ports.ts';
import { type Element, parseElement, serialize } from '../../xml/element.ts';
import { walk } from '../../xml/tree-writer.ts';
import { formatDateTime, parseDateTime } from '../../xmpp/date-time.ts';
import { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { isReservedForProtocols } from '../private-xml.ts';
import { LeftOutError } from './left-out.ts';

/** Elements within elements, as clients may send them at most. */
const MAX_DEPTH = 100;
/** Messages of other types are not kept for later (RFC 6121 §8.5.2.2.1). */
const KEPT_TYPES: readonly unknown[] = [undefined, 'normal', 'chat'];
/** Bytes; larger ones no client could read. */
const MAX_STANZA = 262_144;

/** Reads an element from elsewhere. Throws `XmlError` and `LeftOutError`. */
export function parsePiece(text: string): Element {
  const element = parseElement(text);
  let depth = 0;
  walk(element, {
    open: (_, isEmpty) => {
      if (depth >= MAX_DEPTH) throw new LeftOutError('it is nested too deeply');
      if (!isEmpty) depth++;
    },
    text() {},
    close: () => void depth--,
  });
  return element;
}

/**
 * A message as it waits for the account `to`, with the time of its arrival as its delay
 * tells (XEP-0203), or else `now`. Throws what `attempt` expects.
 */
export function readMessage(to: Jid, text: string, now: number): Omit<OfflineMessage, 'id'> {
  const message = parsePiece(text);
  const { from, type } = message.attrs;
  if (!message.is('message', NS.client)) throw new LeftOutError('it is no message');
  if (!KEPT_TYPES.includes(type)) throw new LeftOutError(`messages of type ${type} are not kept`);
  message.attrs.from = senderOf(from).toString();
  message.attrs.to = Jid.parse(message.attrs.to ?? to.toString()).toString();
  const stamp = takeDelay(message, to.domain) ?? now;
  return { stamp, stanza: bounded(message) };
}

/** A request for a subscription, by its sender's bare JID. Throws as `readMessage` does. */
export function readRequest(to: Jid, text: string): { contact: string; request: string } {
  const presence = parsePiece(text);
  const isRequest = presence.is('presence', NS.client) && presence.attrs.type === 'subscribe';
  if (!isRequest) throw new LeftOutError('it is no request for a subscription');
  const contact = senderOf(presence.attrs.from).bare.toString();
  Object.assign(presence.attrs, { from: contact, to: to.toString() });
  return { contact, request: bounded(presence) };
}

/** An element for private XML storage. Throws as `readMessage` does. */
export function readPrivateElement(text: string): { name: PrivateName; xml: string } {
  const element = parsePiece(text);
  const xmlns = element.getNS() ?? '';
  if (isReservedForProtocols(xmlns)) throw new LeftOutError('it needs a namespace of its own');
  return { name: { xmlns, name: element.getName() }, xml: serialize(element) };
}

/** Adds the time of arrival, as the server says it when it delivers the message. */
export function withDelay(text: string, domain: string, stamp: number): string {
  const message = parseElement(text);
  message.c('delay', { xmlns: NS.delay, from: domain, stamp: formatDateTime(stamp) });
  return serialize(message);
}

function senderOf(from: unknown): Jid {
  if (typeof from !== 'string') throw new LeftOutError('it does not say from whom it is');
  return Jid.parse(from);
}

/** The server's own delay, or else the last one; it is added again when the message is delivered. */
function takeDelay(message: Element, domain: string): number | null {
  const delays = message.getChildren('delay', NS.delay);
  const delay = delays.find(({ attrs }) => attrs.from === domain) ?? delays.at(-1);
  const stamp = delay && parseDateTime(String(delay.attrs.stamp));
  if (!delay || stamp === null || stamp === undefined || stamp < 0) return null;
  message.remove(delay);
  return stamp;
}

function bounded(stanza: Element): string {
  const text = serialize(stanza);
  if (Buffer.byteLength(text) > MAX_STANZA) throw new LeftOutError('it is too large');
  return text;
}
