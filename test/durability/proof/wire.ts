import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Element } from 'ltx';
import { StreamReader } from '../../support/stream-reader.ts';

const OPEN = (domain: string) =>
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " +
  `xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='${domain}'>`;

/** What comes out of a wire. */
export interface WireListener {
  onElement(element: Element): void;
  /** The server has closed the stream with its end tag. */
  onFooter(): void;
  /** What came is no XML. */
  onNonsense(error: Error): void;
  /** The connection is gone; comes once, and nothing after it. */
  onCut(): void;
  /** Each piece of text, for the transcript. */
  onText(direction: '>' | '<', text: string): void;
}

/** One connection that can be cut at any byte, in both directions. */
export class Wire {
  readonly #socket: Socket;
  readonly #listener: WireListener;
  readonly #reader: StreamReader;
  readonly #decoder = new StringDecoder('utf8');
  #bytesToRead = Number.POSITIVE_INFINITY;
  #bytesToWrite = Number.POSITIVE_INFINITY;
  #isCut = false;

  private constructor(socket: Socket, listener: WireListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#reader = new StreamReader({
      onHeader: () => {},
      onElement: ({ element }) => listener.onElement(element),
      onFooter: () => listener.onFooter(),
    });
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.cut());
    socket.on('end', () => this.cut());
    // The end that follows tells enough.
    socket.on('error', () => {});
  }

  /** @throws when nobody listens. */
  static async open(port: number, listener: WireListener): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Wire(socket, listener);
  }

  get isOpen(): boolean {
    return !this.#isCut;
  }

  /** Opens a stream, the first one or the next over the same connection. */
  opensStream(domain: string): void {
    this.#reader.restart();
    this.write(OPEN(domain));
  }

  write(text: string): void {
    if (this.#isCut) return;
    const bytes = Buffer.from(text);
    const part = bytes.subarray(0, this.#bytesToWrite);
    this.#bytesToWrite -= part.length;
    this.#listener.onText('>', part.toString());
    if (this.#bytesToWrite > 0) this.#socket.write(part);
    else this.#socket.write(part, () => this.cut());
  }

  /** The connection breaks as soon as that many bytes more have been sent. */
  cutAfterWriting(bytes: number): void {
    if (bytes === 0) this.cut();
    this.#bytesToWrite = bytes;
  }

  /** The connection breaks as soon as that many bytes more have come; further ones are not read. */
  cutAfterReading(bytes: number): void {
    if (bytes === 0) this.cut();
    this.#bytesToRead = bytes;
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#socket.destroy();
    this.#listener.onCut();
  }

  #read(chunk: Buffer): void {
    if (this.#isCut) return;
    const part = chunk.subarray(0, this.#bytesToRead);
    this.#bytesToRead -= part.length;
    const text = this.#decoder.write(part);
    this.#listener.onText('<', text);
    try {
      this.#reader.write(text);
    } catch (error) {
      this.#listener.onNonsense(error as Error);
      this.cut();
    }
    if (this.#bytesToRead === 0) this.cut();
  }
}
