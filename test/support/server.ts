import type { SecureContext } from 'node:tls';
import { builtinModules } from '../../src/builtin-modules.ts';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { Log } from '../../src/lib/log.ts';
import type { HostConfig } from '../../src/server/config/config.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { Server } from '../../src/server/server.ts';
import { ServedStreamHost, ServedStreamHosts } from '../../src/server/stream-hosts.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import { connectMemory } from '../../src/transports/memory.ts';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import { listenTcp, type TcpListener } from '../../src/transports/tcp.ts';
import { storeAccount } from './accounts.ts';
import { ManualClock } from './manual-clock.ts';
import { selfSigned } from './self-signed.ts';
import { dial } from './tcp-wire.ts';
import type { Stage, Wire } from './wire.ts';

const DOMAIN = 'localhost';
const LOOPBACK = '127.0.0.1';
/** Turns of the event loop in which everything that is under way has come to its end. */
const IDLE_TURNS = 6;

/** What a conversation may set, as an operator would write it. */
export interface TestConfig {
  readonly signIn?: Readonly<Record<string, unknown>>;
  readonly modules?: Readonly<Record<string, unknown>>;
}

/**
 * A whole server in this process, with its store in memory and a clock that
 * only tests move. It is put together as `main.ts` does, and configured by the
 * same schema.
 */
export class TestServer implements Stage {
  readonly domain = DOMAIN;
  readonly clock = new ManualClock();
  readonly storage: Storage;
  readonly server: Server;
  readonly usesTls: boolean;
  readonly patience: number;
  readonly #host: HostConfig;
  readonly #deadlines: Deadlines;
  readonly #onConnection;
  readonly #failures: string[];
  #listener: TcpListener | null = null;

  /** `transport` is 'memory', or 'tls' for TCP with STARTTLS on a port of loopback. */
  static async start(transport: 'memory' | 'tls', config: TestConfig = {}): Promise<TestServer> {
    const failures: string[] = [];
    const log = failureLog(failures);
    const storage = await openStorage({ memory: true, log });
    const certificate = transport === 'tls' ? await certificateOf(DOMAIN) : null;
    const server = new TestServer(transport, storage, hostConfig(config), log, failures, {
      secureContext: certificate && makeSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
      saltSecret: await storage.secret('salt', 32),
    });
    if (transport === 'tls') await server.#listen(log);
    return server;
  }

  private constructor(
    transport: 'memory' | 'tls',
    storage: Storage,
    host: HostConfig,
    log: Log,
    failures: string[],
    secrets: { secureContext: SecureContext | null; saltSecret: Buffer },
  ) {
    const { clock } = this;
    this.usesTls = transport === 'tls';
    this.patience = transport === 'tls' ? 3000 : 1000;
    this.storage = storage;
    this.#host = host;
    this.#failures = failures;
    this.#deadlines = new Deadlines(clock);
    const directory = new LocalDirectory();
    this.server = new Server([host], { storage, directory, clock, log, modules: builtinModules });
    const settings = { policy: host.policy, ...secrets };
    const deps = { storage, now: () => clock.now() };
    const streamHost = new ServedStreamHost(this.server.find(DOMAIN)!, settings, deps);
    const hosts = new ServedStreamHosts([streamHost]);
    this.#onConnection = clientStreams({ hosts, deadlines: this.#deadlines, log });
    this.#secureContextFor = hosts.secureContextFor;
  }

  readonly #secureContextFor: ServedStreamHosts['secureContextFor'];

  toString(): string {
    return DOMAIN;
  }

  usernameOf(person: string): string {
    return person;
  }

  async createAccount(username: string, password: string): Promise<void> {
    await storeAccount(this.storage, `${username}@${DOMAIN}`, password);
  }

  async connect(): Promise<Wire> {
    if (this.#listener) return await dial(this.#listener.port, LOOPBACK, DOMAIN);
    const limits = this.#host.policy.beforeLogin;
    const options = { deadlines: this.#deadlines, limits, remoteAddress: LOOPBACK };
    const peer = connectMemory(this.#onConnection, options);
    return Object.assign(peer, { secure: async () => {} });
  }

  async idle(): Promise<void> {
    const { durability } = this.storage;
    await durability.whenCommitted(durability.latest);
    for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise(setImmediate);
  }

  async stop(): Promise<void> {
    this.server.stop();
    await this.idle();
    await this.#listener?.close();
    await this.storage.close();
    if (this.#failures.length > 0) {
      throw new Error(`the server reported failures:\n${this.#failures.join('\n')}`);
    }
  }

  async #listen(log: Log): Promise<void> {
    this.#listener = await listenTcp({
      address: LOOPBACK,
      port: 0,
      directTls: false,
      secureContextFor: this.#secureContextFor,
      limits: this.#host.policy.beforeLogin,
      onConnection: this.#onConnection,
      maxConnections: 1000,
      maxConnectionsPerAddress: 1000,
      deadlines: this.#deadlines,
      log,
    });
  }
}

function hostConfig({ signIn = {}, modules = {} }: TestConfig): HostConfig {
  const file = {
    hosts: { [DOMAIN]: null },
    signIn: { allowPlainOnLoopback: true, ...signIn },
    modules,
  };
  // JSON is YAML.
  return parseConfig('/epode.yaml', JSON.stringify(file), builtinModules).hosts[0]!;
}

const certificates = new Map<string, ReturnType<typeof selfSigned>>();

function certificateOf(domain: string): ReturnType<typeof selfSigned> {
  const certificate = certificates.get(domain) ?? selfSigned(domain);
  certificates.set(domain, certificate);
  return certificate;
}

/** A log that keeps what no conversation may cause: errors. */
function failureLog(failures: string[]): Log {
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
  return log;
}
