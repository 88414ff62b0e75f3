import type { Deadlines } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import type { Connection, ConnectionListener } from '../stream/connection.ts';
import { type HttpListener, listenHttp } from '../transports/http.ts';
import type { HttpSite } from '../transports/http-route.ts';
import { Networks } from '../transports/networks.ts';
import { listenTcp, type TcpLimits, type TcpListener } from '../transports/tcp.ts';
import type { SecureContextFor } from '../transports/tls.ts';
import { WEBSOCKET_PATH, type WebSocketLimits, WebSockets } from '../transports/websocket.ts';
import type { ListenerFacts } from './admin/ports.ts';
import type { Config, ListenerConfig } from './config/config.ts';
import type { ListenerLoad } from './metrics.ts';

/** What waits behind the ports. */
export interface ListenerDeps {
  /** Makes the stream of a client's connection. */
  readonly onClient: (connection: Connection) => ConnectionListener;
  readonly onComponent: (connection: Connection) => ConnectionListener;
  readonly site: HttpSite;
  readonly secureContextFor: SecureContextFor;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

type Listener = TcpListener | HttpListener;

/** Milliseconds between two looks whether connections have ended. */
const LOOK = 10;

/** The ports that a configuration names, and the connections that came in through them. */
export class Listeners {
  readonly #deps: ListenerDeps;
  readonly #open: { facts: ListenerFacts; listener: Listener }[] = [];
  readonly #webSockets: WebSockets;
  readonly #config: Config;

  constructor(config: Config, deps: ListenerDeps) {
    this.#config = config;
    this.#deps = deps;
    const { origins, seeOtherUri } = config.http;
    const { onClient: onConnection, deadlines, log } = deps;
    this.#webSockets = new WebSockets({
      ...{ origins, seeOtherUri, onConnection, deadlines, log },
      ...limitsOf(config),
    });
  }

  /** Rejects with the system's error for a port; those before it are open then. */
  async open(): Promise<void> {
    for (const each of this.#config.listeners) {
      const isHttp = each.type === 'http' || each.type === 'https';
      const listener = await (isHttp ? this.#listenHttp(each) : this.#listen(each));
      this.#open.push({ facts: factsOf(each, listener.port), listener });
    }
  }

  get facts(): readonly ListenerFacts[] {
    return this.#open.map(({ facts }) => facts);
  }

  /** By name: `127.0.0.1:5222`. */
  get loads(): ReadonlyMap<string, ListenerLoad> {
    return new Map(
      this.#open.map(
        ({ facts, listener }) => [`${facts.address}:${facts.port}`, listener] as const,
      ),
    );
  }

  get connectionCount(): number {
    return this.#open.reduce((sum, { listener }) => sum + listener.connectionCount, 0);
  }

  useLimits(config: Config): void {
    for (const { listener } of this.#open) listener.useLimits(limitsOf(config));
    this.#webSockets.useLimits(limitsOf(config));
  }

  /** Takes no more connections, and says so on those there are. */
  stop(): void {
    for (const { listener } of this.#open) listener.stop();
  }

  /** Waits until all connections have ended, for so many milliseconds at most. */
  async drained(grace: number): Promise<void> {
    const deadline = performance.now() + grace;
    while (this.connectionCount > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ listener }) => listener.close()));
  }

  #listen({ type, address, port, proxy }: ListenerConfig): Promise<TcpListener> {
    const { onClient, onComponent, secureContextFor, deadlines, log } = this.#deps;
    return listenTcp({
      ...{ address, port, proxy, secureContextFor, deadlines, log },
      directTls: type === 'c2s-tls',
      ...limitsOf(this.#config),
      onConnection: type === 'component' ? onComponent : onClient,
    });
  }

  #listenHttp({ type, address, port }: ListenerConfig): Promise<HttpListener> {
    const { site, secureContextFor, deadlines, log } = this.#deps;
    const { trustedProxies, forwardedHeader: header } = this.#config.http;
    return listenHttp({
      ...{ address, port, site, secureContextFor, deadlines, log },
      isSecure: type === 'https',
      ...limitsOf(this.#config),
      trust: { proxies: new Networks(trustedProxies), header },
      upgrades: new Map([[WEBSOCKET_PATH, this.#webSockets.upgrade]]),
    });
  }
}

function limitsOf({ limits, hosts }: Config): TcpLimits & WebSocketLimits {
  const { beforeLogin, afterLogin } = hosts[0]!.policy;
  return {
    limits: beforeLogin,
    maxMessage: Math.max(beforeLogin.bytes, afterLogin.bytes),
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    queueLimit: limits.queueBytes,
  };
}

function factsOf(config: ListenerConfig, port: number): ListenerFacts {
  return { description: describe(config), address: config.address ?? '*', port };
}

function describe({ type, proxy }: ListenerConfig): string {
  if (type === 'component') return 'components';
  if (type === 'http' || type === 'https') return type === 'http' ? 'web' : 'web, TLS';
  const tls = type === 'c2s' ? 'STARTTLS' : 'direct TLS';
  const description = `clients, ${proxy?.endsTls ? 'TLS ends at the proxy' : tls}`;
  return proxy ? `${description}, PROXY protocol` : description;
}
