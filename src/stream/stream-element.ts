import { type Element, serialize } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';

const PREFIXED = 'stream:';

/**
 * Writes an element of the stream's own: features, errors, answers to IQs. `contentXmlns`
 * is what it has to declare where no header has done so (`Connection.contentXmlns`):
 * then it does the same for the prefix `stream`.
 */
export function writeElement(element: Element, contentXmlns: string): string {
  if (contentXmlns !== '') {
    if (element.name.startsWith(PREFIXED)) element.attrs['xmlns:stream'] ??= NS.streams;
    else element.attrs.xmlns ??= contentXmlns;
  }
  return serialize(element);
}
