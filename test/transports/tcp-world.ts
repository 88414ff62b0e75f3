import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { silentLog } from '../../src/lib/log.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import { listenTcp, type TcpListener, type TcpOptions } from '../../src/transports/tcp.ts';
import { BEFORE_LOGIN, StubHost, StubHosts } from '../stream/stub-host.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { selfSigned } from '../support/self-signed.ts';

/** Real milliseconds after which a test gives up to wait. */
const PATIENCE = 3000;

/** A server on a port of its own: `example.com`, and `example.net` with another certificate. */
export class TcpWorld {
  readonly clock = new ManualClock();
  readonly deadlines = new Deadlines(this.clock);
  readonly host = new StubHost('example.com');
  readonly other = new StubHost('example.net');
  readonly certificates = new Map<string, string>();
  readonly #listeners: TcpListener[] = [];
  readonly #sockets: Socket[] = [];

  async prepare(): Promise<this> {
    for (const host of [this.host, this.other]) {
      await host.addAccount('juliet');
      const pem = await selfSigned(host.domain);
      this.certificates.set(host.domain, pem.cert);
      Object.assign(host, { secureContext: makeSecureContext({ ...pem, minVersion: 'TLSv1.2' }) });
    }
    return this;
  }

  async listen(options: Partial<TcpOptions> = {}): Promise<TcpListener> {
    const hosts = new StubHosts(this.host, this.other);
    const { deadlines } = this;
    const listener = await listenTcp({
      address: '127.0.0.1',
      port: 0,
      directTls: false,
      secureContextFor: (name): SecureContext | null =>
        hosts.find(name || hosts.defaultDomain)?.secureContext ?? null,
      limits: BEFORE_LOGIN,
      onConnection: clientStreams({ hosts, deadlines, log: silentLog }),
      maxConnections: 100,
      maxConnectionsPerAddress: 50,
      deadlines,
      log: silentLog,
      ...options,
    });
    this.#listeners.push(listener);
    return listener;
  }

  /** A client's socket in clear text. */
  async connect({ port }: TcpListener): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** A client's TLS, over a new connection or one that said STARTTLS; it trusts both hosts. */
  async connectTls(over: TcpListener | Wire, options: ConnectionOptions = {}): Promise<Wire> {
    const socket = connectTls({
      ...(over instanceof Wire ? { socket: over.socket } : { port: over.port, host: '127.0.0.1' }),
      ca: [...this.certificates.values()],
      servername: 'example.com',
      ...options,
    });
    this.#sockets.push(socket);
    await once(socket, 'secureConnect');
    return new Wire(socket);
  }

  /** Waits until so many connections are left. */
  async leaves(listener: TcpListener, left: number): Promise<void> {
    const patience = Date.now() + PATIENCE;
    while (listener.connectionCount !== left) {
      if (Date.now() > patience) throw new Error(`${listener.connectionCount} connections left`);
      await new Promise(setImmediate);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const listener of this.#listeners) await listener.close();
  }
}

/** A client's end of a socket, by what it hears. */
export class Wire {
  readonly socket: Socket;
  hasEnded = false;
  isClosed = false;
  #unread = '';
  #look: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#unread += chunk.toString();
      this.#look();
    });
    socket.on('end', () => {
      this.hasEnded = true;
      this.#look();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#look();
    });
    socket.on('error', () => {});
  }

  get certifiedName(): string {
    return (this.socket as TLSSocket).getPeerCertificate().subject.CN as string;
  }

  says(...text: string[]): this {
    this.socket.write(text.join(''));
    return this;
  }

  /** Waits for the text and takes everything up to its end; returns what was taken. */
  async hears(wanted: string): Promise<string> {
    await this.#until(() => this.#unread.includes(wanted), `to hear ${wanted}`);
    const end = this.#unread.indexOf(wanted) + wanted.length;
    const taken = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end);
    return taken;
  }

  /** Waits until the server has ended its side; returns all that came before, unread. */
  async hearsTheEnd(): Promise<string> {
    await this.#until(() => this.hasEnded || this.isClosed, 'for the end');
    return this.#unread;
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    if (isThere()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = () => reject(new Error(`waited ${what}; came: ${this.#unread}`));
    const timer = setTimeout(fail, PATIENCE);
    this.#look = () => isThere() && resolve();
    await promise.finally(() => clearTimeout(timer));
  }
}
