import { type Element, xml } from '../xml/element.ts';
import type { StanzaError } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';

/** The result for an IQ that the stream itself answers. */
export function answerTo(iq: Element, ...payload: Element[]): Element {
  return xml('iq', { type: 'result', ...idOf(iq) }, ...payload);
}

/** The error for such an IQ (RFC 6120 §8.3.1). */
export function refusalOf(iq: Element, error: StanzaError): Element {
  const answer = xml(
    'error',
    { type: error.type },
    xml(error.condition, { xmlns: NS.stanzaErrors }),
  );
  if (error.text) answer.append(xml('text', { xmlns: NS.stanzaErrors }, error.text));
  return xml('iq', { type: 'error', ...idOf(iq) }, answer);
}

function idOf(iq: Element): { id?: string } {
  const { id } = iq.attrs;
  return id === undefined ? {} : { id };
}
