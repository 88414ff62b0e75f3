import type { Socket } from 'node:net';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { silentLog } from '../../src/lib/log.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import type { HttpListener } from '../../src/transports/http.ts';
import { type WebSocketOptions, WebSockets } from '../../src/transports/websocket.ts';
import { AFTER_LOGIN, BEFORE_LOGIN, PASSWORD, StubHost, StubHosts } from '../stream/stub-host.ts';
import { HttpWorld, type WorldOptions } from './http-world.ts';

/** Real milliseconds after which a test gives up to wait. */
const PATIENCE = 3000;
const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

export const OPEN = `<open xmlns='${FRAMING}' to='example.com' version='1.0'/>`;
export const CLOSE = `<close xmlns='${FRAMING}'/>`;

/** What asks for a WebSocket, as lines of a head. */
export const HANDSHAKE = [
  'GET /xmpp-websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: xmpp',
];

/** A server with one host behind WebSocket, on a port of its own. */
export class WebSocketWorld extends HttpWorld {
  readonly host = new StubHost('example.com');
  readonly deadlines = new Deadlines(this.clock);
  listener!: HttpListener;
  readonly #wires: FrameWire[] = [];

  async begin(options: Partial<WebSocketOptions> = {}, http: WorldOptions = {}): Promise<this> {
    await this.host.addAccount('juliet');
    const hosts = new StubHosts(this.host);
    const common = { deadlines: this.deadlines, log: silentLog };
    const webSockets = new WebSockets({
      onConnection: clientStreams({ hosts, ...common }),
      limits: BEFORE_LOGIN,
      maxMessage: AFTER_LOGIN.bytes,
      origins: null,
      seeOtherUri: null,
      ...common,
      ...options,
    });
    const upgrades = new Map([['/xmpp-websocket', webSockets.upgrade]]);
    this.listener = await this.listen([{ path: '/other' }], { upgrades, ...http });
    return this;
  }

  /** Sends the lines and returns the answer's head, with the wire where it is open. */
  async handshake(
    lines: readonly string[] = HANDSHAKE,
  ): Promise<{ head: string; wire: FrameWire }> {
    const plain = await this.connect(this.listener);
    const wire = new FrameWire(plain.socket);
    this.#wires.push(wire);
    plain.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return { head: await wire.head(), wire };
  }

  /** A client that has opened its stream and read the features. */
  async opens(lines: readonly string[] = HANDSHAKE, declaration = ''): Promise<FrameWire> {
    const { wire } = await this.handshake(lines);
    wire.says(`${declaration}${OPEN}`);
    await wire.hears('<open');
    await wire.hears('<stream:features');
    return wire;
  }

  /** A client that is bound, and opens its streams with that declaration before. */
  async signsIn(declaration = ''): Promise<FrameWire> {
    const wire = await this.opens(HANDSHAKE, declaration);
    const initial = Buffer.from(`\0juliet\0${PASSWORD}`).toString('base64');
    wire.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${initial}</auth>`);
    await wire.hears('<success');
    wire.says(`${declaration}${OPEN}`);
    await wire.hears('<open');
    await wire.hears('<stream:features');
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    wire.says(`<iq xmlns='jabber:client' type='set' id='b'>${bind}</iq>`);
    await wire.hears('made-by-server');
    return wire;
  }

  /** Waits until the only session has heard that its connection is gone; whether well. */
  async endOfSession(): Promise<boolean> {
    const { ends } = this.host.sessions[0]!;
    while (ends.length === 0) await new Promise(setImmediate);
    return ends[0]!;
  }
}

export interface FrameHead {
  readonly opcode?: number;
  readonly isLast?: boolean;
  readonly isMasked?: boolean;
  readonly reserved?: number;
  /** What the frame says of its length, whatever it has. */
  readonly length?: number;
}

/** A frame as a client sends it, or should not (RFC 6455 §5.2). */
export function frame(payload: string | Buffer, head: FrameHead = {}): Buffer {
  const { opcode = 1, isLast = true, isMasked = true, reserved = 0 } = head;
  const bytes = Buffer.from(payload);
  const { length = bytes.length } = head;
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  const size = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  size[0] = first;
  size[1] = (isMasked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (size.length === 4) size.writeUInt16BE(length, 2);
  if (size.length === 10) size.writeBigUInt64BE(BigInt(length), 2);
  const mask = Buffer.from([1, 2, 3, 4]);
  if (!isMasked) return Buffer.concat([size, bytes]);
  return Buffer.concat([size, mask, bytes.map((byte, index) => byte ^ mask[index % 4]!)]);
}

/** What the server has sent in one frame. */
export interface HeardFrame {
  readonly opcode: number;
  readonly text: string;
  /** Of a close frame; 0 elsewhere. */
  readonly code: number;
  /** Bytes before the payload. */
  readonly headLength: number;
}

/** A client's end of a WebSocket, frame by frame; it answers no ping and no close by itself. */
export class FrameWire {
  readonly frames: HeardFrame[] = [];
  /** Of how many frames each piece that came was made. */
  readonly pieces: number[] = [];
  isClosed = false;
  readonly #socket: Socket;
  #head: string | null = null;
  #unread: Buffer = Buffer.alloc(0);
  #look: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.isClosed = true;
      this.#look();
    });
  }

  says(...texts: readonly string[]): this {
    return this.sends(...texts.map((text) => frame(text)));
  }

  sends(...bytes: readonly Buffer[]): this {
    this.#socket.write(Buffer.concat(bytes));
    return this;
  }

  stopReading(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async head(): Promise<string> {
    await this.#until(() => this.#head !== null || this.isClosed, 'for a head');
    return this.#head ?? '';
  }

  /** The next message, which holds the text. */
  async hears(wanted: string): Promise<string> {
    const { opcode, text } = await this.next();
    if (opcode !== 1 || !text.includes(wanted)) throw new Error(`expected ${wanted}, got ${text}`);
    return text;
  }

  async next(): Promise<HeardFrame> {
    await this.#until(() => this.frames.length > 0 || this.isClosed, 'for a frame');
    const found = this.frames.shift();
    if (!found) throw new Error('the connection has ended');
    return found;
  }

  async hearsClose(code: number): Promise<void> {
    const found = await this.next();
    if (found.opcode !== 8 || found.code !== code) {
      throw new Error(`expected to hear ${code}, got ${JSON.stringify(found)}`);
    }
  }

  async hearsTheEnd(): Promise<void> {
    await this.#until(() => this.isClosed, 'for the end');
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    if (this.#head === null) this.#readHead();
    if (this.#head !== null) {
      const before = this.frames.length;
      while (this.#readFrame());
      this.pieces.push(this.frames.length - before);
    }
    this.#look();
  }

  #readHead(): void {
    const end = this.#unread.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#head = this.#unread.subarray(0, end + 4).toString();
    this.#unread = this.#unread.subarray(end + 4);
  }

  #readFrame(): boolean {
    const bytes = this.#unread;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < headLength) return false;
    const long = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    const length = short === 126 ? bytes.readUInt16BE(2) : long;
    if (bytes.length < headLength + length) return false;
    const payload = bytes.subarray(headLength, headLength + length);
    this.#unread = bytes.subarray(headLength + length);
    const opcode = bytes[0]! & 0x0f;
    const code = opcode === 8 && length >= 2 ? payload.readUInt16BE(0) : 0;
    this.frames.push({ opcode, text: payload.toString(), code, headLength });
    return true;
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    if (isThere()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`waited ${what}`)), PATIENCE);
    this.#look = () => isThere() && resolve();
    await promise.finally(() => clearTimeout(timer));
  }
}
