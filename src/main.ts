import { resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { builtinModules } from './builtin-modules.ts';
import { LocalDirectory } from './cluster/local-directory.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { Deadlines } from './lib/deadlines.ts';
import { createLog, type RootLog } from './lib/log.ts';
import { OPEN_METRICS_TYPE, writeMetrics } from './lib/open-metrics.ts';
import { letOthersPass } from './lib/turns.ts';
import { transferCommands } from './modules/transfer/commands.ts';
import { backupCommands } from './server/admin/backup.ts';
import { AdminDispatcher } from './server/admin/dispatch.ts';
import { moduleCommands } from './server/admin/modules.ts';
import type { FlowFacts, ListenerFacts, ServerFacts, ServerStatus } from './server/admin/ports.ts';
import { configCommands, reloadCommands } from './server/admin/reload.ts';
import { serverCommands } from './server/admin/server.ts';
import { sessionCommands } from './server/admin/sessions.ts';
import { tokenCommands } from './server/admin/tokens.ts';
import { traceCommands } from './server/admin/trace.ts';
import { userCommands } from './server/admin/users.ts';
import { Components } from './server/components.ts';
import type { Config } from './server/config/config.ts';
import { valuesOf } from './server/config/differences.ts';
import { parseConfig, readText } from './server/config/load.ts';
import { ServedSite } from './server/http-site.ts';
import { Listeners, limitsOf } from './server/listeners.ts';
import { LiveHosts } from './server/live-hosts.ts';
import { collectMetrics } from './server/metrics.ts';
import { waitsForRestart } from './server/module-order.ts';
import { type ReadConfig, Reloader } from './server/reloader.ts';
import { Server } from './server/server.ts';
import { LocalSessionControl } from './server/session-control.ts';
import { SignInThrottle } from './server/sign-in-throttle.ts';
import { SignIns } from './server/sign-ins.ts';
import { version } from './server/version.ts';
import { openSource } from './sources/open.ts';
import type { Storage, StorageError } from './storage/ports.ts';
import { openStorage } from './storage/sqlite/open.ts';
import { clientStreams } from './stream/client-streams.ts';
import type { ComponentPolicy } from './stream/component-ports.ts';
import { ComponentStream } from './stream/component-stream.ts';
import { Hashing } from './stream/sasl/hashing.ts';
import { ConnectionManager } from './transports/bosh/connection-manager.ts';
import { type ControlServer, serveControl } from './transports/control.ts';
import { type MetricsServer, serveMetrics } from './transports/metrics-http.ts';

/**
 * The composition root: configuration, storage, hosts with their modules,
 * listeners. The only place that knows which classes stand behind the ports.
 */

/** Milliseconds that clients get to read the end of their streams. */
const GRACE = 1000;
/** Milliseconds between two looks at how late the event loop is. */
const LAG_INTERVAL = 10;

/** What whoever has started the server is told of: `ready` is it again, behind a reload. */
export type ServerState = 'reloading' | 'ready' | 'stopping';

export interface RunningServer {
  readonly config: Config;
  readonly listeners: readonly ListenerFacts[];
  /** Resolves when everything has stopped, whoever asked for it; rejects when it had to. */
  readonly stopped: Promise<void>;
  /** Takes what the file and certificates say now, or logs why all stays as it was. */
  reload(): Promise<void>;
  status(): ServerStatus;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly configFile: string;
  /** Hears when the server takes a changed configuration, and when it ends. */
  readonly onState?: (state: ServerState) => void;
}

/**
 * Starts the server that a configuration file describes.
 * @throws {ConfigError | CertificateError | StorageError | ControlError} and the
 * system's errors for ports; after each nothing is left running.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { configFile, onState = () => {} } = options;
  const server = new ServerProcess(await readConfig(resolve(configFile)), onState);
  try {
    return await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Of the file, or as if `text` stood there; in turns, so that stanzas get by in between. */
async function readConfig(file: string, text = readText(file)): Promise<ReadConfig> {
  const config = parseConfig(file, text, builtinModules);
  await letOthersPass();
  return { config, text, values: valuesOf(file, text, builtinModules) };
}

/** Everything of one server in this process, from its first part to its last. */
class ServerProcess implements RunningServer, ServerFacts {
  readonly config: Config;
  readonly stopped: Promise<void>;
  readonly #read: ReadConfig;
  readonly #log: RootLog;
  readonly #clock: Clock = systemClock;
  readonly #deadlines = new Deadlines(systemClock);
  readonly #started = systemClock.now();
  readonly #end: PromiseWithResolvers<void>;
  #site: ServedSite | null = null;
  #listeners: Listeners | null = null;
  #storage: Storage | null = null;
  #transient: Storage | null = null;
  #server: Server | null = null;
  #components: Components | null = null;
  #reloader: Reloader | null = null;
  #control: ControlServer | null = null;
  #metrics: MetricsServer | null = null;
  readonly #signIns = new SignIns();
  readonly #hashing = new Hashing();
  readonly #throttle = new SignInThrottle(systemClock);
  #stopping: Promise<void> | null = null;

  readonly #onState: (state: ServerState) => void;

  constructor(read: ReadConfig, onState: (state: ServerState) => void) {
    const { config } = read;
    this.#read = read;
    this.config = config;
    this.#onState = onState;
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
      clock: this.#clock,
      mode: 'thread',
    });
    this.#storage = storage;
    const isAnyAnonymous = config.hosts.some(({ kind }) => kind === 'anonymous');
    if (isAnyAnonymous) this.#transient = await openStorage({ memory: true, log: this.#log });
    const server = new Server(config.hosts, {
      storage,
      ...(this.#transient && { transient: this.#transient }),
      directory: new LocalDirectory(),
      clock: this.#clock,
      log: this.#log,
      openSource,
      modules: builtinModules,
    });
    this.#server = server;
    await server.restore();
    const deps = { server, storage, clock: this.#clock, log: this.#log };
    const { router, tracing } = server;
    const parts = { router, tracing, log: this.#log };
    this.#components = new Components(config.components, componentPolicy(config), parts);
    const hosts = await LiveHosts.open(config, deps);
    await this.#listen(server, hosts.streamHosts);
    const read = (text?: string) => readConfig(config.file, text);
    const apply = (changed: Config) => this.#apply(changed);
    const onState = this.#onState;
    const waits = waitsForRestart(builtinModules);
    const targets = { read, hosts, apply, onState, waits, clock: this.#clock, log: this.#log };
    this.#reloader = new Reloader(this.#read, targets);
    this.#metrics = await this.#serveMetrics(server, storage);
    this.#control = await serveControl(config.controlSocket, this.#commands(server, storage));
    // Nothing more can be promised to anybody once a commit has failed.
    storage.onFailure((error) => void this.#fail(error));
    return this;
  }

  get listeners(): readonly ListenerFacts[] {
    const open = this.#listeners?.facts ?? [];
    const { metrics } = this.config;
    return metrics ? [...open, { description: 'metrics', ...metrics }] : open;
  }

  async reload(): Promise<void> {
    try {
      await this.#reloader?.reload();
    } catch (error) {
      const { message } = error as Error;
      this.#log.error({ problems: message.split('\n') }, 'reload failed, all stays as it was');
    }
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
      components: [...this.#components!.all].map(({ domain, session }) => ({
        domain,
        address: session?.remoteAddress ?? null,
      })),
      listeners: this.listeners,
      connections: this.#listeners!.connectionCount,
      sessions,
      memory: process.memoryUsage.rss(),
    };
  }

  flows(): FlowFacts[] {
    return [...this.#server!.hosts].map(({ host: { domain, parts }, modules }) => ({
      host: domain,
      lines: [parts.flows, parts.iqs, parts.nonzas, this.#site!.common, modules.httpRoutes].flatMap(
        (each) => each.describe(),
      ),
    }));
  }

  async #listen(server: Server, hosts: LiveHosts['streamHosts']): Promise<void> {
    const { note: onSignIn } = this.#signIns;
    const common = { deadlines: this.#deadlines, log: this.#log };
    const deps = { ...common, hashing: this.#hashing, throttle: this.#throttle };
    const onClient = clientStreams({ hosts, onSignIn, ...deps });
    const bosh = new ConnectionManager({
      ...{ ...common, ...limitsOf(this.config), clock: this.#clock },
      onConnection: onClient,
    });
    this.#site = new ServedSite(server, [bosh.route]);
    this.#listeners = new Listeners(this.config, {
      ...{ ...common, bosh, onClient },
      onComponent: (connection) => new ComponentStream(connection, this.#components!, deps),
      site: this.#site,
      secureContextFor: hosts.secureContextFor,
    });
    await this.#listeners.open();
  }

  #apply(config: Config): void {
    this.#server!.useSettings(config.hosts);
    this.#components!.useSettings(config.components, componentPolicy(config));
    this.#log.setLevel(config.log.level);
    this.#listeners!.useLimits(config);
  }

  async #serveMetrics(server: Server, storage: Storage): Promise<MetricsServer | null> {
    const { metrics } = this.config;
    if (!metrics) return null;
    const lag = monitorEventLoopDelay({ resolution: LAG_INTERVAL });
    lag.enable();
    const sources = {
      server,
      components: this.#components!,
      durability: storage.durability,
      signIns: this.#signIns,
      hashing: this.#hashing,
      certificates: () => this.#reloader!.inUse(),
      throttle: this.#throttle,
      listeners: this.#listeners!.loads,
      lag,
      lagInterval: LAG_INTERVAL,
      started: this.#started,
    };
    const read = () => writeMetrics(collectMetrics(sources));
    return await serveMetrics({ ...metrics, contentType: OPEN_METRICS_TYPE, read });
  }

  #commands(server: Server, storage: Storage) {
    const sessions = new LocalSessionControl(server);
    const domains = this.config.hosts.map(({ domain }) => domain);
    const dispatcher = new AdminDispatcher(
      [
        ...userCommands(server, storage),
        ...tokenCommands(server, storage),
        ...moduleCommands(server),
        ...transferCommands(server, storage, this.#clock),
        ...sessionCommands(sessions, domains),
        ...traceCommands(server, { clock: this.#clock, log: this.#log }),
        ...reloadCommands(this.#reloader!),
        ...configCommands(this.#reloader!),
        ...backupCommands(storage),
        ...serverCommands(this, () => void this.stop()),
      ],
      (error, command) => this.#log.error({ err: error, command }, 'a command failed'),
    );
    return dispatcher.run.bind(dispatcher);
  }

  /** In reverse: no newcomers, streams ended, everything written, then the store. */
  async #stop(): Promise<void> {
    this.#onState('stopping');
    this.#listeners?.stop();
    await this.#suspend();
    this.#server?.stop();
    this.#components?.stop();
    await this.#listeners?.drained(GRACE);
    await this.#listeners?.close();
    await this.#metrics?.close();
    await this.#control?.close();
    await this.#transient?.close();
    await this.#storage?.close();
    this.#log.info({}, 'stopped');
    this.#end.resolve();
  }

  /** Sessions go on in the next process, unless the store has failed. */
  async #suspend(): Promise<void> {
    try {
      await this.#server?.suspend();
    } catch (error) {
      this.#log.error({ err: error }, 'sessions could not be stored');
    }
  }

  async #fail(reason: StorageError): Promise<void> {
    this.#end.promise.catch(() => {});
    this.#end.reject(reason);
    await this.stop();
  }
}

function componentPolicy({ hosts }: Config): ComponentPolicy {
  return hosts[0]!.policy;
}

function openLog({ log }: Config): RootLog {
  const isPretty = log.format === 'pretty' || (log.format === 'auto' && process.stdout.isTTY);
  return createLog({
    level: log.level,
    base: null,
    ...(isPretty && { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } }),
  });
}
