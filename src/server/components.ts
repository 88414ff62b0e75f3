import type { Log } from '../lib/log.ts';
import type {
  ComponentHost,
  ComponentHosts,
  ComponentPolicy,
  ComponentWire,
} from '../stream/component-ports.ts';
import { Jid } from '../xmpp/jid.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { ComponentSession, UNREACHABLE } from './component-session.ts';
import { DONE, failed, type Outcome } from './flow.ts';
import type { Host } from './host.ts';
import type { Route, Router } from './router.ts';
import type { Tracing } from './tracing.ts';
import { Traffic } from './traffic.ts';

/** An external component as the operator describes it (XEP-0114). */
export interface ComponentSettings {
  /** Prepared (RFC 7622 §3.2). */
  readonly domain: string;
  readonly secret: string;
  /** What happens when it connects while it is connected. */
  readonly conflict: 'replace' | 'refuse';
  /** For people, in service discovery; '' for none. */
  readonly name: string;
  /** The hosts whose clients find it. */
  readonly hosts: readonly string[];
}

interface Deps {
  readonly router: Router;
  readonly tracing: Tracing;
  readonly log: Log;
}

/** The domains of external components, whether or not anybody serves them now. */
export class Components implements ComponentHosts {
  policy: ComponentPolicy;
  readonly #deps: Deps;
  readonly #places = new Map<string, ComponentPlace>();

  constructor(settings: readonly ComponentSettings[], policy: ComponentPolicy, deps: Deps) {
    this.#deps = deps;
    this.policy = policy;
    this.useSettings(settings, policy);
  }

  get all(): Iterable<ComponentPlace> {
    return this.#places.values();
  }

  find(domain: string): ComponentHost | null {
    return this.#places.get(domain) ?? null;
  }

  /** What is connected stays so, unless its domain is gone. */
  useSettings(settings: readonly ComponentSettings[], policy: ComponentPolicy): void {
    this.policy = policy;
    const domains = new Set(settings.map(({ domain }) => domain));
    for (const place of this.#places.values()) if (!domains.has(place.domain)) this.#remove(place);
    for (const each of settings) {
      const place = this.#places.get(each.domain);
      if (place) place.settings = each;
      else this.#add(new ComponentPlace(each, this.#deps));
    }
    for (const host of this.#deps.router.hosts) host.services = servicesOf(host, settings);
  }

  /** Ends all streams with system-shutdown. */
  stop(): void {
    for (const { session } of this.#places.values()) session?.close('system-shutdown');
  }

  #add(place: ComponentPlace): void {
    this.#places.set(place.domain, place);
    this.#deps.router.addRoute(place);
  }

  #remove(place: ComponentPlace): void {
    this.#places.delete(place.domain);
    this.#deps.router.removeRoute(place);
    place.session?.close('host-gone');
  }
}

function servicesOf({ domain }: Host, settings: readonly ComponentSettings[]): Host['services'] {
  return settings
    .filter(({ hosts }) => hosts.includes(domain))
    .map((each) => ({ jid: Jid.of('', each.domain), ...(each.name && { name: each.name }) }));
}

/** The domain of one component: a route that leads to it while it is connected. */
export class ComponentPlace implements ComponentHost, Route {
  settings: ComponentSettings;
  /** What it has sent. */
  readonly traffic = new Traffic();
  readonly #deps: Deps;
  #session: ComponentSession | null = null;

  constructor(settings: ComponentSettings, deps: Deps) {
    this.settings = settings;
    this.#deps = deps;
  }

  get domain(): string {
    return this.settings.domain;
  }

  get secret(): string {
    return this.settings.secret;
  }

  get session(): ComponentSession | null {
    return this.#session;
  }

  incoming(stanza: Stanza): Outcome {
    if (!this.#session) return failed(UNREACHABLE);
    this.#session.deliver(stanza);
    return DONE;
  }

  attach(wire: ComponentWire): ComponentSession | null {
    const { log, router, tracing } = this.#deps;
    const { domain, traffic } = this;
    const facts = { component: domain, address: wire.remoteAddress };
    if (this.#session && this.settings.conflict === 'refuse') {
      log.warn(facts, 'component refused, it is connected already');
      return null;
    }
    this.#session?.close('conflict', 'the component has connected once more');
    const onEnd = (session: ComponentSession) => this.#ended(session);
    // Before anything else is written there.
    wire.send('<handshake/>');
    this.#session = new ComponentSession(wire, { domain, router, tracing, traffic, onEnd });
    log.info(facts, 'component connected');
    return this.#session;
  }

  #ended(session: ComponentSession): void {
    if (this.#session === session) this.#session = null;
    const facts = { component: this.domain, address: session.remoteAddress };
    this.#deps.log.info(facts, 'component disconnected');
  }
}
