import { Element } from 'ltx';
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';

/** A child of the stream's root, as a tree and as it was written. */
export interface Heard {
  readonly element: Element;
  readonly text: string;
}

export interface StreamListener {
  onHeader(header: Element): void;
  onElement(heard: Heard): void;
  onFooter(): void;
}

/**
 * The client's reading end of a stream. It is built on a parser of its own, and
 * a strict one, so that the server's never judges itself: what is not
 * well-formed or not namespace-well-formed throws.
 */
export class StreamReader {
  readonly #listener: StreamListener;
  #parser!: SaxesParser<{ xmlns: true }>;
  #text = '';
  #start = 0;
  #stack: Element[] = [];

  constructor(listener: StreamListener) {
    this.#listener = listener;
    this.restart();
  }

  /** From the next character on, expects a new stream header. */
  restart(): void {
    const parser = new SaxesParser({ xmlns: true });
    this.#parser = parser;
    this.#text = '';
    this.#start = 0;
    this.#stack = [];
    parser.on('error', (error) => {
      throw new Error(`the server sent what is no XML: ${error.message}`);
    });
    parser.on('opentag', (tag) => this.#opened(tag));
    parser.on('closetag', () => this.#closed(parser.position));
    parser.on('text', (text) => {
      if (this.#stack.length > 1) this.#stack.at(-1)!.t(text);
    });
  }

  write(text: string): void {
    this.#text += text;
    this.#parser.write(text);
  }

  #opened(tag: SaxesTagNS): void {
    const parent = this.#stack.at(-1);
    const element = new Element(tag.name, attributesOf(tag));
    if (this.#stack.length > 1) parent!.append(element);
    // A child of the root has no parent here, so it says its namespace itself.
    else element.attrs[tag.prefix ? `xmlns:${tag.prefix}` : 'xmlns'] = tag.uri;
    this.#stack.push(element);
    if (this.#stack.length === 1) this.#began(element);
  }

  #began(header: Element): void {
    this.#start = this.#parser.position;
    this.#listener.onHeader(header);
  }

  #closed(position: number): void {
    const element = this.#stack.pop()!;
    if (this.#stack.length === 0) this.#listener.onFooter();
    if (this.#stack.length !== 1) return;
    const text = this.#text.slice(this.#start, position);
    this.#start = position;
    this.#listener.onElement({ element, text: text.trim() });
  }
}

function attributesOf(tag: SaxesTagNS): Record<string, string> {
  const attributes = Object.values(tag.attributes) as SaxesAttributeNS[];
  return Object.fromEntries(attributes.map(({ name, value }) => [name, value]));
}
