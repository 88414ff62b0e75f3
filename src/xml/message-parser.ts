import { BYTE } from './byte-class.ts';
import { type Frame, XmlError, type XmlLimits, type XmlStreamHandler } from './frame.ts';
import { EMPTY_SCOPE } from './namespaces.ts';
import { borrowScanner, returnScanner } from './scanner-pool.ts';
import { skipSpace } from './start-tag.ts';
import { skipDeclaration } from './xml-declaration.ts';

/**
 * Reads XML that comes in messages of exactly one element each, with no root around
 * them (RFC 7395 §3.3.3). Each is a document by itself, and so may begin with an XML
 * declaration. Accepts what `XmlStreamParser` accepts, and holds frames back in the
 * same way. After an error nothing more is read.
 */
export class XmlMessageParser {
  private readonly handler: Pick<XmlStreamHandler, 'onFrame' | 'onError'>;
  private limits: XmlLimits;
  private waiting: Buffer[] = [];
  private isRunning = false;
  private isHeld = false;
  private isDead = false;

  constructor(handler: Pick<XmlStreamHandler, 'onFrame' | 'onError'>, limits: XmlLimits) {
    this.handler = handler;
    this.limits = limits;
  }

  /** Reads one message, the bytes from `start` to `end`, which are not to be used again. */
  write(bytes: Buffer, start = 0, end = bytes.length): void {
    if (this.isDead) return;
    if (this.isRunning || this.isHeld) {
      this.waiting.push(bytes.subarray(start, end));
    } else {
      this.readNow(bytes, start, end);
      this.run();
    }
  }

  /** Holds from the next message on. */
  setLimits(limits: XmlLimits): void {
    this.limits = limits;
  }

  /** Stops behind the current message; those that come are kept until `resume`. */
  pause(): void {
    this.isHeld = true;
  }

  resume(): void {
    this.isHeld = false;
    this.run();
  }

  private readNow(bytes: Buffer, start: number, end: number): void {
    this.isRunning = true;
    try {
      this.tell(this.read(bytes, start, end));
    } finally {
      this.isRunning = false;
    }
  }

  private run(): void {
    while (!this.isRunning && !this.isHeld && this.waiting.length > 0) {
      const message = this.waiting.shift()!;
      this.readNow(message, 0, message.length);
    }
  }

  private tell(found: Frame | XmlError): void {
    if (found instanceof XmlError) {
      this.isDead = true;
      this.waiting = [];
      this.handler.onError(found);
    } else {
      this.handler.onFrame(found);
    }
  }

  private read(bytes: Buffer, start: number, end: number): Frame | XmlError {
    const scanner = borrowScanner();
    try {
      const at = startOf(bytes, start, end);
      if (at >= end || bytes[start] !== BYTE.less || bytes[at] !== BYTE.less) {
        throw new XmlError('bad-format', "A message, and its element, begin with '<'");
      }
      if (!scanner.scan(bytes, at, end, this.limits, EMPTY_SCOPE)) {
        throw new XmlError('not-well-formed', 'A message ends within its element');
      }
      const last = at + scanner.position;
      if (skipSpace(bytes, last, end) < end) {
        throw new XmlError('bad-format', 'A message has more than its element');
      }
      return scanner.finish(bytes.subarray(at, last));
    } catch (error) {
      if (error instanceof XmlError) return error;
      throw error;
    } finally {
      returnScanner(scanner);
    }
  }
}

/** Where the element begins: behind an XML declaration, or at once. */
function startOf(bytes: Buffer, start: number, end: number): number {
  if (bytes[start + 1] !== BYTE.question) return start;
  return skipSpace(bytes, Math.max(start, skipDeclaration(bytes, start, end)), end);
}
