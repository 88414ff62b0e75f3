import { BYTE } from './byte-class.ts';
import { XmlError } from './frame.ts';

const START = '<?xml';
/** Bytes of the longest declaration worth waiting for. */
const MAX_LENGTH = 256;
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"(1\.[0-9]+)"|'(1\.[0-9]+)')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>$/;

/**
 * Where the XML declaration ends that may begin at `start`; `start` itself when
 * there is none, -1 when more bytes are needed to tell. Throws `XmlError`: the
 * version is 1.0 (RFC 6120 §11.8) and the encoding UTF-8 (§11.6).
 */
export function skipDeclaration(bytes: Buffer, start: number, end: number): number {
  const length = Math.min(end - start, START.length);
  if (bytes.toString('latin1', start, start + length) !== START.slice(0, length)) return start;
  if (start + START.length >= end) return -1;
  // Another target that begins so: left to those who refuse processing instructions.
  if (bytes[start + START.length]! > BYTE.space) return start;
  const text = bytes.toString('latin1', start, Math.min(end, start + MAX_LENGTH));
  const close = text.indexOf('?>');
  if (close === -1) {
    if (text.length < MAX_LENGTH) return -1;
    throw new XmlError('policy-violation', 'The XML declaration is too long');
  }
  checkDeclaration(text.slice(0, close + 2));
  return start + close + 2;
}

function checkDeclaration(text: string): void {
  const parts = DECLARATION.exec(text);
  if (!parts) throw new XmlError('not-well-formed', 'The XML declaration is malformed');
  if ((parts[1] ?? parts[2]) !== '1.0') {
    throw new XmlError('bad-format', 'The version of XML is not 1.0');
  }
  const encoding = parts[3] ?? parts[4] ?? 'UTF-8';
  if (encoding.toUpperCase() !== 'UTF-8') {
    throw new XmlError('unsupported-encoding', 'The encoding is not UTF-8');
  }
}
