import { hashByte, InternTable } from './intern-table.ts';
import { resolveReference } from './references.ts';

// Besides markup: what XML cannot carry, what would be normalised on reading
// (XML 1.0 §2.11, §3.3.3), and halves of surrogate pairs.
const UNSAFE_IN_TEXT = /[^\t\n -%'-;=?-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const UNSAFE_IN_ATTRIBUTE = /[^ !#-%(-;=?-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const REPLACEMENT = '\ufffd';
// Most values are plain ASCII, for which these are many times faster to test.
const PLAIN_TEXT = /^[\n -%'-;=?-~]*$/;
const PLAIN_ATTRIBUTE = /^[ !#-%(-;=?-~]*$/;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
]);

/**
 * Character data as it is written between tags. A character that XML cannot
 * carry (controls, U+FFFE, U+FFFF, half a surrogate pair) becomes U+FFFD, so
 * that its loss shows.
 */
export function escapeText(text: string): string {
  return PLAIN_TEXT.test(text) ? text : text.replace(UNSAFE_IN_TEXT, escapeCharacter);
}

/** A value as it is written between quotes of either kind; see `escapeText`. */
export function escapeAttribute(value: string): string {
  return PLAIN_ATTRIBUTE.test(value) ? value : value.replace(UNSAFE_IN_ATTRIBUTE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return ESCAPES.get(character) ?? REPLACEMENT;
}

const NEEDS_DECODING = /[&<\r]/;
const CDATA_OR_REFERENCE = /<!\[CDATA\[([\s\S]*?)\]\]>|&([^;]+);/g;

/**
 * The text in validated bytes that hold character data, references and CDATA
 * sections; line ends become '\n' (XML 1.0 §2.11).
 */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (!NEEDS_DECODING.test(text)) return text;
  return text
    .replace(/\r\n?/g, '\n')
    .replace(CDATA_OR_REFERENCE, (_, cdata: string | undefined, reference: string) =>
      cdata === undefined ? resolveReference(reference) : cdata,
    );
}

const NEEDS_NORMALISING = /[&\t\n\r]/;

/** The value in the validated bytes between the quotes (XML 1.0 §3.3.3). */
export function decodeAttribute(bytes: Buffer, start: number, end: number): string {
  const value = bytes.toString('utf8', start, end);
  if (!NEEDS_NORMALISING.test(value)) return value;
  return value
    .replace(/\r\n|[\t\n\r]/g, ' ')
    .replace(/&([^;]+);/g, (_, reference: string) => resolveReference(reference));
}

const values = new InternTable(2048, (bytes) => decodeAttribute(bytes, 0, bytes.length));

/** The same for values that come again and again, such as namespaces. */
export function internAttribute(bytes: Buffer, start: number, end: number): string {
  let hash = 0;
  for (let at = start; at < end; at++) hash = hashByte(hash, bytes[at]!);
  return values.get(bytes, start, end, hash);
}
