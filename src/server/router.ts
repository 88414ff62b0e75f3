import type { Maybe } from '../lib/maybe.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { failed, type Routed } from './flow.ts';
import type { Host } from './host.ts';

/** Where stanzas for a domain go that is no host. */
export interface Route {
  readonly domain: string;
  incoming(stanza: Stanza): Maybe<Routed>;
}

/**
 * In the walk of a message: from the sender's side to the recipient's host. The
 * outcome goes back to whoever brought the stanza, who answers at most one error.
 */
export class Router {
  readonly #hosts = new Map<string, Host>();
  readonly #routes = new Map<string, Route>();
  readonly #services = new Map<string, Route>();

  add(host: Host): void {
    this.#hosts.set(host.domain, host);
  }

  /** Leads the stanzas for a domain there; no host may have it. */
  addRoute(route: Route): void {
    this.#routes.set(route.domain, route);
  }

  removeRoute({ domain }: Route): void {
    this.#routes.delete(domain);
  }

  /** As `addRoute`, for what gives way to routes. */
  addService(route: Route): void {
    this.#services.set(route.domain, route);
  }

  removeService({ domain }: Route): void {
    this.#services.delete(domain);
  }

  host(domain: string): Host | null {
    return this.#hosts.get(domain) ?? null;
  }

  get hosts(): Iterable<Host> {
    return this.#hosts.values();
  }

  route(stanza: Stanza): Maybe<Routed> {
    const domain = stanza.to?.domain ?? '';
    const place = this.#hosts.get(domain) ?? this.#routes.get(domain);
    if (place) return place.incoming(stanza);
    return this.#services.get(domain)?.incoming(stanza) ?? NOT_SERVED;
  }
}

/** This server speaks to no other server (RFC 6120 §8.3.3.16). */
const NOT_SERVED = failed(new StanzaError('remote-server-not-found'));
