import type { Frame, StreamHeader, XmlError, XmlLimits } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';

export const LIMITS: XmlLimits = {
  bytes: 65_536,
  tagBytes: 4096,
  depth: 64,
  elements: 1000,
  attributes: 32,
};

export const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.lit'>";

export type RecordedFrame = Omit<Frame, 'raw'> & { readonly raw: string };

/** What a parser told, in order; frames by content, since their bytes are borrowed. */
export type Event =
  | { readonly header: StreamHeader }
  | { readonly frame: RecordedFrame }
  | { readonly error: string }
  | 'footer';

/** A parser with everything that it told. */
export class Recorder {
  readonly events: Event[] = [];
  readonly parser: XmlStreamParser;
  whiteSpaces = 0;
  /** Runs after an event has been recorded, within the parser's callback. */
  onEvent: (event: Event) => void = () => {};

  constructor(limits: XmlLimits = LIMITS) {
    this.parser = new XmlStreamParser(this, limits);
  }

  onHeader(header: StreamHeader): void {
    this.record({ header });
  }

  onFrame(frame: Frame): void {
    this.record({ frame: { ...frame, raw: frame.raw.toString() } });
  }

  onFooter(): void {
    this.record('footer');
  }

  onError(error: XmlError): void {
    this.record({ error: error.condition });
  }

  onWhiteSpace(): void {
    this.whiteSpaces++;
  }

  write(bytes: string | Buffer): this {
    this.parser.write(Buffer.from(bytes as string));
    return this;
  }

  /** One write a byte. */
  drip(bytes: string | Buffer): this {
    for (const byte of Buffer.from(bytes as string)) this.parser.write(Buffer.from([byte]));
    return this;
  }

  get raws(): string[] {
    return this.events.flatMap((event) =>
      typeof event === 'object' && 'frame' in event ? [event.frame.raw] : [],
    );
  }

  /** The error's condition; '' when there was none. */
  get error(): string {
    for (const event of this.events) {
      if (typeof event === 'object' && 'error' in event) return event.error;
    }
    return '';
  }

  private record(event: Event): void {
    this.events.push(event);
    this.onEvent(event);
  }
}

/** The error that a stream with this content ends with; '' when it is fine. */
export function errorOf(content: string | Buffer, limits: XmlLimits = LIMITS): string {
  return new Recorder(limits).write(HEADER).write(content).error;
}
