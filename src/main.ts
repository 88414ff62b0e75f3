import { createHmac } from 'node:crypto';
import { builtinModules } from './builtin-modules.ts';
import { LocalDirectory } from './cluster/local-directory.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { Deadlines } from './lib/deadlines.ts';
import { createLog, type Log } from './lib/log.ts';
import { transferCommands } from './modules/transfer/commands.ts';
import { AdminDispatcher } from './server/admin/dispatch.ts';
import { moduleCommands } from './server/admin/modules.ts';
import type { FlowFacts, ListenerFacts, ServerFacts, ServerStatus } from './server/admin/ports.ts';
import { serverCommands } from './server/admin/server.ts';
import { sessionCommands } from './server/admin/sessions.ts';
import { userCommands } from './server/admin/users.ts';
import { openCertificate } from './server/certificates.ts';
import type { Config, HostConfig, ListenerConfig } from './server/config/config.ts';
import { loadConfig } from './server/config/load.ts';
import { Server } from './server/server.ts';
import { LocalSessionControl } from './server/session-control.ts';
import { ServedStreamHost, ServedStreamHosts } from './server/stream-hosts.ts';
import { version } from './server/version.ts';
import type { Storage, StorageError } from './storage/ports.ts';
import { openStorage } from './storage/sqlite/open.ts';
import { clientStreams } from './stream/client-streams.ts';
import { type ControlServer, serveControl } from './transports/control.ts';
import { listenTcp, type TcpListener } from './transports/tcp.ts';

/**
 * The composition root: configuration, storage, hosts with their modules,
 * listeners. The only place that knows which classes stand behind the ports.
 */

/** Milliseconds that clients get to read the end of their streams. */
const GRACE = 1000;

