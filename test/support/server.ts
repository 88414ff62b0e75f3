import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { builtinModules } from '../../src/builtin-modules.ts';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { Log } from '../../src/lib/log.ts';
import { Components } from '../../src/server/components.ts';
import type { Config, HostConfig } from '../../src/server/config/config.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { ServedSite } from '../../src/server/http-site.ts';
import type { ModuleDefinition } from '../../src/server/module.ts';
import { Server } from '../../src/server/server.ts';
import { SignInThrottle } from '../../src/server/sign-in-throttle.ts';
import { ServedStreamHost, ServedStreamHosts } from '../../src/server/stream-hosts.ts';
import { openSource } from '../../src/sources/open.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import { ComponentStream } from '../../src/stream/component-stream.ts';
import type { Connection, ConnectionListener } from '../../src/stream/connection.ts';
import { ConnectionManager } from '../../src/transports/bosh/connection-manager.ts';
import { type HttpListener, listenHttp } from '../../src/transports/http.ts';
import type { HttpSite } from '../../src/transports/http-route.ts';
import { connectMemory, type MemoryPeer } from '../../src/transports/memory.ts';
import { Networks } from '../../src/transports/networks.ts';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import { listenTcp, type TcpListener } from '../../src/transports/tcp.ts';
import { WEBSOCKET_PATH, WebSockets } from '../../src/transports/websocket.ts';
import type { XmlLimits } from '../../src/xml/frame.ts';
import { storeAccount } from './accounts.ts';
import { dialBosh } from './bosh-wire.ts';
import { ManualClock } from './manual-clock.ts';
import { selfSigned } from './self-signed.ts';
import { dial } from './tcp-wire.ts';
import { dialWebSocket } from './websocket-wire.ts';
import type { Stage, Wire } from './wire.ts';

const DOMAIN = 'localhost';
const LOOPBACK = '127.0.0.1';
/** Turns of the event loop in which everything that is under way has come to its end. */
const IDLE_TURNS = 6;

/** What a conversation may set, as an operator would write it. */
export interface TestConfig {
  readonly signIn?: Readonly<Record<string, unknown>>;
  readonly accounts?: Readonly<Record<string, unknown>>;
  readonly modules?: Readonly<Record<string, unknown>>;
  /** What browsers are told that they reach the host by; the listener's address unless given. */
  readonly publicUrl?: string;
  /** By domain. */
  readonly components?: Readonly<Record<string, unknown>>;
}

/** How a server for tests is set up. */
export interface Manner {
  /** On a port of loopback: 'tls' is TCP with STARTTLS. */
  readonly transport: 'memory' | 'tls' | 'websocket' | 'bosh';
  /** 'disk' is as in production: a file, and a thread that writes it. */
  readonly store: 'memory' | 'disk';
  readonly config?: TestConfig;
  /** Besides those that come with the server. */
  readonly modules?: readonly ModuleDefinition[];
  readonly createAccount?: CreateAccount;
  /** Whether it has a listener of HTTP on loopback, whose address is `webUrl`. */
  readonly http?: boolean;
  /** The address that clients come from, in memory; loopback unless given. */
  readonly from?: string;
}

/** Makes an account where it is kept, if that is not the server's own store. */
export type CreateAccount = (username: string, password: string) => void;

/**
 * A whole server in this process, with a clock that only tests move. It is put together as `main.ts` does, and configured by the
 * same schema.
 */
export class TestServer implements Stage {
  readonly domain = DOMAIN;
  readonly usesTls: boolean;
  readonly startsSecure: boolean;
  /** What hangs, hangs; but hashing takes its time where every core has its tests. */
  readonly patience = 5000;
  readonly clock: ManualClock;
  readonly storage: Storage;
  /** Of anonymous accounts. */
  readonly transient: Storage;
  server!: Server;
  components!: Components;
  readonly #deadlines: Deadlines;
  readonly #limits: XmlLimits;
  readonly #host: HostConfig;
  /** `http://localhost:41234`, where HTTP was asked for. */
  readonly webUrl: string | null;
  readonly #componentSettings: TestedConfig['components'];
  readonly #settings: Settings;
  #onConnection!: ReturnType<typeof clientStreams>;
  #secureContextFor!: ServedStreamHosts['secureContextFor'];
  #throttle!: SignInThrottle;
  readonly #place: Place;
  #createAccount: CreateAccount | null = null;
  #from = LOOPBACK;
  readonly #modules: readonly ModuleDefinition[];
  /** Whether whoever connects next does so by WebSocket, where HTTP was asked for. */
  usesWebSocket = false;
  #listener: TcpListener | null = null;
  readonly #web: Web | null;

