import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { silentLog } from '../../src/lib/log.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import {
  type BoshOptions,
  ConnectionManager,
} from '../../src/transports/bosh/connection-manager.ts';
import type { HttpExchange } from '../../src/transports/http-route.ts';
import {
  BEFORE_LOGIN,
  PASSWORD,
  StubHost,
  StubHosts,
  type StubSession,
} from '../stream/stub-host.ts';
import { BoshClient } from '../support/bosh-client.ts';
import { type Attributes, HttpSender } from '../support/bosh-http.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A connection manager on a port of its own, in front of `example.com`. */
export class BoshWorld {
  readonly clock = new ManualClock();
  readonly deadlines = new Deadlines(this.clock);
  readonly host = new StubHost('example.com');
  readonly manager: ConnectionManager;
  /** What the listener would find out of those who ask. */
  peer = { remoteAddress: '192.0.2.1', isSecure: true, isLocal: false };
  readonly #server: Server;
  #sender!: HttpSender;

  constructor(options: Partial<BoshOptions> = {}) {
    const { clock, deadlines } = this;
    const hosts = new StubHosts(this.host);
    this.manager = new ConnectionManager({
      limits: BEFORE_LOGIN,
      maxConnections: 1000,
      maxConnectionsPerAddress: 1000,
      queueLimit: 65_536,
      onConnection: clientStreams({ hosts, deadlines, log: silentLog }),
      clock,
      deadlines,
      log: silentLog,
      ...options,
    });
    this.#server = createServer((request, response) => {
      const exchange = { request, response, path: '/http-bind', ...this.peer };
      void this.manager.route.handle(exchange as unknown as HttpExchange);
    });
  }

  async start(): Promise<this> {
    await this.host.addAccount('juliet');
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#sender = new HttpSender((this.#server.address() as AddressInfo).port, '/http-bind');
    return this;
  }

  get sender(): HttpSender {
    return this.#sender;
  }

  /** A client whose first request asks with these attributes besides the usual ones. */
  async creates(attributes: Attributes = {}): Promise<WorldClient> {
    const user = { domain: 'example.com', username: 'juliet', password: PASSWORD };
    const client = new WorldClient(this.#sender, user, attributes, this.host);
    await client.begins();
    return client;
  }

  /** The same, signed in and bound. */
  async signsIn(attributes: Attributes = {}): Promise<WorldClient> {
    const client = await this.creates(attributes);
    await client.signsIn();
    return client;
  }

  /** Waits until the server has read and answered what was sent before. */
  async settles(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await this.#sender.get().answer();
      await new Promise(setImmediate);
    }
  }

  async stop(): Promise<void> {
    this.manager.close();
    this.#sender.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A client that may look behind the scenes. */
export class WorldClient extends BoshClient {
  readonly #host: StubHost;

  constructor(
    ...[sender, user, attributes, host]: [...ConstructorParameters<typeof BoshClient>, StubHost]
  ) {
    super(sender, user, attributes);
    this.#host = host;
  }

  /** The session behind it, once it is bound and no other is since. */
  get session(): StubSession {
    return this.#host.sessions.at(-1)!;
  }
}

/** A message, without a namespace as most clients send it. */
export function message(text: string): string {
  return `<message><body>${text}</body></message>`;
}