export interface RunningServer {
  readonly config: Config;
  readonly listeners: readonly ListenerFacts[];
  /** Resolves when everything has stopped, whoever asked for it; rejects when it had to. */
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the server that a configuration file describes.
 * @throws {ConfigError | CertificateError | StorageError | ControlError} and the
 * system's errors for ports; after each nothing is left running.
 */
export async function startServer(options: { configFile: string }): Promise<RunningServer> {
  const config = loadConfig(options.configFile, builtinModules);
  const server = new ServerProcess(config);
  try {
    return await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Everything of one server in this process, from its first part to its last. */
class ServerProcess implements RunningServer, ServerFacts {
  readonly config: Config;
  readonly stopped: Promise<void>;
  readonly #log: Log;
  readonly #clock: Clock = systemClock;
  readonly #deadlines = new Deadlines(systemClock);
  readonly #started = systemClock.now();
  readonly #end: PromiseWithResolvers<void>;
  readonly #listeners: { facts: ListenerFacts; listener: TcpListener }[] = [];
  #storage: Storage | null = null;
  #server: Server | null = null;
  #control: ControlServer | null = null;
  #stopping: Promise<void> | null = null;

  constructor(config: Config) {
    this.config = config;
    this.#log = openLog(config);
    this.#end = Promise.withResolvers<void>();
    this.stopped = this.#end.promise;
  }

  async start(): Promise<RunningServer> {
    const { config } = this;
    for (const warning of config.warnings) this.#log.warn({ warning }, 'configuration');
    // First, since it locks the data directory, where certificates may be made.
    const storage = await openStorage({
      directory: config.dataDirectory,
      log: this.#log,
      mode: 'thread',
    });
    this.#storage = storage;
    const server = new Server(config.hosts, {
      storage,
      directory: new LocalDirectory(),
      clock: this.#clock,
      log: this.#log,
      modules: builtinModules,
    });
    this.#server = server;
    await this.#listen(await this.#openHosts(server, storage));
    this.#control = await serveControl(config.controlSocket, this.#commands(server, storage));
    // Nothing more can be promised to anybody once a commit has failed.
    storage.onFailure((error) => void this.#fail(error));
    return this;
  }

  get listeners(): readonly ListenerFacts[] {
    return this.#listeners.map(({ facts }) => facts);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  status(): ServerStatus {
    const sessions = new LocalSessionControl(this.#server!).list(null).length;
    return {
      version,
      node: process.version,
      pid: process.pid,
      started: this.#started,
      hosts: this.config.hosts.map(({ domain }) => domain),
      listeners: this.listeners,
      connections: this.#listeners.reduce((sum, each) => sum + each.listener.connectionCount, 0),
      sessions,
      memory: process.memoryUsage.rss(),
    };
  }

  flows(): FlowFacts[] {
    return [...this.#server!.hosts].map(({ host }) => ({
      host: host.domain,
      lines: [...host.parts.flows.describe(), ...host.parts.iqs.describe()],
    }));
  }

  /** The hosts as streams see them, each with its certificate. */
  async #openHosts(server: Server, storage: Storage): Promise<ServedStreamHosts> {
    const secret = await storage.secret('salt', 32);
    const deps = { storage, now: () => this.#clock.now() };
    const open = async (host: HostConfig) => {
      const secureContext = await this.#openCertificate(host);
      await server.find(host.domain)!.keeper.imported.look();
      const settings = { policy: host.policy, secureContext, saltSecret: secretOf(host, secret) };
      return new ServedStreamHost(server.find(host.domain)!, settings, deps);
    };
    return new ServedStreamHosts(await Promise.all(this.config.hosts.map(open)));
  }

  async #openCertificate(host: HostConfig) {
    const { tls, dataDirectory } = this.config;
    const now = this.#clock.now();
    const { secureContext, warnings } = await openCertificate(host, { tls, dataDirectory, now });
    for (const warning of warnings) this.#log.warn({ warning }, 'certificate');
    return secureContext;
  }

  async #listen(hosts: ServedStreamHosts): Promise<void> {
    const { limits, hosts: configured } = this.config;
    const onConnection = clientStreams({ hosts, deadlines: this.#deadlines, log: this.#log });
    for (const each of this.config.listeners) {
      const listener = await listenTcp({
        address: each.address,
        port: each.port,
        directTls: each.type === 'c2s-tls',
        secureContextFor: hosts.secureContextFor,
        limits: configured[0]!.policy.beforeLogin,
        onConnection,
        maxConnections: limits.connections,
        maxConnectionsPerAddress: limits.connectionsPerAddress,
        queueLimit: limits.queueBytes,
        deadlines: this.#deadlines,
        log: this.#log,
      });
      this.#listeners.push({ facts: factsOf(each, listener), listener });
    }
  }

  #commands(server: Server, storage: Storage) {
    const sessions = new LocalSessionControl(server);
    const domains = this.config.hosts.map(({ domain }) => domain);
    const dispatcher = new AdminDispatcher(
      [
        ...userCommands(server, storage),
        ...moduleCommands(server),
        ...transferCommands(server, storage, this.#clock),
        ...sessionCommands(sessions, domains),
        ...serverCommands(this, () => void this.stop()),
      ],
      (error, command) => this.#log.error({ err: error, command }, 'a command failed'),
    );
    return (name: string, params: unknown) => dispatcher.run(name, params);
  }

  /** In reverse: no newcomers, streams ended, everything written, then the store. */
  async #stop(): Promise<void> {
    for (const { listener } of this.#listeners) listener.stop();
    this.#server?.stop();
    await this.#drained();
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()));
    await this.#control?.close();
    await this.#storage?.close();
    this.#log.info({}, 'stopped');
    this.#end.resolve();
  }

  async #fail(reason: StorageError): Promise<void> {
    this.#end.promise.catch(() => {});
    this.#end.reject(reason);
    await this.stop();
  }

  async #drained(): Promise<void> {
    const deadline = performance.now() + GRACE;
    const open = () => this.#listeners.some(({ listener }) => listener.connectionCount > 0);
    while (open() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Of each host its own: a name without account must not have one salt at all of them. */
function secretOf({ domain }: HostConfig, saltSecret: Buffer): Buffer {
  return createHmac('sha256', saltSecret).update(domain).digest();
}

function factsOf({ type, address }: ListenerConfig, listener: TcpListener): ListenerFacts {
  const description = type === 'c2s' ? 'clients, STARTTLS' : 'clients, direct TLS';
  return { description, address: address ?? '*', port: listener.port };
}

function openLog({ log }: Config): Log {
  const isPretty = log.format === 'pretty' || (log.format === 'auto' && process.stdout.isTTY);
  return createLog({
    level: log.level,
    base: null,
    ...(isPretty && { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } }),
  });
}
