// A client's connection over WebSocket (RFC 7395): whole messages are read in place, all else that
// comes by `ws`, and what is sent leaves through the queue, framed there, in one write a turn.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import type { Connection, ConnectionListener } from '../stream/connection.ts';
import { writeStreamError } from '../stream/stream-error.ts';
import type { ServerHeader } from '../stream/stream-header.ts';
import { type Frame, XmlError, type XmlLimits } from '../xml/frame.ts';
import { XmlMessageParser } from '../xml/message-parser.ts';
import type { StreamError } from '../xmpp/errors.ts';
import type { Upgraded } from './http.ts';
import { originOf } from './http-answer.ts';
import type { HttpAsked } from './http-route.ts';
import { OutgoingQueue, type Sink } from './outgoing-queue.ts';
import { textFrames } from './websocket-frame.ts';
import { type WebSocketInput, WebSocketReader } from './websocket-reader.ts';
import { NS_FRAMING, readOpen, writeClose, writeOpen } from './websocket-xml.ts';

/** Milliseconds that the peer has to end its side once we ended ours. */
const CLOSE_TIMEOUT = 5_000;
/** Milliseconds of silence, or twice as many, after which a ping keeps proxies from cutting it. */
const PING_INTERVAL = 25_000;
/** What frames may have besides the messages in them. */
const FRAMES_SLACK = 1_024;

/** Codes of RFC 6455 §7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const UNSUPPORTED_DATA = 1003;

/** What the connections of one listener share. */
export interface WebSocketTransport {
  readonly deadlines: Deadlines;
  /** Bytes that may wait for one peer to read. */
  readonly queueLimit: number;
  /** Bytes of the largest message that `ws` hands over. */
  readonly maxMessage: number;
  /** Where clients may go on once this server stops; null for nowhere. */
  readonly seeOtherUri: string | null;
}

/** Leads from a socket to its connection, so that all sockets share their listeners. */
const OWNER = Symbol('connection');
type OwnedWebSocket = WebSocket & { [OWNER]?: WebSocketConnection };
type OwnedSocket = Socket & { [OWNER]?: WebSocketConnection };

export class WebSocketConnection implements Connection, Sink, Expiring, Upgraded, WebSocketInput {
  readonly transport = 'websocket';
  readonly contentXmlns = 'jabber:client';
  readonly takesStartTls = false;
  /** A certificate vouches for the web's name of the server, and no stream is bound to it. */
  readonly tls = null;
  readonly channelBindings = null;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly isLoopback: boolean;
  deadline = 0;
  readonly #ws: WebSocket;
  readonly #socket: OwnedSocket;
  readonly #shared: WebSocketTransport;
  readonly #queue: OutgoingQueue;
  readonly #reader: WebSocketReader;
  /** What `ws` listens with to the socket. */
  readonly #feed: (this: Socket, chunk: Buffer) => void;
  #listener: ConnectionListener | null = null;
  #parser: XmlMessageParser | null = null;
  /** Bytes of the largest message that the stream takes, and those of the one under way. */
  #limit = 0;
  #incomplete = 0;
  #hasMessage = false;
  #expectsOpen = true;
  #isQuiet = false;
  #isPaused = false;
  #hasPeerClosed = false;
  #hasEnded = false;
  #awaitsClose = false;
  #isEnding = false;
  #isClosed = false;
  #code = NORMAL;

