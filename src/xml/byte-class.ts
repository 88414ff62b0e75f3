/** Bytes that the grammar of XML names. */
export const BYTE = {
  space: 0x20,
  exclamation: 0x21,
  doubleQuote: 0x22,
  hash: 0x23,
  ampersand: 0x26,
  singleQuote: 0x27,
  slash: 0x2f,
  colon: 0x3a,
  semicolon: 0x3b,
  less: 0x3c,
  equals: 0x3d,
  greater: 0x3e,
  question: 0x3f,
  bracketOpen: 0x5b,
  bracketClose: 0x5d,
  smallX: 0x78,
  /** Leads the three bytes of U+F000 to U+FFFF, two of which XML forbids. */
  lastPlane0: 0xef,
} as const;

/** Ends a run of plain character data. */
export const STOPS_TEXT = 1;
/** Ends a run of plain bytes in an attribute value. */
export const STOPS_VALUE = 2;
/** Ends a run of plain bytes in a CDATA section. */
export const STOPS_CDATA = 4;
export const NAME_START = 8;
export const NAME = 16;
export const SPACE = 32;
/** A control character that no XML document may hold. */
export const FORBIDDEN = 64;

/**
 * What a byte may be. Every byte above 0x7F counts as part of a name here; names
 * that have one are looked at again, character by character, when first seen.
 */
export const CLASS: Uint8Array = buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const add = (bytes: Iterable<number>, flags: number) => {
    for (const byte of bytes) classes[byte]! |= flags;
  };
  const { ampersand, colon, doubleQuote, greater, lastPlane0, less, singleQuote } = BYTE;
  const controls = range(0, 0x1f).filter((byte) => byte !== 9 && byte !== 10 && byte !== 13);
  add([9, 10, 13, 32], SPACE);
  add(controls, FORBIDDEN | STOPS_TEXT | STOPS_VALUE | STOPS_CDATA);
  add([less, ampersand, greater, lastPlane0], STOPS_TEXT);
  add([less, ampersand, singleQuote, doubleQuote, lastPlane0], STOPS_VALUE);
  add([greater, lastPlane0], STOPS_CDATA);
  const letters = [...range(0x41, 0x5a), ...range(0x61, 0x7a), ...range(0x80, 0xff)];
  add([...letters, 0x5f, colon], NAME_START | NAME);
  add([...range(0x30, 0x39), 0x2d, 0x2e], NAME);
  return classes;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * The index of the first byte from `start` on that is of one of the classes, or
 * `end`. Four bytes at a time: text is most of what a server reads.
 */
export function skipUntil(classes: number, bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    const four =
      CLASS[bytes[at]!]! | CLASS[bytes[at + 1]!]! | CLASS[bytes[at + 2]!]! | CLASS[bytes[at + 3]!]!;
    if ((four & classes) !== 0) break;
  }
  while (at < end && (CLASS[bytes[at]!]! & classes) === 0) at++;
  return at;
}
