// In the walk of a message: chunks of bytes come in, frames go out.

import { BYTE, CLASS, FORBIDDEN } from './byte-class.ts';
import { ByteWindow } from './byte-window.ts';
import {
  type Frame,
  XmlError,
  type XmlErrorCondition,
  type XmlLimits,
  type XmlStreamHandler,
} from './frame.ts';
import type { FrameScanner } from './frame-scanner.ts';
import { EMPTY_SCOPE, type StreamScope } from './namespaces.ts';
import { borrowScanner, returnScanner } from './scanner-pool.ts';
import { skipSpace } from './start-tag.ts';
import { hasRootEnd, type OpenStream } from './stream-header.ts';
import { skipDeclaration } from './xml-declaration.ts';

/** What is expected next; `dead` follows an error, `closed` the root's end tag. */
type Stage = 'declaration' | 'header' | 'frames' | 'closed' | 'dead';

/** What a step of reading may come upon; `progress` is nothing to tell. */
type Found = Frame | OpenStream | XmlError | 'white space' | 'footer' | 'progress';

/**
 * Reads one XML stream (RFC 6120 §4): the root's start tag, its children one by
 * one as frames, the root's end tag. Accepts what is namespace-well-formed and
 * within the restrictions of RFC 6120 §11, and nothing else. The time it takes
 * is linear in the bytes, however they are cut into chunks.
 *
 * Every method may be called from within the handler. Between frames a parser
 * holds no more than a few fields. What follows the root's end tag is dropped.
 */
export class XmlStreamParser {
  private readonly handler: XmlStreamHandler;
  private limits: XmlLimits;
  private readonly window = new ByteWindow();
  private stage: Stage = 'declaration';
  private scope: StreamScope = EMPTY_SCOPE;
  private scanner: FrameScanner | null = null;
  private isRunning = false;
  private isHeld = false;

  constructor(handler: XmlStreamHandler, limits: XmlLimits) {
    this.handler = handler;
    this.limits = limits;
  }

  /** Whether frames are held back. */
  get isPaused(): boolean {
    return this.isHeld;
  }

  /**
   * Reads on. The handler hears at once of all that is complete; the chunk may
   * be used again when this returns.
   */
  write(chunk: Buffer): void {
    if (this.stage === 'dead' || this.stage === 'closed') return;
    if (this.isRunning) {
      this.window.addBehind(chunk);
      return;
    }
    this.window.add(chunk);
    this.run();
  }

  /** Holds from the next tag or frame on. */
  setLimits(limits: XmlLimits): void {
    this.limits = limits;
  }

  /**
   * Drops all bytes that are there and expects a new stream from the next byte
   * on: what came in clear text behind STARTTLS counts for nothing (RFC 6120
   * §5.4.3.3).
   */
  reset(): void {
    this.window.clear();
    this.begin();
  }

  /**
   * Expects a new stream from the byte behind the last frame on (RFC 6120
   * §4.3.3, §6.4.6). White space there still belongs to the old stream.
   */
  restart(): void {
    this.begin();
    this.window.at = skipSpace(this.window.bytes, this.window.at, this.window.end);
    this.run();
  }

  /** Stops behind the current frame; bytes are kept until `resume`. */
  pause(): void {
    this.isHeld = true;
  }

  resume(): void {
    this.isHeld = false;
    this.run();
  }

  private begin(): void {
    this.release();
    this.stage = 'declaration';
    this.scope = EMPTY_SCOPE;
  }

  private run(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (!this.isHeld) {
        const found = this.next();
        if (found === null) break;
        this.tell(found);
      }
    } finally {
      this.isRunning = false;
      this.window.settle();
    }
  }

  /** The next thing in the stream; null when bytes run out, or all is over. */
  private next(): Found | null {
    try {
      return this.window.isEmpty ? null : this.read();
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      return error;
    }
  }

  private tell(found: Found): void {
    const { handler } = this;
    if (found === 'progress') return;
    if (found === 'white space') {
      handler.onWhiteSpace?.();
    } else if (found === 'footer') {
      this.end('closed');
      handler.onFooter();
    } else if (found instanceof XmlError) {
      this.end('dead');
      handler.onError(found);
    } else if ('raw' in found) {
      handler.onFrame(found);
    } else {
      this.tellHeader(found);
    }
  }

  private tellHeader({ header, isEmpty }: OpenStream): void {
    if (isEmpty) this.end('closed');
    this.handler.onHeader(header);
    if (isEmpty) this.handler.onFooter();
  }

  private end(stage: 'closed' | 'dead'): void {
    this.release();
    this.window.clear();
    this.stage = stage;
  }

  private read(): Found | null {
    switch (this.stage) {
      case 'declaration':
        return this.readDeclaration();
      case 'header':
        return this.readHeader();
      case 'frames':
        return this.scanner === null ? this.readBetween() : this.readFrame(this.scanner);
      default:
        this.window.clear();
        return null;
    }
  }

  private readDeclaration(): Found | null {
    const { window } = this;
    const next = skipDeclaration(window.bytes, window.at, window.end);
    if (next === -1) return null;
    window.at = next;
    this.stage = 'header';
    return 'progress';
  }

  private readHeader(): Found | null {
    const { window } = this;
    if (this.scanner === null) {
      window.at = skipSpace(window.bytes, window.at, window.end);
      if (!beginsTag(window, 'not-well-formed')) return null;
      const byte = window.bytes[window.at + 1];
      if (byte === BYTE.question || byte === BYTE.exclamation) {
        throw new XmlError('restricted-xml', 'Nothing but the XML declaration precedes the root');
      }
      this.scanner = borrowScanner();
    }
    const open = this.scanner.scanHeader(window.bytes, window.at, window.end, this.limits);
    if (open === null) return null;
    window.at += this.scanner.position;
    this.release();
    this.stage = 'frames';
    this.scope = open.scope;
    return open;
  }

  private readBetween(): Found | null {
    const { window } = this;
    const at = skipSpace(window.bytes, window.at, window.end);
    if (at > window.at) {
      window.at = at;
      return 'white space';
    }
    if (!beginsTag(window, 'bad-format')) return null;
    if (window.bytes[at + 1] === BYTE.slash) return this.readFooter();
    this.scanner = borrowScanner();
    return this.readFrame(this.scanner);
  }

  private readFrame(scanner: FrameScanner): Found | null {
    const { window } = this;
    const { at } = window;
    if (!scanner.scan(window.bytes, at, window.end, this.limits, this.scope)) return null;
    window.at = at + scanner.position;
    const frame = scanner.finish(window.bytes.subarray(at, window.at));
    this.release();
    return frame;
  }

  private readFooter(): Found | null {
    const { bytes, at, end } = this.window;
    return hasRootEnd(bytes, at, end, this.scope.rootName) ? 'footer' : null;
  }

  private release(): void {
    if (this.scanner !== null) returnScanner(this.scanner);
    this.scanner = null;
  }
}

/**
 * Whether there are two bytes of a tag to look at. Throws `XmlError` with that
 * condition for text; a control character makes it ill-formed anywhere.
 */
function beginsTag({ bytes, at, end }: ByteWindow, textIs: XmlErrorCondition): boolean {
  if (at === end) return false;
  const byte = bytes[at]!;
  if (byte === BYTE.less) return at + 1 < end;
  const isForbidden = (CLASS[byte]! & FORBIDDEN) !== 0;
  throw new XmlError(isForbidden ? 'not-well-formed' : textIs, 'Text stands outside of any stanza');
}
