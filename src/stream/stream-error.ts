import { xml } from '../xml/element.ts';
import type { StreamError } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';
import { writeElement } from './stream-element.ts';

/**
 * A stream error as text (RFC 6120 §4.9.2); what it says to people is in English. For
 * `contentXmlns` see `Connection`.
 */
export function writeStreamError(
  { condition, text, application }: StreamError,
  contentXmlns = '',
): string {
  const error = xml('stream:error', {}, xml(condition, { xmlns: NS.streamErrors }));
  if (text) error.append(xml('text', { xmlns: NS.streamErrors, 'xml:lang': 'en' }, text));
  if (application) error.append(application);
  return writeElement(error, contentXmlns);
}
