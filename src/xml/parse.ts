import { BYTE } from './byte-class.ts';
import { type Frame, type FrameContent, XmlError, type XmlLimits } from './frame.ts';
import { EMPTY_SCOPE } from './namespaces.ts';
import { borrowScanner, returnScanner } from './scanner-pool.ts';
import { skipSpace } from './start-tag.ts';

/** For texts that the server itself wrote: they end what grows without end, no more. */
const LIMITS: XmlLimits = {
  bytes: 2 ** 26,
  tagBytes: 2 ** 24,
  depth: 10_000,
  elements: 2 ** 20,
  attributes: 1000,
};

/**
 * Reads a text that is one element, with white space around it at most, under
 * the rules of streams; nothing is inherited from a stream header. The frame's
 * bytes are its own. Throws `XmlError`.
 */
export function parseFrame(text: string): Frame {
  const bytes = Buffer.from(text);
  const start = skipSpace(bytes, 0, bytes.length);
  if (bytes[start] !== BYTE.less || bytes[start + 1] === BYTE.slash) throw notOneElement();
  const scanner = borrowScanner();
  try {
    const isComplete = scanner.scan(bytes, start, bytes.length, LIMITS, EMPTY_SCOPE);
    const end = start + scanner.position;
    if (!isComplete || skipSpace(bytes, end, bytes.length) !== bytes.length) throw notOneElement();
    return scanner.finish(bytes.subarray(start, end));
  } finally {
    returnScanner(scanner);
  }
}

/**
 * Reads a text as what stands between the tags of an element that has these
 * attributes (with leading space), such as namespace declarations. Throws
 * `XmlError`.
 */
export function parseContent(text: string, attributes: string): FrameContent {
  return parseFrame(`<content${attributes}>${text}</content>`);
}

function notOneElement(): XmlError {
  return new XmlError('not-well-formed', 'The text is not one element');
}