  static async start(manner: Manner): Promise<TestServer> {
    const { transport, store, modules = [] } = manner;
    const clock = new ManualClock();
    const place = await (store === 'disk' ? openOnDisk(clock) : openInMemory(clock));
    const certificate = transport === 'tls' ? await certificateOf(DOMAIN) : null;
    const all = [...builtinModules, ...modules];
    const config = readConfig(manner.config ?? {}, all);
    const startsSecure = transport === 'websocket' || transport === 'bosh';
    const web =
      manner.http || startsSecure
        ? await openWeb(clock, config.hosts[0].policy.beforeLogin, place.log)
        : null;
    const server = new TestServer(place, config, all, {
      usesTls: certificate !== null,
      startsSecure,
      // In memory nothing is encrypted, yet clients may ask for it.
      secureContext: certificate
        ? makeSecureContext({ ...certificate, minVersion: 'TLSv1.2' })
        : createSecureContext(),
      saltSecret: await place.storage.secret('salt', 32),
      transient: await openStorage({ memory: true, log: place.log, clock }),
      web,
      isOverBosh: transport === 'bosh',
    });
    server.#createAccount = manner.createAccount ?? null;
    server.#from = manner.from ?? LOOPBACK;
    if (transport === 'tls') await server.#listen();
    return server;
  }

  private constructor(
    place: Place,
    { hosts: [host], components }: TestedConfig,
    modules: readonly ModuleDefinition[],
    settings: Settings,
  ) {
    this.clock = place.clock;
    this.#deadlines = new Deadlines(place.clock);
    this.#componentSettings = components;
    this.usesTls = settings.usesTls;
    this.startsSecure = settings.startsSecure;
    this.storage = place.storage;
    this.#place = place;
    this.#modules = modules;
    this.#limits = host.policy.beforeLogin;
    this.#web = settings.web;
    this.webUrl = settings.web && `http://localhost:${settings.web.listener.port}`;
    this.#host = { ...host, webUrl: host.publicUrl ?? this.webUrl };
    this.#settings = settings;
    this.transient = settings.transient;
    this.#assemble();
  }

  #assemble(): void {
    const { clock, storage, transient } = this;
    const { log } = this.#place;
    const [host, modules, settings] = [this.#host, this.#modules, this.#settings];
    const directory = new LocalDirectory();
    const opened = { storage, transient, openSource };
    this.server = new Server([host], { ...opened, directory, clock, log, modules });
    const { router, tracing } = this.server;
    this.components = new Components(this.#componentSettings, host.policy, {
      router,
      tracing,
      log,
    });
    const served = this.server.find(DOMAIN)!;
    const deps = { storage: served.storage, now: () => clock.now() };
    const streamHost = new ServedStreamHost(served, { policy: host.policy, ...settings }, deps);
    const hosts = new ServedStreamHosts([streamHost]);
    const throttle = new SignInThrottle(clock);
    this.#throttle = throttle;
    this.#onConnection = clientStreams({ hosts, deadlines: this.#deadlines, log, throttle });
    this.#secureContextFor = hosts.secureContextFor;
    const bosh = new ConnectionManager({
      ...{ clock, deadlines: this.#deadlines, log, limits: this.#limits },
      ...{ maxConnections: 1000, maxConnectionsPerAddress: 1000 },
      onConnection: this.#onConnection,
    });
    this.#web?.serve(new ServedSite(this.server, [bosh.route]), this.#onConnection);
  }

  toString(): string {
    return DOMAIN;
  }

  usernameOf(person: string): string {
    return person;
  }

