import { BYTE, CLASS, NAME } from './byte-class.ts';
import { XmlError } from './frame.ts';

/** What stands for the characters of markup (XML 1.0 §4.6). */
export const PREDEFINED_ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
]);

/** Bytes of one reference; leading zeros would make it endless. */
const MAX_REFERENCE = 32;
const ENTITY = /^[A-Z_a-z:\u0080-\uffff][A-Z_a-z:\u0080-\uffff\-.0-9]*$/;
const CHARACTER = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/;

/**
 * Where the reference that begins at `start` with '&' ends, behind its ';', or
 * -1 when it is not all there yet. Throws `XmlError` unless it stands for a
 * character: no entity but the predefined may be used (RFC 6120 §11.1).
 */
export function skipReference(bytes: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_REFERENCE);
  for (let at = start + 1; at < limit; at++) {
    const byte = bytes[at]!;
    if (byte === BYTE.semicolon) {
      checkReference(bytes.toString('latin1', start + 1, at));
      return at + 1;
    }
    const mayFollow = (CLASS[byte]! & NAME) !== 0 || (byte === BYTE.hash && at === start + 1);
    if (!mayFollow) {
      throw new XmlError('not-well-formed', 'An ampersand begins no reference');
    }
  }
  if (limit < end) throw new XmlError('policy-violation', 'A reference is too long');
  return -1;
}

function checkReference(name: string): void {
  if (PREDEFINED_ENTITIES.has(name)) return;
  const character = CHARACTER.exec(name);
  if (character) {
    if (!isXmlCharacter(codePointOf(name))) {
      throw new XmlError('not-well-formed', 'A reference stands for a forbidden character');
    }
  } else if (ENTITY.test(name)) {
    throw new XmlError('restricted-xml', 'Only the predefined entities may be used');
  } else {
    throw new XmlError('not-well-formed', 'An ampersand begins no reference');
  }
}

/** The character that a checked reference stands for; `name` without '&' and ';'. */
export function resolveReference(name: string): string {
  return PREDEFINED_ENTITIES.get(name) ?? String.fromCodePoint(codePointOf(name));
}

function codePointOf(reference: string): number {
  return reference[1] === 'x'
    ? Number.parseInt(reference.slice(2), 16)
    : Number.parseInt(reference.slice(1), 10);
}

/** Whether a document may hold the character at all (XML 1.0 §2.2). */
function isXmlCharacter(codePoint: number): boolean {
  if (codePoint < 0x20) return codePoint === 9 || codePoint === 10 || codePoint === 13;
  if (codePoint <= 0xd7ff) return true;
  return (
    (codePoint >= 0xe000 && codePoint <= 0xfffd) || (codePoint >= 0x10000 && codePoint <= 0x10ffff)
  );
}

/**
 * Where the character whose first byte 0xEF is at `at` may be passed, or -1 when
 * more bytes are needed. Throws `XmlError` for U+FFFE and U+FFFF.
 */
export function skipLastPlane0(bytes: Buffer, at: number, end: number): number {
  if (at + 1 === end) return -1;
  if (bytes[at + 1] !== 0xbf) return at + 1;
  if (at + 2 === end) return -1;
  if (bytes[at + 2]! >= 0xbe) {
    throw new XmlError('not-well-formed', 'U+FFFE and U+FFFF are no characters');
  }
  return at + 1;
}
