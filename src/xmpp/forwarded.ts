import { formatDateTime } from './date-time.ts';
import { NS } from './ns.ts';
import { Content, Stanza } from './stanza.ts';

const NS_FORWARD = 'urn:xmpp:forward:0';

/** The element of the protocol that sends a stanza within a message. */
export interface Wrapper {
  readonly name: string;
  readonly xmlns: string;
  /** Its other attributes, as they are written. */
  readonly attributes?: string;
}

/**
 * A message that carries a whole stanza (XEP-0297 §3.1), within the element of the
 * protocol that sends it. It has the stanza's type and no addresses yet: those who
 * get it share its bytes, which are copies of the stanza's.
 */
export function forward(stanza: Stanza, wrapper: Wrapper): Stanza {
  const head = `${openTags(wrapper)}${stanza.head(NS.client)}`;
  const raw = Buffer.concat([Buffer.from(head), stanza.rest, Buffer.from(endTags(wrapper))]);
  return carrier(raw, wrapper, stanza.type);
}

/**
 * The same of a stanza that is there as text, in namespace `jabber:client`, and of which
 * is said when it came, in milliseconds since 1970 (§3.2). It is of type normal.
 */
export function forwardText(text: string, stamp: number, wrapper: Wrapper): Stanza {
  const delay = `<delay xmlns='${NS.delay}' stamp='${formatDateTime(stamp)}'/>`;
  const raw = Buffer.from(`${openTags(wrapper)}${delay}${text}${endTags(wrapper)}`);
  return carrier(raw, wrapper, '');
}

function openTags({ name, xmlns, attributes = '' }: Wrapper): string {
  return `<${name} xmlns='${xmlns}'${attributes}><forwarded xmlns='${NS_FORWARD}'>`;
}

function endTags({ name }: Wrapper): string {
  return `</forwarded></${name}></message>`;
}

/** A client that is gone does not need it any more, nor does another one. */
function carrier(raw: Buffer, { name, xmlns }: Wrapper, type: string): Stanza {
  const whole = { start: 0, end: raw.length - '</message>'.length };
  const inside = { contentStart: whole.start, contentEnd: whole.end };
  const child = { name, xmlns, ...whole, ...inside, hasDeclarations: true };
  const content = new Content({ raw, ...inside, children: [child] }, false);
  content.isSeen = true;
  const details = { id: '', type, lang: '', extra: '' };
  return new Stanza('message', null, null, details, content);
}
