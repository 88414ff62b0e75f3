import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import type { Connection, ConnectionListener } from '../stream/connection.ts';
import type { XmlLimits } from '../xml/frame.ts';
import { plainAddress } from './address.ts';
import { type BindAddress, bind } from './bind.ts';
import { DEFAULT_QUEUE_LIMIT } from './outgoing-queue.ts';
import { PeerCounts } from './peer-counts.ts';
import { ProxyGate, type ProxyOptions } from './proxy-gate.ts';
import { TcpConnection, type TcpTransport } from './tcp-connection.ts';
import type { SecureContextFor } from './tls.ts';

/** Bounds of a listener's connections. */
export interface TcpLimits {
  /** Limits until the stream sets its own. */
  readonly limits: XmlLimits;
  readonly maxConnections: number;
  /** Connections from one IPv4 address or IPv6 /64 network. */
  readonly maxConnectionsPerAddress: number;
  /** Bytes that may wait for one peer to read; 4 MiB unless said otherwise. */
  readonly queueLimit?: number;
}

export interface TcpOptions extends TcpLimits, BindAddress {
  /** Whether connections begin with TLS (XEP-0368) instead of asking for it. */
  readonly directTls: boolean;
  /** Null, or left out: clients connect by themselves. */
  readonly proxy?: ProxyOptions | null;
  /** By the name in the TLS handshake; '' asks for the default host's. */
  readonly secureContextFor: SecureContextFor;
  readonly onConnection: (connection: Connection) => ConnectionListener;
  /** Milliseconds that a TLS handshake may take; 10 s unless said otherwise. */
  readonly handshakeTimeout?: number;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;
const REFUSALS = {
  gone: 'connection was gone before it was accepted',
  'no-certificate': 'connection refused, no certificate for direct TLS',
  'too-many-from-address': 'connection refused, too many from one address',
} as const;

/** Listens for clients; resolves once the port is bound, rejects when it cannot be. */
export async function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const listener = new TcpListener(options);
  await listener.start();
  return listener;
}

/** A bound port and the connections that came in through it. */
export class TcpListener implements TcpTransport {
  readonly deadlines: Deadlines;
  readonly secureContextFor: SecureContextFor;
  readonly handshakeTimeout: number;
  readonly proxy: ProxyOptions | null;
  /** How many connections were refused, by reason. */
  readonly refused = {
    'too-many': 0,
    'too-many-from-address': 0,
    'no-certificate': 0,
    'no-proxy': 0,
  };
  readonly #options: TcpOptions;
  #limits: TcpLimits;
  readonly #server: Server;
  readonly #gate: ProxyGate | null;
  readonly #connections = new Set<TcpConnection>();
  readonly #peers = new PeerCounts();

  constructor(options: TcpOptions) {
    this.#options = options;
    this.#limits = options;
    this.deadlines = options.deadlines;
    this.secureContextFor = options.secureContextFor;
    this.handshakeTimeout = options.handshakeTimeout ?? DEFAULT_HANDSHAKE_TIMEOUT;
    const { deadlines, log, proxy = null } = options;
    const admit = (socket: Socket, address: string) => this.#admit(socket, address);
    this.proxy = proxy;
    const turnedAway = () => {
      this.refused['no-proxy'] += 1;
    };
    this.#gate = proxy && new ProxyGate(proxy, { deadlines, log, admit, turnedAway });
    // Half-open, so that a client that has said all it wants still gets its answers.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('drop', (drop) => {
      this.refused['too-many'] += 1;
      log.debug({ address: drop?.remoteAddress }, 'connection refused, too many in all');
    });
  }

  start(): Promise<void> {
    return bind(this.#server, this.#options, this.#options.log);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get queueLimit(): number {
    return this.#limits.queueLimit ?? DEFAULT_QUEUE_LIMIT;
  }

  /** For connections from now on. */
  useLimits(limits: TcpLimits): void {
    this.#limits = limits;
    this.#server.maxConnections = limits.maxConnections;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes that wait for clients to read: of all connections, and of the one with most. */
  get queued(): { total: number; largest: number } {
    let [total, largest] = [0, 0];
    for (const { queuedBytes } of this.#connections) {
      total += queuedBytes;
      largest = Math.max(largest, queuedBytes);
    }
    return { total, largest };
  }

  /** Takes no more connections and says so to those there are; sessions go on. */
  stop(): void {
    this.#server.close();
    this.#gate?.close();
    for (const connection of this.#connections) connection.announceShutdown();
  }

  /** Takes no more connections and drops those that are left; resolves once all are gone. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#gate?.close();
    for (const connection of this.#connections) connection.destroy();
    return promise;
  }

  forget(connection: TcpConnection, error?: Error): void {
    this.#connections.delete(connection);
    this.#peers.remove(connection.remoteAddress);
    if (!error) return;
    const { remoteAddress: address } = connection;
    this.#options.log.debug({ address, error: error.message }, 'connection broke');
  }

  #accept(socket: Socket): void {
    if (this.#gate) this.#gate.take(socket);
    else this.#admit(socket, plainAddress(socket.remoteAddress ?? ''));
  }

  #admit(socket: Socket, address: string): void {
    const { directTls, log, onConnection } = this.#options;
    const context = directTls ? this.secureContextFor('') : null;
    const refusal = this.#refusal(address, directTls && !context);
    if (refusal) {
      if (refusal !== 'gone') this.refused[refusal] += 1;
      log.debug({ address }, REFUSALS[refusal]);
      socket.destroy();
      return;
    }
    this.#peers.add(address);
    const connection = new TcpConnection(socket, address, this, context);
    this.#connections.add(connection);
    connection.attach(onConnection(connection), this.#limits.limits);
  }

  #refusal(address: string, lacksCertificate: boolean): keyof typeof REFUSALS | null {
    if (address === '') return 'gone';
    if (lacksCertificate) return 'no-certificate';
    const isFull = this.#peers.of(address) >= this.#limits.maxConnectionsPerAddress;
    return isFull ? 'too-many-from-address' : null;
  }
}
