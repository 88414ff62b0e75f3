// In the walk of a message: the first and the last step. Bytes come in here for the
// stream's parser, and what the session sends leaves through the queue.

import type { SecureContext } from 'node:tls';
import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import type { Connection, ConnectionListener } from '../stream/connection.ts';
import { writeStreamError } from '../stream/stream-error.ts';
import { type ServerHeader, writeHeader } from '../stream/stream-header.ts';
import type { XmlLimits } from '../xml/frame.ts';
import { XmlStreamParser } from '../xml/stream-parser.ts';
import type { StreamError } from '../xmpp/errors.ts';
import { isLoopback } from './address.ts';
import { OutgoingQueue, type Sink } from './outgoing-queue.ts';

/** Milliseconds that the peer has to end its side once we ended ours (RFC 6120 §4.4). */
const CLOSE_TIMEOUT = 5000;

/** What the connections of one listener share. */
export interface ByteTransport {
  readonly deadlines: Deadlines;
  /** Bytes that may wait for one peer to read. */
  readonly queueLimit: number;
}

/**
 * What connections over a stream of bytes have in common: the parser, the
 * outgoing queue, and how they end. Subclasses move the bytes.
 */
export abstract class ByteConnection implements Connection, Sink, Expiring {
  abstract readonly transport: Connection['transport'];
  abstract readonly isSecure: boolean;
  abstract readonly tls: Connection['tls'];
  abstract readonly channelBindings: Connection['channelBindings'];
  readonly contentXmlns = '';
  readonly takesStartTls = true;
  readonly remoteAddress: string;
  deadline = 0;
  protected readonly deadlines: Deadlines;
  #listener: ConnectionListener | null = null;
  #parser: XmlStreamParser | null = null;
  readonly #queue: OutgoingQueue;
  #isPaused = false;
  #hasPeerEnded = false;
  #isEnding = false;
  #isClosed = false;

  constructor(remoteAddress: string, transport: ByteTransport) {
    this.remoteAddress = remoteAddress;
    this.deadlines = transport.deadlines;
    this.#queue = new OutgoingQueue(this, transport.queueLimit);
  }

  get isLoopback(): boolean {
    return isLoopback(this.remoteAddress);
  }

  /** Gives the connection its stream; to be called once, before any byte comes. */
  attach(listener: ConnectionListener, limits: XmlLimits): void {
    this.#listener = listener;
    this.#parser = new XmlStreamParser(listener, limits);
  }

  get queuedBytes(): number {
    return this.#queue.queuedBytes;
  }

  get lostBytes(): number {
    return this.#queue.lostBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  open(header: ServerHeader): void {
    this.#queue.send(writeHeader(header));
  }

  conclude(error: StreamError | null): void {
    if (error) this.#queue.send(writeStreamError(error));
    this.#queue.send('</stream:stream>');
    this.end();
  }

  send(xml: string): void {
    this.#queue.send(xml);
  }

  sendParts(head: string, rest: Buffer): void {
    this.#queue.sendParts(head, rest);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#parser?.pause();
    this.pauseBytes();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    this.#parser?.resume();
    // What had been read may have paused the stream again.
    if (this.#isPaused) return;
    this.resumeBytes();
    if (this.#hasPeerEnded) this.end();
  }

  restart(): void {
    this.#parser?.restart();
  }

  setLimits(limits: XmlLimits): void {
    this.#parser?.setLimits(limits);
  }

  startTls(context: SecureContext): void {
    this.#parser?.reset();
    this.#queue.flush();
    // A peer that left even this little unread would get the rest inside of TLS.
    if (this.#queue.isHandedOver) this.secureBytes(context);
    else this.destroy();
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#queue.finish();
    this.deadlines.set(this, CLOSE_TIMEOUT);
    // What the peer still sends has to be read for its end to be seen.
    this.resume();
  }

  destroy(): void {
    if (this.#isClosed) return;
    this.#queue.shut();
    this.destroyBytes();
  }

  /** Tells the stream that the server is about to stop. */
  announceShutdown(): void {
    this.#listener?.onShutdown();
  }

  onDeadline(): void {
    this.destroy();
  }

  overflowed(): void {
    this.#listener?.onOverflow();
  }

  finished(): void {
    this.endBytes();
  }

  abstract certifiedAddresses(context: SecureContext): readonly string[];

  abstract write(bytes: Buffer, done: (error?: Error | null) => void): void;

  /** Bytes have come from the peer. */
  protected received(chunk: Buffer): void {
    this.#listener?.onActivity();
    this.#parser?.write(chunk);
  }

  /** The peer has ended its side; so does ours, once all that came before is answered. */
  protected peerEnded(): void {
    this.#hasPeerEnded = true;
    if (!this.#isPaused) this.end();
  }

  protected secured(): void {
    this.#listener?.onSecure();
  }

  /** All is over; tells the stream, once. */
  protected closed(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.deadlines.clear(this);
    this.#queue.shut();
    this.#listener?.onClose(error);
  }

  protected abstract pauseBytes(): void;
  protected abstract resumeBytes(): void;
  protected abstract secureBytes(context: SecureContext): void;
  /** Ends our side once what was written has left. */
  protected abstract endBytes(): void;
  protected abstract destroyBytes(): void;
}
