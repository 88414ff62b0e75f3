import {
  createServer as createHttp,
  type IncomingMessage,
  type Server as NodeHttp,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import { plainAddress } from './address.ts';
import { type BindAddress, bind } from './bind.ts';
import type { ProxyTrust } from './forwarded.ts';
import {
  allowed,
  allows,
  answerOptions,
  isForeign,
  refuse,
  refuseUpgrade,
  setDefaults,
} from './http-answer.ts';
import { readAsked } from './http-client.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpAsked, HttpHost, HttpRoute, HttpSite } from './http-route.ts';
import { nameIn } from './http-target.ts';
import { PeerCounts } from './peer-counts.ts';
import { HTTPS, type SecureContextFor, secureSocket } from './tls.ts';
import { TlsArrival } from './tls-arrival.ts';

export interface HttpLimits {
  readonly maxConnections: number;
  /** Connections from one IPv4 address or IPv6 /64 network that is no trusted proxy's. */
  readonly maxConnectionsPerAddress: number;
}

export interface HttpOptions extends HttpLimits, BindAddress {
  /** Whether connections begin with TLS. */
  readonly isSecure: boolean;
  /** By the name in the TLS handshake; '' asks for the default host's. */
  readonly secureContextFor: SecureContextFor;
  readonly trust: ProxyTrust;
  readonly site: HttpSite;
  /** What connections may be turned into, by path. */
  readonly upgrades?: ReadonlyMap<string, Upgrade>;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

/** Takes over a connection whose client has asked for WebSocket; null where it refuses. */
export type Upgrade = (asked: HttpAsked, socket: Socket, head: Buffer) => Upgraded | null;

/** A connection that is HTTP's no more. */
export interface Upgraded {
  readonly queuedBytes: number;
  announceShutdown(): void;
}

const MAX_HEADER_BYTES = 16_384;
/** Milliseconds of a client that neither sends nor reads. */
const SILENCE = 300_000;

/** Node's own ways to wait and to read what is no HTTP are off: connections have deadlines. */
const STRICT: ServerOptions = {
  insecureHTTPParser: false,
  requireHostHeader: true,
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: 0,
  requestTimeout: 0,
  keepAliveTimeout: 0,
};

/** Listens for HTTP; resolves once the port is bound, rejects when it cannot be. */
export async function listenHttp(options: HttpOptions): Promise<HttpListener> {
  const listener = new HttpListener(options);
  await listener.start();
  return listener;
}

/** A bound port of HTTP/1.1, the connections that came in through it, and what they ask. */
export class HttpListener {
  /** How many connections were refused, by reason. */
  readonly refused = { 'too-many': 0, 'too-many-from-address': 0, 'no-certificate': 0 };
  readonly #options: HttpOptions;
  #limits: HttpLimits;
  readonly #server: Server;
  readonly #http: NodeHttp;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Socket, HttpConnection>();
  readonly #upgraded = new Set<Upgraded>();
  readonly #peers = new PeerCounts();
  #isStopping = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#limits = options;
    this.#http = this.#makeHttp();
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('drop', (drop) => this.#turnAway('too-many', drop?.remoteAddress ?? ''));
  }

  start(): Promise<void> {
    return bind(this.#server, this.#options, this.#options.log);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Bytes that wait for clients to read on what were upgraded, and for the one with most. */
  get queued(): { total: number; largest: number } {
    let [total, largest] = [0, 0];
    for (const { queuedBytes } of this.#upgraded) {
      total += queuedBytes;
      largest = Math.max(largest, queuedBytes);
    }
    return { total, largest };
  }

  /** For connections from now on. */
  useLimits(limits: HttpLimits): void {
    this.#limits = limits;
    this.#server.maxConnections = limits.maxConnections;
  }

  /** Takes no more connections, and no more requests than those that are there. */
  stop(): void {
    this.#isStopping = true;
    this.#server.close();
    for (const connection of this.#connections.values()) connection.finish();
    for (const upgraded of this.#upgraded) upgraded.announceShutdown();
  }

  /** Takes no more connections and drops those that are left; resolves once all are gone. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    return promise;
  }

  #makeHttp(): NodeHttp {
    const http = createHttp({
      ...STRICT,
      shouldUpgradeCallback: (request) => this.#upgrades(request),
    });
    http.timeout = SILENCE;
    http.on('request', (request, response) => this.#take(request, response, false));
    http.on('checkContinue', (request, response) => this.#take(request, response, true));
    http.on('upgrade', (request, socket: Socket, head) => this.#upgrade(request, socket, head));
    return http;
  }

  #accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const { isSecure, secureContextFor, deadlines } = this.#options;
    const context = isSecure ? secureContextFor('') : null;
    const refusal = this.#refusal(address, isSecure && !context);
    if (refusal) {
      if (refusal !== 'gone') this.#turnAway(refusal, address);
      socket.destroy();
      return;
    }
    this.#count(socket, address);
    if (!context) this.#begin(socket, address);
    else {
      const secured = secureSocket(socket, context, secureContextFor, HTTPS);
      new TlsArrival(secured, deadlines, () => this.#begin(secured, address));
    }
  }

  #refusal(
    address: string,
    lacksCertificate: boolean,
  ): keyof HttpListener['refused'] | 'gone' | null {
    if (address === '') return 'gone';
    if (lacksCertificate) return 'no-certificate';
    return this.#isFull(address) ? 'too-many-from-address' : null;
  }

  #isFull(address: string): boolean {
    if (this.#options.trust.proxies.has(address)) return false;
    return this.#peers.of(address) >= this.#limits.maxConnectionsPerAddress;
  }

  #turnAway(reason: keyof HttpListener['refused'], address: string): void {
    this.refused[reason] += 1;
    this.#options.log.debug({ address, reason }, 'connection refused');
  }

  #count(socket: Socket, address: string): void {
    this.#sockets.add(socket);
    this.#peers.add(address);
    // Errors are HTTP's, or the handshake's, or nobody's.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#peers.remove(address);
    });
  }

  /** From here on the socket is Node's parser's. */
  #begin(socket: Socket, address: string): void {
    const { isSecure, deadlines } = this.#options;
    const connection = new HttpConnection(socket, { address, isSecure }, deadlines);
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#leave(socket, connection));
    this.#http.emit('connection', socket);
  }

  #leave(socket: Socket, connection: HttpConnection): void {
    connection.leave();
    this.#connections.delete(socket);
  }

  #take(request: IncomingMessage, response: ServerResponse, mustContinue: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (!connection?.begins(response)) return;
    if (this.#isStopping) response.setHeader('Connection', 'close');
    const asked = readAsked(request, connection, this.#options.trust);
    const host = asked && this.#options.site.hostFor(nameIn(asked.authority) ?? '');
    const route = host ? host.findRoute(asked.path) : null;
    setDefaults(response, route);
    if (!asked || !host) refuse(response, 400);
    else if (this.#mayAnswer({ asked, response, host, route })) {
      connection.awaitContent(response, route!.contentTimeout);
      if (mustContinue && route!.contentTimeout !== null) response.writeContinue();
      void this.#handle(asked, response, route!);
    }
  }

  /** False where the answer is given already. */
  #mayAnswer({ asked, response, host, route }: Question): boolean {
    const { method = '' } = asked.request;
    if (!route) this.#refuseUnknown(asked, response);
    else if (method === 'OPTIONS') answerOptions(asked.request, response, route);
    else if (!allows(route, method)) refuse(response.setHeader('Allow', allowed(route)), 405);
    else if (isForeign(asked, route, host.webUrl)) refuse(response, 403);
    else return true;
    return false;
  }

  #refuseUnknown({ path }: HttpAsked, response: ServerResponse): void {
    const isUpgrade = this.#options.upgrades?.has(path) ?? false;
    if (isUpgrade) response.setHeader('Upgrade', 'websocket');
    refuse(response, isUpgrade ? 426 : 404);
  }

  async #handle(asked: HttpAsked, response: ServerResponse, route: HttpRoute): Promise<void> {
    try {
      await route.handle({ ...asked, response });
    } catch (error) {
      const { path } = route;
      this.#options.log.error({ err: error, path }, 'a request failed');
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    }
  }

  /** Whether a request is for what connections can be turned into; else it is like any other. */
  #upgrades({ url = '', headers }: IncomingMessage): boolean {
    const [path = ''] = url.split('?');
    const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket';
    return isWebSocket && (this.#options.upgrades?.has(path) ?? false);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const connection = this.#connections.get(socket);
    const asked = connection && readAsked(request, connection, this.#options.trust);
    const upgrade = asked && this.#options.upgrades?.get(asked.path);
    if (connection) this.#leave(socket, connection);
    if (!upgrade || this.#isStopping || this.#isCrowded(asked, connection)) {
      refuseUpgrade(socket, upgrade ? 503 : 400);
      return;
    }
    const upgraded = upgrade(asked, socket, head);
    if (upgraded) this.#keep(upgraded, socket, asked, connection);
  }

  /** Clients behind proxies are counted once they stay. */
  #isCrowded({ remoteAddress }: HttpAsked, { address }: HttpConnection): boolean {
    if (remoteAddress === address || !this.#isFull(remoteAddress)) return false;
    this.#turnAway('too-many-from-address', remoteAddress);
    return true;
  }

  #keep(upgraded: Upgraded, socket: Socket, asked: HttpAsked, connection: HttpConnection): void {
    const { remoteAddress } = asked;
    const isProxied = remoteAddress !== connection.address;
    if (isProxied) this.#peers.add(remoteAddress);
    this.#upgraded.add(upgraded);
    socket.once('close', () => {
      this.#upgraded.delete(upgraded);
      if (isProxied) this.#peers.remove(remoteAddress);
    });
  }
}

interface Question {
  readonly asked: HttpAsked;
  readonly response: ServerResponse;
  readonly host: HttpHost;
  readonly route: HttpRoute | null;
}
