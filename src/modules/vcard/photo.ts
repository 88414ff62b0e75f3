import { createHash } from 'node:crypto';
import { decodeBase64 } from '../../stream/sasl/base64.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';

export const NS_VCARD = 'vcard-temp';

/** How the files of each media type begin, byte by byte. */
const SIGNATURES: readonly (readonly [type: string, start: string])[] = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
];

/**
 * The picture on a card; empty when there is none. Throws `StanzaError`
 * bad-request for what is no base64; white space in it does not count
 * (XEP-0153 §4.6).
 */
export function photoOf(card: Element): Buffer {
  const written = card.getChild('PHOTO', NS_VCARD)?.getChildText('BINVAL', NS_VCARD) ?? '';
  const data = decodeBase64(written.replace(/[\t\n\r ]+/g, ''));
  if (!data) throw new StanzaError('bad-request', 'the picture is not base64');
  return data;
}

/** SHA-1 in hexadecimal, in lower case as everybody writes it (XEP-0153 §3.1); '' for no picture. */
export function hashOf(photo: Buffer): string {
  return photo.length === 0 ? '' : createHash('sha1').update(photo).digest('hex');
}

/** The media type by the data itself: what the card says of it may be wrong (XEP-0153 §5). */
export function mediaTypeOf(photo: Buffer): string {
  const head = photo.toString('latin1', 0, 12);
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  const known = SIGNATURES.find(([, start]) => head.startsWith(start));
  return known?.[0] ?? 'application/octet-stream';
}
