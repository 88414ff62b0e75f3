import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { ByteConnection, type ByteTransport } from './byte-connection.ts';
import { TlsChannelBindings } from './channel-bindings.ts';
import type { ProxyOptions } from './proxy-gate.ts';
import {
  certifiedAddresses,
  contextOf,
  DIRECT_TLS,
  type SecureContextFor,
  STARTTLS,
  secureSocket,
} from './tls.ts';

/** What the connections of one listener share. */
export interface TcpTransport extends ByteTransport {
  readonly secureContextFor: SecureContextFor;
  /** Milliseconds that a TLS handshake may take. */
  readonly handshakeTimeout: number;
  /** Who passes these connections on; null for clients' own. */
  readonly proxy: ProxyOptions | null;
  /** The connection is over; `error` says what broke it. */
  forget(connection: TcpConnection, error?: Error): void;
}

/** Leads from a socket to its connection, so that all sockets share their listeners. */
const OWNER = Symbol('connection');
type OwnedSocket = Socket & { [OWNER]?: TcpConnection };

/** A client's connection over TCP, in clear text or with TLS. */
export class TcpConnection extends ByteConnection {
  readonly transport: 'tcp' | 'tls';
  readonly #shared: TcpTransport;
  #socket: Socket;
  #isHandshaking = false;
  #bindings: TlsChannelBindings | null = null;
  #addresses: readonly string[] | null = null;
  #error: Error | undefined;

  /** `directTls` is the context of a connection that begins with TLS (XEP-0368). */
  constructor(
    socket: Socket,
    address: string,
    shared: TcpTransport,
    directTls: SecureContext | null,
  ) {
    super(address, shared);
    this.#shared = shared;
    this.#socket = socket;
    this.transport = directTls ? 'tls' : 'tcp';
    if (directTls) this.#handshake(directTls);
    else this.#own(socket);
    // A socket that came by a proxy is paused.
    if (!directTls) socket.resume();
  }

  get isSecure(): boolean {
    return (
      this.#shared.proxy?.endsTls || (this.#socket instanceof TLSSocket && !this.#isHandshaking)
    );
  }

  /** A proxy beside the server, or beside the client, does not make it a neighbour. */
  override get isLoopback(): boolean {
    return this.#shared.proxy === null && super.isLoopback;
  }

  get tls(): { version: string; serverName: string } | null {
    const socket = this.#socket;
    if (!(socket instanceof TLSSocket) || this.#isHandshaking) return null;
    return { version: socket.getProtocol() ?? '', serverName: socket.servername || '' };
  }

  get channelBindings(): TlsChannelBindings | null {
    const socket = this.#socket;
    if (!(socket instanceof TLSSocket) || this.#isHandshaking) return null;
    this.#bindings ??= new TlsChannelBindings(socket);
    return this.#bindings;
  }

  certifiedAddresses(context: SecureContext): readonly string[] {
    const socket = this.#socket;
    if (!(socket instanceof TLSSocket) || this.#isHandshaking) return [];
    this.#addresses ??= certifiedAddresses(socket);
    return contextOf(socket) === context ? this.#addresses : [];
  }

  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  /** For the listeners of the socket alone. */
  socketReceived(chunk: Buffer): void {
    this.received(chunk);
  }

  socketEnded(): void {
    this.peerEnded();
  }

  socketSecured(): void {
    this.#isHandshaking = false;
    this.deadlines.clear(this);
    if (this.transport === 'tcp') this.secured();
  }

  socketFailed(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  socketClosed(): void {
    this.closed(this.#error);
    this.#shared.forget(this, this.#error);
  }

  override onDeadline(): void {
    if (this.#isHandshaking) this.#error ??= new Error('TLS handshake timed out');
    super.onDeadline();
  }

  protected pauseBytes(): void {
    this.#socket.pause();
  }

  protected resumeBytes(): void {
    this.#socket.resume();
  }

  protected endBytes(): void {
    this.#socket.end();
  }

  protected destroyBytes(): void {
    this.#socket.destroy();
  }

  protected secureBytes(context: SecureContext): void {
    this.#socket.removeListener('data', onData);
    this.#socket.removeListener('end', onEnd);
    this.#socket.removeListener('close', onClose);
    // Clear text that had been read already would otherwise reach the TLS layer.
    while (this.#socket.read() !== null);
    this.#handshake(context);
  }

  #handshake(context: SecureContext): void {
    const { secureContextFor, handshakeTimeout } = this.#shared;
    const manner = this.transport === 'tls' ? DIRECT_TLS : STARTTLS;
    const secured = secureSocket(this.#socket, context, secureContextFor, manner);
    this.#isHandshaking = true;
    this.#socket = secured;
    secured.once('secure', onSecure);
    // Failures of the handshake, and renegotiation, come by this event alone.
    secured.on('_tlsError', onError);
    this.#own(secured);
    this.deadlines.set(this, handshakeTimeout);
  }

  #own(socket: OwnedSocket): void {
    socket[OWNER] = this;
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.socketReceived(chunk);
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]?.socketEnded();
}

function onSecure(this: OwnedSocket): void {
  this[OWNER]?.socketSecured();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.socketFailed(error);
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.socketClosed();
}
