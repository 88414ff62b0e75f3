import type { HttpHost, HttpRoute, HttpSite } from '../transports/http-route.ts';
import { HttpRouteTable } from '../transports/http-route-table.ts';
import { JidError, prepareDomain } from '../xmpp/jid.ts';
import type { ServedHost, Server } from './server.ts';

/** The hosts by the names that they have over HTTP: their domains, and those of their web URLs. */
export class ServedSite implements HttpSite {
  readonly #default: HttpHost;
  readonly #hosts = new Map<string, HttpHost>();
  /** What every host has. */
  readonly common = new HttpRouteTable();

  /** `common` routes belong to transports. */
  constructor({ hosts }: Pick<Server, 'hosts'>, common: readonly HttpRoute[] = []) {
    for (const route of common) this.common.add(route, 'server');
    const all = [...hosts].map((served) => [served, new SiteHost(served, this.common)] as const);
    for (const [{ webUrl }, host] of all.toReversed()) {
      if (webUrl) this.#hosts.set(new URL(webUrl).hostname, host);
    }
    for (const [served, host] of all) this.#hosts.set(served.host.domain, host);
    this.#default = all[0]![1];
  }

  hostFor(name: string): HttpHost {
    const plain = name.toLowerCase();
    return this.#hosts.get(plain) ?? this.#hosts.get(prepared(plain)) ?? this.#default;
  }
}

/** Looks at the modules anew for each request, since a reload changes them. */
class SiteHost implements HttpHost {
  readonly #served: ServedHost;
  readonly #common: HttpRouteTable;

  constructor(served: ServedHost, common: HttpRouteTable) {
    this.#served = served;
    this.#common = common;
  }

  get webUrl(): string | null {
    return this.#served.webUrl;
  }

  findRoute(path: string): HttpRoute | null {
    return this.#common.find(path) ?? this.#served.modules.httpRoutes.find(path);
  }
}

/** Browsers name hosts by A-labels; '' for what is no domain. */
function prepared(name: string): string {
  try {
    return prepareDomain(name);
  } catch (error) {
    if (error instanceof JidError) return '';
    throw error;
  }
}
