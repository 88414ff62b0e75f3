import { NS } from './ns.ts';
import { Content, Stanza } from './stanza.ts';

const NS_FORWARD = 'urn:xmpp:forward:0';

/**
 * A message that carries a whole stanza (XEP-0297 §3.1), within the element of the
 * protocol that sends it. It has the stanza's type and no addresses yet: those who
 * get it share its bytes, which are copies of the stanza's.
 */
export function forward(stanza: Stanza, wrapper: { name: string; xmlns: string }): Stanza {
  const { name, xmlns } = wrapper;
  const head = `<${name} xmlns='${xmlns}'><forwarded xmlns='${NS_FORWARD}'>${stanza.head(NS.client)}`;
  const end = `</forwarded></${name}>`;
  const raw = Buffer.concat([Buffer.from(head), stanza.rest, Buffer.from(`${end}</message>`)]);
  const whole = { start: 0, end: raw.length - '</message>'.length };
  const inside = { contentStart: whole.start, contentEnd: whole.end };
  const child = { name, xmlns, ...whole, ...inside, hasDeclarations: true };
  const content = new Content({ raw, ...inside, children: [child] }, false);
  content.isSeen = true;
  const details = { id: '', type: stanza.type, lang: '', extra: '' };
  return new Stanza('message', null, null, details, content);
}
