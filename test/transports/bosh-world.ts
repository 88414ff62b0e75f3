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
import { BEFORE_LOGIN, StubHost, StubHosts } from '../stream/stub-host.ts';
import {
  type Attributes,
  attribute,
  body,
  HttpSender,
  NS_XBOSH,
  type Posted,
} from '../support/bosh-http.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Where the standard's examples begin. */
const FIRST_RID = 1_573_741_820;
const PLAIN = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from(
  '\0juliet\0r0m30myr0m30',
).toString('base64')}</auth>`;

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
  async creates(attributes: Attributes = {}): Promise<BoshClient> {
    const client = new BoshClient(this, attributes);
    await client.begins();
    return client;
  }

  /** The same, signed in and bound. */
  async signsIn(attributes: Attributes = {}): Promise<BoshClient> {
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

/** A client over BOSH that does what it is told. */
export class BoshClient {
  rid = FIRST_RID;
  sid = '';
  /** The answer to the first request. */
  created = '';
  readonly #world: BoshWorld;
  readonly #attributes: Attributes;

  constructor(world: BoshWorld, attributes: Attributes) {
    this.#world = world;
    this.#attributes = attributes;
  }

  async begins(): Promise<string> {
    const attributes = {
      rid: this.rid,
      to: 'example.com',
      ver: '1.11',
      wait: 60,
      hold: 1,
      'xmlns:xmpp': NS_XBOSH,
      'xmpp:version': '1.0',
      ...this.#attributes,
    };
    this.created = await this.#world.sender.post(body(attributes)).answer();
    this.sid = attribute(this.created, 'sid');
    return this.created;
  }

  async signsIn(): Promise<void> {
    await this.asks(PLAIN).answer();
    await this.asks('', { 'xmlns:xmpp': NS_XBOSH, 'xmpp:restart': 'true' }).answer();
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>home</resource></bind>";
    await this.asks(`<iq xmlns='jabber:client' type='set' id='b'>${bind}</iq>`).answer();
  }

  /** Sends the next request. */
  asks(payload = '', attributes: Attributes = {}): Posted {
    this.rid += 1;
    return this.sends(this.rid, payload, attributes);
  }

  /** Sends a request of that number, whether or not it is its turn. */
  sends(rid: number, payload = '', attributes: Attributes = {}): Posted {
    return this.#world.sender.post(body({ rid, sid: this.sid, ...attributes }, payload));
  }

  /** The session behind it, once it is bound. */
  get session() {
    return this.#world.host.sessions.at(-1)!;
  }
}

/** A message, without a namespace as most clients send it. */
export function message(text: string): string {
  return `<message><body>${text}</body></message>`;
}
