import { UNSAFE } from '../../lib/unsafe-text.ts';
import { StanzaError } from '../../xmpp/errors.ts';

/** Bytes of UTF-8: what file systems take. */
const MAX_NAME = 255;
const SEPARATORS = /[/\\]/g;
/** What `encodeURIComponent` leaves as it is, and some clients do not. */
const LEFT = /[!'()*]/g;

/**
 * A file's name as it is kept: what parts paths, or does something to a terminal or a header
 * field, becomes `_`. Throws `StanzaError` bad-request for what cannot be a name.
 */
export function readFileName(written: string): string {
  const name = written.toWellFormed().replace(SEPARATORS, '_').replace(UNSAFE, '_');
  if (name === '' || name === '.' || name === '..') {
    throw new StanzaError('bad-request', 'filename is no name of a file');
  }
  if (Buffer.byteLength(name) <= MAX_NAME) return name;
  throw new StanzaError('bad-request', `filename is longer than ${MAX_NAME} bytes`);
}

/** The name as one segment of a path, ASCII alone (XEP-0363 §4). */
export function encodeFileName(name: string): string {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name).replace(LEFT, hex);
}
