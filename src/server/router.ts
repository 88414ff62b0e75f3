import type { Maybe } from '../lib/maybe.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { failed, type Routed } from './flow.ts';
import type { Host } from './host.ts';

/**
 * In the walk of a message: from the sender's side to the recipient's host. The
 * outcome goes back to whoever brought the stanza, who answers at most one error.
 */
export class Router {
  readonly #hosts = new Map<string, Host>();

  add(host: Host): void {
    this.#hosts.set(host.domain, host);
  }

  host(domain: string): Host | null {
    return this.#hosts.get(domain) ?? null;
  }

  get hosts(): Iterable<Host> {
    return this.#hosts.values();
  }

  route(stanza: Stanza): Maybe<Routed> {
    const host = stanza.to && this.#hosts.get(stanza.to.domain);
    return host ? host.incoming(stanza) : NOT_SERVED;
  }
}

/** This server speaks to no other server (RFC 6120 §8.3.3.16). */
const NOT_SERVED = failed(new StanzaError('remote-server-not-found'));