  constructor(ws: WebSocket, socket: Socket, asked: HttpAsked, shared: WebSocketTransport) {
    this.remoteAddress = asked.remoteAddress;
    this.isSecure = asked.isSecure || asked.isLocal;
    this.isLoopback = asked.isLocal && !isForeignPage(asked);
    this.#ws = ws;
    this.#socket = socket;
    this.#shared = shared;
    this.#queue = new OutgoingQueue(this, shared.queueLimit, textFrames);
    this.#reader = new WebSocketReader(this, shared.maxMessage);
    (ws as OwnedWebSocket)[OWNER] = this;
    this.#socket[OWNER] = this;
    ws.on('message', onMessage).on('error', onError).on('close', onClose);
    this.#feed = socket.listeners('data')[0] as (chunk: Buffer) => void;
    socket.off('data', this.#feed).on('data', onData);
    shared.deadlines.set(this, PING_INTERVAL);
  }

  /** Gives the connection its stream; to be called once, before any message comes. */
  attach(listener: ConnectionListener, limits: XmlLimits): void {
    this.#listener = listener;
    this.#parser = new XmlMessageParser(
      {
        onFrame: (frame) => this.#take(frame),
        onError: (error) => listener.onError(error),
      },
      limits,
    );
    this.#limit = limits.bytes;
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

  certifiedAddresses(): readonly string[] {
    return [];
  }

  open(header: ServerHeader): void {
    this.#queue.send(writeOpen(header));
  }

  conclude(error: StreamError | null): void {
    const isStopping = error?.condition === 'system-shutdown';
    if (isStopping) this.#code = GOING_AWAY;
    if (error) this.#queue.send(writeStreamError(error, this.contentXmlns));
    this.#queue.send(writeClose(isStopping ? this.#shared.seeOtherUri : null));
    if (error || this.#hasPeerClosed) this.end();
    else this.#awaitClose();
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
    this.#ws.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#isClosed) return;
    this.#isPaused = false;
    this.#parser?.resume();
    // What had been read may have paused the stream again.
    if (this.#isPaused) return;
    this.#ws.resume();
    if (this.#hasEnded) this.#closed();
  }

  restart(): void {
    this.#expectsOpen = true;
  }

  setLimits(limits: XmlLimits): void {
    this.#parser?.setLimits(limits);
    this.#limit = limits.bytes;
  }

  /** Never offered, and refused where it is asked for. */
  startTls(): void {
    this.destroy();
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#queue.finish();
    this.#shared.deadlines.set(this, CLOSE_TIMEOUT);
    // What the peer still sends has to be read for its end to be seen.
    this.resume();
  }

  destroy(): void {
    this.#queue.shut();
    this.#ws.terminate();
  }

  announceShutdown(): void {
    this.#listener?.onShutdown();
  }

  onDeadline(): void {
    if (this.#isEnding || this.#isClosed) this.destroy();
    else if (this.#awaitsClose) this.end();
    else this.#keepAlive();
  }

  overflowed(): void {
    this.#listener?.onOverflow();
  }

  finished(): void {
    this.#ws.close(this.#code);
  }

  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#isQuiet = false;
    this.#socket.write(bytes, done);
  }

  /** For the listeners of the socket alone. */
  chunkReceived(chunk: Buffer): void {
    this.#reader.read(chunk);
  }

  onText(bytes: Buffer, start: number, end: number): void {
    this.#isQuiet = false;
    this.#listener?.onActivity();
    this.#parser?.write(bytes, start, end);
  }

  onRest(bytes: Buffer): void {
    this.#hasMessage = false;
    this.#feed.call(this.#socket, bytes);
    this.#count(bytes.length);
  }

  /** What `ws` has read of the rest; for its listeners alone. */
  received(message: Buffer, isBinary: boolean): void {
    this.#hasMessage = true;
    if (!isBinary) this.onText(message, 0, message.length);
    else this.#refuse(UNSUPPORTED_DATA, 'bad-format', 'messages have to be text');
  }

  /** What came is no WebSocket; the peer has been told so, and hears nothing more. */
  failed(error: Error): void {
    this.#reader.stop();
    this.#closed(error);
    this.#shared.deadlines.set(this, CLOSE_TIMEOUT);
  }

  /** The connection is gone; what came before is dealt with first. */
  ended(): void {
    this.#shared.deadlines.clear(this);
    this.#queue.shut();
    this.#hasEnded = true;
    if (!this.#isPaused) this.#closed();
  }

  #take(frame: Frame): void {
    if (frame.xmlns === NS_FRAMING && frame.name === 'close') this.#takeClose();
    else if (this.#expectsOpen) {
      this.#expectsOpen = false;
      this.#listener?.onHeader(readOpen(frame));
    } else this.#listener?.onFrame(frame);
  }

  /** RFC 7395 §3.6: the stream is closed; who has begun to close it, closes the connection. */
  #takeClose(): void {
    this.#hasPeerClosed = true;
    if (this.#awaitsClose) this.end();
    else this.#listener?.onFooter();
  }

  #awaitClose(): void {
    this.#awaitsClose = true;
    this.#shared.deadlines.set(this, CLOSE_TIMEOUT);
    this.resume();
  }

  /** Before somebody has signed in, messages are shorter than those that `ws` may let pass. */
  #count(bytes: number): void {
    this.#incomplete = this.#hasMessage ? 0 : this.#incomplete + bytes;
    const isBound = this.#limit < this.#shared.maxMessage;
    if (!isBound || this.#incomplete <= this.#limit + FRAMES_SLACK) return;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#refuse(NORMAL, 'policy-violation', 'a message is too long');
  }

  #refuse(code: number, condition: 'bad-format' | 'policy-violation', text: string): void {
    this.#code = code;
    this.#listener?.onError(new XmlError(condition, text));
  }

  #keepAlive(): void {
    if (this.#isQuiet) this.#ws.ping();
    this.#isQuiet = true;
    this.#shared.deadlines.set(this, PING_INTERVAL);
  }

  #closed(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shared.deadlines.clear(this);
    this.#queue.shut();
    this.#listener?.onClose(error);
  }
}

function onMessage(this: OwnedWebSocket, message: Buffer, isBinary: boolean): void {
  this[OWNER]?.received(message, isBinary);
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[OWNER]?.failed(error);
}

function onClose(this: OwnedWebSocket): void {
  this[OWNER]?.ended();
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.chunkReceived(chunk);
}

/** A page from elsewhere is not who sits at this machine, though its browser runs there. */
function isForeignPage(asked: HttpAsked): boolean {
  const { origin } = asked.request.headers;
  return origin !== undefined && origin !== originOf(asked);
}