  async createAccount(username: string, password: string): Promise<void> {
    if (this.#createAccount) return this.#createAccount(username, password);
    await storeAccount(this.storage, `${username}@${DOMAIN}`, password);
  }

  async connect(): Promise<Wire> {
    if (this.#settings.isOverBosh) return dialBosh(this.#web!.listener.port, DOMAIN);
    if (this.startsSecure || this.usesWebSocket) return await this.#connectByWebSocket();
    if (this.#listener) return await dial(this.#listener.port, LOOPBACK, DOMAIN);
    const options = { deadlines: this.#deadlines, limits: this.#limits, remoteAddress: this.#from };
    const peer = connectMemory(this.#onConnection, options);
    return Object.assign(peer, { secure: async () => {} });
  }

  async #connectByWebSocket(): Promise<Wire> {
    const port = this.#web?.listener.port;
    return await dialWebSocket(`ws://${LOOPBACK}:${port}${WEBSOCKET_PATH}`);
  }

  /** Stops as it should and starts again, on the same store; `away` ms go by in between. */
  async restarts(away = 0): Promise<void> {
    await this.server.suspend();
    this.server.stop();
    await this.idle();
    this.clock.advance(away);
    this.#assemble();
    await this.server.restore();
  }

  /** Starts again after it was killed: what it held in memory is lost. */
  async crashes(): Promise<void> {
    await this.idle();
    this.#assemble();
    await this.server.restore();
  }

  /** As a reload does. */
  useSettings(config: TestConfig): void {
    const { hosts, components } = readConfig(config, this.#modules);
    this.server.useSettings(hosts);
    this.components.useSettings(components, hosts[0].policy);
  }

  /** Where components connect: as in production, there is no TLS. */
  connectComponent(queueLimit?: number): MemoryPeer {
    const { log } = this.#place;
    const deps = { deadlines: this.#deadlines, log, throttle: this.#throttle };
    return connectMemory((connection) => new ComponentStream(connection, this.components, deps), {
      deadlines: this.#deadlines,
      limits: this.#limits,
      remoteAddress: LOOPBACK,
      ...(queueLimit !== undefined && { queueLimit }),
    });
  }

  async idle(): Promise<void> {
    const { durability } = this.storage;
    do {
      await durability.whenCommitted(durability.latest);
      for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise(setImmediate);
    } while (durability.committed < durability.latest);
  }

  async stop(): Promise<void> {
    const { failures, remove } = this.#place;
    this.server.stop();
    this.components.stop();
    await this.idle();
    await this.#listener?.close();
    await this.#web?.listener.close();
    await this.transient.close();
    await this.storage.close();
    await remove();
    if (failures.length > 0) {
      throw new Error(`the server reported failures:\n${failures.join('\n')}`);
    }
  }

  async #listen(): Promise<void> {
    this.#listener = await listenTcp({
      address: LOOPBACK,
      port: 0,
      directTls: false,
      secureContextFor: this.#secureContextFor,
      limits: this.#limits,
      onConnection: (connection) => this.#onConnection(connection),
      maxConnections: 1000,
      maxConnectionsPerAddress: 1000,
      deadlines: this.#deadlines,
      log: this.#place.log,
    });
  }
}

/** What stays the same when the server starts again. */
interface Settings {
  readonly usesTls: boolean;
  readonly startsSecure: boolean;
  readonly secureContext: SecureContext;
  readonly saltSecret: Buffer;
  readonly transient: Storage;
  readonly web: Web | null;
  /** Whether clients connect by BOSH. */
  readonly isOverBosh: boolean;
}

/** A listener of HTTP, there before the hosts, since their modules are told where it is. */
interface Web {
  readonly listener: HttpListener;
  serve(site: HttpSite, onConnection: OnConnection): void;
}

type OnConnection = (connection: Connection) => ConnectionListener;

async function openWeb(clock: ManualClock, limits: XmlLimits, log: Log): Promise<Web> {
  let served: HttpSite | null = null;
  let streams: OnConnection | null = null;
  const deadlines = new Deadlines(clock);
  const webSockets = new WebSockets({
    onConnection: (connection) => streams!(connection),
    limits,
    maxMessage: 262_144,
    origins: null,
    seeOtherUri: null,
    deadlines,
    log,
  });
  const listener = await listenHttp({
    address: LOOPBACK,
    port: 0,
    isSecure: false,
    secureContextFor: () => null,
    trust: { proxies: new Networks([]), header: 'X-Forwarded-For' },
    site: { hostFor: (name) => served!.hostFor(name) },
    upgrades: new Map([[WEBSOCKET_PATH, webSockets.upgrade]]),
    maxConnections: 1000,
    maxConnectionsPerAddress: 1000,
    deadlines,
    log,
  });
  const serve: Web['serve'] = (site, onConnection) => {
    served = site;
    streams = onConnection;
  };
  return { listener, serve };
}

/** A store, and the log of all that happens around it. */
interface Place {
  readonly clock: ManualClock;
  readonly storage: Storage;
  readonly log: Log;
  /** Errors that were logged: no conversation may cause any. */
  readonly failures: readonly string[];
  remove(): Promise<void>;
}

async function openInMemory(clock: ManualClock): Promise<Place> {
  const { log, failures } = failureLog();
  const storage = await openStorage({ memory: true, log, clock });
  return { clock, storage, log, failures, remove: async () => {} };
}

async function openOnDisk(clock: ManualClock): Promise<Place> {
  const { log, failures } = failureLog();
  const directory = await mkdtemp(join(tmpdir(), 'conversation-'));
  const storage = await openStorage({ directory, log, mode: 'thread', clock });
  return { clock, storage, log, failures, remove: () => rm(directory, { recursive: true }) };
}

type TestedConfig = Pick<Config, 'components'> & { readonly hosts: readonly [HostConfig] };

function readConfig(
  { signIn = {}, accounts = {}, modules = {}, components = {}, publicUrl }: TestConfig,
  known: readonly ModuleDefinition[],
): TestedConfig {
  const file = {
    hosts: { [DOMAIN]: publicUrl ? { publicUrl } : null },
    signIn: { allowPlainOnLoopback: true, ...signIn },
    accounts,
    modules,
    components,
  };
  // JSON is YAML.
  const config = parseConfig('/epode.yaml', JSON.stringify(file), known);
  return { hosts: [config.hosts[0]!], components: config.components };
}

const certificates = new Map<string, ReturnType<typeof selfSigned>>();

function certificateOf(domain: string): ReturnType<typeof selfSigned> {
  const certificate = certificates.get(domain) ?? selfSigned(domain);
  certificates.set(domain, certificate);
  return certificate;
}

function failureLog(): { log: Log; failures: readonly string[] } {
  const failures: string[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error(fields, phrase) {
      const { err, error } = fields as { err?: unknown; error?: unknown };
      const cause = err ?? error;
      failures.push(`${phrase}: ${cause instanceof Object ? (cause as Error).stack : cause}`);
    },
    child: () => log,
  };
  return { log, failures };
}
