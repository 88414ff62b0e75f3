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

  /** Reads one message, which is the parser's from now on. */
  write(message: Buffer): void {
    if (this.isDead) return;
    this.waiting.push(message);
    this.run();
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

  private run(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      while (!this.isHeld && this.waiting.length > 0) this.tell(this.waiting.shift()!);
    } finally {
      this.isRunning = false;
    }
  }

  private tell(message: Buffer): void {
    const found = this.read(message);
    if (found instanceof XmlError) {
      this.isDead = true;
      this.waiting = [];
      this.handler.onError(found);
    } else {
      this.handler.onFrame(found);
    }
  }

  private read(message: Buffer): Frame | XmlError {
    const scanner = borrowScanner();
    try {
      const start = startOf(message);
      if (message[0] !== BYTE.less || message[start] !== BYTE.less) {
        throw new XmlError('bad-format', "A message, and its element, begin with '<'");
      }
      if (!scanner.scan(message, start, message.length, this.limits, EMPTY_SCOPE)) {
        throw new XmlError('not-well-formed', 'A message ends within its element');
      }
      const end = start + scanner.position;
      if (skipSpace(message, end, message.length) < message.length) {
        throw new XmlError('bad-format', 'A message has more than its element');
      }
      return scanner.finish(message.subarray(start, end));
    } catch (error) {
      if (error instanceof XmlError) return error;
      throw error;
    } finally {
      returnScanner(scanner);
    }
  }
}

/** Where the element begins: behind an XML declaration, or at once. */
function startOf(message: Buffer): number {
  if (message[1] !== BYTE.question) return 0;
  return skipSpace(
    message,
    Math.max(0, skipDeclaration(message, 0, message.length)),
    message.length,
  );
}
