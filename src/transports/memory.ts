import { StringDecoder } from 'node:string_decoder';
import type { SecureContext } from 'node:tls';
import type { Deadlines } from '../lib/deadlines.ts';
import type { ChannelBindings, Connection, ConnectionListener } from '../stream/connection.ts';
import type { XmlLimits } from '../xml/frame.ts';
import { ByteConnection, type ByteTransport } from './byte-connection.ts';
import { DEFAULT_QUEUE_LIMIT } from './outgoing-queue.ts';

export interface MemoryOptions {
  readonly deadlines: Deadlines;
  readonly limits: XmlLimits;
  readonly remoteAddress?: string;
  readonly queueLimit?: number;
  /** What clients can bind to once the connection is marked secure; nothing unless given. */
  readonly channelBindings?: ChannelBindings;
  /** Of a certificate that the client shows once the connection is marked secure. */
  readonly certifiedAddresses?: readonly string[];
}

/**
 * The client's end of a connection within the process. What the server sends
 * arrives as text through `onText`, in the turn in which a socket would get it.
 */
export class MemoryPeer {
  onText: (text: string) => void = () => {};
  /** The server has ended its side, or dropped the connection. */
  onEnd: () => void = () => {};
  readonly #connection: MemoryConnection;
  readonly #decoder = new StringDecoder('utf8');
  readonly #waiting: Buffer[] = [];
  #isReading = true;
  #hasEnded = false;
  #isPaused = false;

  constructor(connection: MemoryConnection) {
    this.#connection = connection;
  }

  get isSecure(): boolean {
    return this.#connection.isSecure;
  }

  /** Whether the server has ended its side. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  write(data: string | Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    if (this.#isPaused) this.#waiting.push(bytes);
    else this.#connection.take(bytes);
  }

  /** Ends the client's side, as a FIN does. */
  end(): void {
    this.#connection.takeEnd();
  }

  /** Breaks the connection, as a reset does. */
  destroy(): void {
    this.#connection.break();
  }

  /** Stops taking what the server sends, as a client does that no longer reads. */
  stopReading(): void {
    this.#isReading = false;
  }

  get reads(): boolean {
    return this.#isReading;
  }

  /** For the connection alone. */
  hear(bytes: Buffer): void {
    this.onText(this.#decoder.write(bytes));
  }

  hearEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnd();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#waiting.length > 0) {
      this.#connection.take(this.#waiting.shift()!);
    }
  }

  /** What was sent in clear text and not read is lost to TLS. */
  dropWaiting(): void {
    this.#waiting.length = 0;
  }
}

/**
 * The server's end. `startTls` only marks the connection secure: there is no
 * handshake and nothing is encrypted.
 */
class MemoryConnection extends ByteConnection {
  readonly transport = 'memory';
  readonly peer: MemoryPeer;
  isSecure = false;
  readonly #bindings: ChannelBindings | null;
  readonly #addresses: readonly string[];
  #isOver = false;
  #hasPeerEnded = false;
  #hasEnded = false;

  constructor(shared: ByteTransport, options: MemoryOptions) {
    super(options.remoteAddress ?? '192.0.2.1', shared);
    this.#bindings = options.channelBindings ?? null;
    this.#addresses = options.certifiedAddresses ?? [];
    this.peer = new MemoryPeer(this);
  }

  get tls(): { version: string; serverName: string } | null {
    return this.isSecure ? { version: 'none', serverName: '' } : null;
  }

  get channelBindings(): ChannelBindings | null {
    return this.isSecure ? this.#bindings : null;
  }

  certifiedAddresses(): readonly string[] {
    return this.isSecure ? this.#addresses : [];
  }

  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (!this.peer.reads) return;
    this.peer.hear(bytes);
    done();
  }

  take(bytes: Buffer): void {
    if (!this.#isOver) this.received(bytes);
  }

  takeEnd(): void {
    if (this.#isOver) return;
    this.#hasPeerEnded = true;
    if (this.#hasEnded) this.#finish();
    else this.peerEnded();
  }

  break(): void {
    this.#finish(new Error('connection reset'));
  }

  protected pauseBytes(): void {
    this.peer.pause();
  }

  protected resumeBytes(): void {
    this.peer.resume();
  }

  protected secureBytes(_context: SecureContext): void {
    this.peer.dropWaiting();
    this.isSecure = true;
    this.secured();
  }

  protected endBytes(): void {
    this.#hasEnded = true;
    this.peer.hearEnd();
    if (this.#hasPeerEnded) this.#finish();
  }

  protected destroyBytes(): void {
    this.#finish();
  }

  #finish(error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.peer.hearEnd();
    this.closed(error);
  }
}

/** Connects a client to `makeListener` within the process: a transport for tests. */
export function connectMemory(
  makeListener: (connection: Connection) => ConnectionListener,
  options: MemoryOptions,
): MemoryPeer {
  const { deadlines, limits, queueLimit = DEFAULT_QUEUE_LIMIT } = options;
  const connection = new MemoryConnection({ deadlines, queueLimit }, options);
  connection.attach(makeListener(connection), limits);
  return connection.peer;
}
