import { BYTE } from './byte-class.ts';
import { XmlError } from './frame.ts';
import { skipLastPlane0, skipReference } from './references.ts';

/**
 * Passes a byte of character data that is not plain, or -1 when more bytes are
 * needed to judge. Throws `XmlError`.
 */
export function skipInText(bytes: Buffer, at: number, end: number): number {
  switch (bytes[at]) {
    case BYTE.ampersand:
      return skipReference(bytes, at, end);
    case BYTE.lastPlane0:
      return skipLastPlane0(bytes, at, end);
    case BYTE.greater:
      if (endsCdata(bytes, at)) throw new XmlError('not-well-formed', 'Text holds "]]>"');
      return at + 1;
    default:
      throw new XmlError('not-well-formed', 'Text holds a forbidden character');
  }
}

/** The same within a CDATA section, for what does not end it. */
export function skipInCdata(bytes: Buffer, at: number, end: number): number {
  switch (bytes[at]) {
    case BYTE.lastPlane0:
      return skipLastPlane0(bytes, at, end);
    case BYTE.greater:
      return at + 1;
    default:
      throw new XmlError('not-well-formed', 'Text holds a forbidden character');
  }
}

/** Whether the '>' at `at` is the last of "]]>". */
export function endsCdata(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === BYTE.bracketClose && bytes[at - 2] === BYTE.bracketClose;
}

const CDATA_START = Buffer.from('<![CDATA[');

/**
 * Where the content of the CDATA section begins whose "<!" is at `start`, or -1
 * when bytes run out before. Throws `XmlError` when it is none.
 */
export function skipCdataStart(bytes: Buffer, start: number, end: number): number {
  for (let i = 2; i < CDATA_START.length; i++) {
    if (start + i === end) return -1;
    if (bytes[start + i] !== CDATA_START[i]) throw noCdata(bytes[start + 2]);
  }
  return start + CDATA_START.length;
}

/** Comments and document types are known by the byte behind "<!" (RFC 6120 §11.1). */
function noCdata(third: number | undefined): XmlError {
  return third === 0x2d || third === 0x44
    ? new XmlError('restricted-xml', 'Comments and document types are not allowed')
    : new XmlError('not-well-formed', 'A declaration stands where none may be');
}
