import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContext } from 'node:tls';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { Log } from '../../src/lib/log.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type HttpListener, type HttpOptions, listenHttp } from '../../src/transports/http.ts';
import type { HttpExchange, HttpRoute } from '../../src/transports/http-route.ts';
import { HttpRouteTable } from '../../src/transports/http-route-table.ts';
import { Networks } from '../../src/transports/networks.ts';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { selfSigned } from '../support/self-signed.ts';
import { Wire } from './tcp-world.ts';

/** A listener of HTTP on a port of its own, with routes as a test wants them. */
export class HttpWorld {
  readonly clock = new ManualClock();
  readonly errors: object[] = [];
  readonly #listeners: HttpListener[] = [];
  readonly #sockets: Socket[] = [];
  #certificate = '';
  #context: SecureContext | null = null;

  /** One host has all the routes, whatever it is called by. */
  async listen(
    routes: readonly Partial<HttpRoute>[],
    { proxies = [], header = 'X-Forwarded-For', ...options }: WorldOptions = {},
  ): Promise<HttpListener> {
    const table = new HttpRouteTable();
    for (const route of routes) table.add({ ...PLAIN, ...route }, `module of ${route.path}`);
    const host = { webUrl: 'https://chat.example.com', findRoute: table.find.bind(table) };
    const listener = await listenHttp({
      address: '127.0.0.1',
      port: 0,
      isSecure: false,
      secureContextFor: () => null,
      trust: { proxies: new Networks(proxies), header },
      site: { hostFor: () => host },
      maxConnections: 100,
      maxConnectionsPerAddress: 50,
      deadlines: new Deadlines(this.clock),
      log: this.#log(),
      ...options,
    });
    this.#listeners.push(listener);
    return listener;
  }

  async listenSecurely(routes: readonly Partial<HttpRoute>[]): Promise<HttpListener> {
    await this.renewCertificate('example.com');
    const secureContextFor = () => this.#context;
    return this.listen(routes, { isSecure: true, secureContextFor });
  }

  /** New connections get another certificate, as after a reload. */
  async renewCertificate(name: string): Promise<void> {
    const pem = await selfSigned(name);
    this.#certificate = pem.cert;
    this.#context = makeSecureContext({ ...pem, minVersion: 'TLSv1.2' });
  }

  async connect({ port }: HttpListener): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Sends the head lines, which need no end, and returns the first whole answer. */
  async asks(listener: HttpListener, ...lines: readonly string[]): Promise<string> {
    const wire = await this.connect(listener);
    wire.says(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
    return await wire.hearsTheEnd();
  }

  async connectTls({ port }: HttpListener, options: ConnectionOptions = {}): Promise<Wire> {
    const ca = this.#certificate;
    const servername = 'example.com';
    const socket = connectTls({ port, host: '127.0.0.1', ca, servername, ...options });
    this.#sockets.push(socket);
    await once(socket, 'secureConnect');
    return new Wire(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const listener of this.#listeners) await listener.close();
  }

  #log(): Log {
    const error = (fields: object) => void this.errors.push(fields);
    return { ...silentLog, debug() {}, error };
  }
}

export interface WorldOptions extends Partial<HttpOptions> {
  readonly proxies?: readonly string[];
  readonly header?: 'X-Forwarded-For' | 'Forwarded';
}

const PLAIN: HttpRoute = { path: '/', methods: ['GET'], origins: 'own', handle: says('here') };

/** Answers every request with the same text. */
export function says(text: string): HttpRoute['handle'] {
  return ({ response }) => void response.end(text);
}

/** Answers with what the server knows of the client. */
export function tells({ response, ...asked }: HttpExchange): void {
  const { remoteAddress, isSecure, isLocal, authority, path } = asked;
  const query = [...asked.query].map((pair) => pair.join('=')).join('&');
  response.end(JSON.stringify({ remoteAddress, isSecure, isLocal, authority, path, query }));
}
