import { BYTE } from './byte-class.ts';
import { type Frame, type StreamHeader, XmlError, type XmlLimits } from './frame.ts';
import type { StreamScope } from './namespaces.ts';
import { borrowScanner, returnScanner } from './scanner-pool.ts';
import { skipSpace } from './start-tag.ts';
import { hasRootEnd, type OpenStream } from './stream-header.ts';
import { skipDeclaration } from './xml-declaration.ts';

/** Children that inherit `from` as their default namespace count as those of `to`. */
export interface Adoption {
  readonly from: string;
  readonly to: string;
}

/**
 * A whole document that is there at once, under the rules of streams: its root's start
 * tag, and then, whenever somebody asks, the children one by one as frames.
 */
export class XmlDocument {
  readonly header: StreamHeader;
  readonly #bytes: Buffer;
  readonly #scope: StreamScope;
  /** The first byte that is not read; -1 once the root has ended. */
  #at: number;

  /** Reads the root's start tag, after an XML declaration or none. Throws `XmlError`. */
  constructor(bytes: Buffer, limits: XmlLimits, adoption: Adoption) {
    const { length } = bytes;
    const start = skipSpace(bytes, Math.max(0, skipDeclaration(bytes, 0, length)), length);
    const [open, end] = readRoot(bytes, start, limits);
    const { defaultXmlns } = open.scope;
    const isAdopted = defaultXmlns === adoption.from;
    this.header = open.header;
    this.#bytes = bytes;
    this.#scope = isAdopted ? { ...open.scope, defaultXmlns: adoption.to } : open.scope;
    this.#at = end;
    if (open.isEmpty) this.#endAt(end);
  }

  /** Whether there is no child, as far as one can see without reading on. */
  get isEmpty(): boolean {
    if (this.#at === -1) return true;
    return this.#bytes[skipSpace(this.#bytes, this.#at, this.#bytes.length) + 1] === BYTE.slash;
  }

  /**
   * The next child; null behind the last, where nothing but white space may follow.
   * Throws `XmlError`, after which nothing more is to be asked.
   */
  next(limits: XmlLimits): Frame | null {
    if (this.#at === -1) return null;
    const bytes = this.#bytes;
    const at = skipSpace(bytes, this.#at, bytes.length);
    if (at + 1 >= bytes.length) throw endsEarly();
    if (bytes[at] !== BYTE.less) throw new XmlError('bad-format', 'Text stands between elements');
    if (bytes[at + 1] !== BYTE.slash) return this.#readFrame(at, limits);
    if (!hasRootEnd(bytes, at, bytes.length, this.#scope.rootName)) throw endsEarly();
    this.#endAt(bytes.indexOf(BYTE.greater, at) + 1);
    return null;
  }

  #readFrame(at: number, limits: XmlLimits): Frame {
    const bytes = this.#bytes;
    const scanner = borrowScanner();
    try {
      if (!scanner.scan(bytes, at, bytes.length, limits, this.#scope)) throw endsEarly();
      this.#at = at + scanner.position;
      return scanner.finish(bytes.subarray(at, this.#at));
    } finally {
      returnScanner(scanner);
    }
  }

  #endAt(end: number): void {
    const isLast = skipSpace(this.#bytes, end, this.#bytes.length) === this.#bytes.length;
    if (!isLast) throw new XmlError('not-well-formed', 'Something follows the root');
    this.#at = -1;
  }
}

/** The root, and where its start tag ends. */
function readRoot(bytes: Buffer, start: number, limits: XmlLimits): [OpenStream, number] {
  if (bytes[start] !== BYTE.less) throw new XmlError('not-well-formed', 'It is no XML');
  const next = bytes[start + 1];
  if (next === BYTE.question || next === BYTE.exclamation) {
    throw new XmlError('restricted-xml', 'Nothing but the XML declaration precedes the root');
  }
  const scanner = borrowScanner();
  try {
    const open = scanner.scanHeader(bytes, start, bytes.length, limits);
    if (!open) throw endsEarly();
    return [open, start + scanner.position];
  } finally {
    returnScanner(scanner);
  }
}

function endsEarly(): XmlError {
  return new XmlError('not-well-formed', 'The document ends early');
}
