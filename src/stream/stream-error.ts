import { serialize, xml } from '../xml/element.ts';
import type { StreamErrorCondition } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';

/** A stream error as text (RFC 6120 §4.9.2); `text` is in English, '' for none. */
export function writeStreamError(condition: StreamErrorCondition, text: string): string {
  const error = xml('stream:error', {}, xml(condition, { xmlns: NS.streamErrors }));
  if (text) error.append(xml('text', { xmlns: NS.streamErrors, 'xml:lang': 'en' }, text));
  return serialize(error);
}
