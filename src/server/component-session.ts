import type { Maybe } from '../lib/maybe.ts';
import type { ComponentSessionEnd, ComponentWire } from '../stream/component-ports.ts';
import type { Frame } from '../xml/frame.ts';
import { decodeAttribute } from '../xml/text.ts';
import { StanzaError, StreamError } from '../xmpp/errors.ts';
import { Jid } from '../xmpp/jid.ts';
import { JidError } from '../xmpp/jid-error.ts';
import { NS } from '../xmpp/ns.ts';
import {
  isStanzaName,
  MalformedStanzaError,
  makeError,
  readStanza,
  type Stanza,
} from '../xmpp/stanza.ts';
import { failed, type Outcome, type Routed } from './flow.ts';
import { Inbox } from './inbox.ts';
import { faultOfIq } from './iq-syntax.ts';
import type { Router } from './router.ts';
import type { Tracing } from './tracing.ts';
import type { Traffic } from './traffic.ts';

/** RFC 6120 §8.3.3.17: the address is right, and who has it does not answer. */
export const UNREACHABLE = new StanzaError('remote-server-timeout');

export interface ComponentSessionDeps {
  readonly domain: string;
  readonly router: Router;
  readonly tracing: Tracing;
  readonly traffic: Traffic;
  onEnd(session: ComponentSession): void;
}

/** A stanza on its way to a component, and where it ends in all that the wire was given. */
interface Underway {
  readonly stanza: Stanza;
  readonly end: number;
}

/**
 * An external component that is connected (XEP-0114): what it sends goes to the router
 * in its order, what is for its domain is written to it.
 */
export class ComponentSession extends Inbox implements ComponentSessionEnd {
  readonly remoteAddress: string;
  readonly #wire: ComponentWire;
  readonly #deps: ComponentSessionDeps;
  readonly #jid: Jid;
  /** Oldest first; those that the system has taken go when the next one comes. */
  readonly #underway: Underway[] = [];
  #hasFailed = false;

  constructor(wire: ComponentWire, deps: ComponentSessionDeps) {
    super();
    this.#wire = wire;
    this.#deps = deps;
    this.#jid = Jid.of('', deps.domain);
    this.remoteAddress = wire.remoteAddress;
  }

  receive(frame: Frame): void {
    const stanza = this.#read(frame);
    if (stanza) this.take(stanza);
  }

  /** What has come is handled, also once the stream is over. */
  get isEnded(): boolean {
    return this.#hasFailed;
  }

  /** Writes a stanza to the component. */
  deliver(stanza: Stanza): void {
    const { tracing, domain } = this.#deps;
    if (tracing.isOn) tracing.tell({ what: 'sent', session: domain }, stanza, undefined);
    this.#forgetTaken();
    this.#wire.sendParts(stanza.head(), stanza.rest);
    this.#underway.push({ stanza: stanza.keep(), end: this.#wire.given });
  }

  /** White space: where nobody is left to take it, the system finds out (RFC 6120 §4.6.1). */
  probe(): void {
    this.#wire.send(' ');
  }

  close(...reason: Parameters<ComponentWire['close']>): void {
    this.#wire.close(...reason);
  }

  ended(): void {
    this.#deps.onEnd(this);
  }

  /** What has not left the server comes back, each with one error. */
  gone(): void {
    this.#forgetTaken();
    for (const { stanza } of this.#underway.splice(0)) this.#send(makeError(stanza, UNREACHABLE));
  }

  #forgetTaken(): void {
    const { taken } = this.#wire;
    const isTaken = (at: number) => at < this.#underway.length && this.#underway[at]!.end <= taken;
    let count = 0;
    while (isTaken(count)) count++;
    if (count > 0) this.#underway.splice(0, count);
  }

  /** Null when the frame was no stanza that can go on. */
  #read(frame: Frame): Stanza | null {
    if (frame.xmlns !== NS.component || !isStanzaName(frame.name)) {
      throw new StreamError('unsupported-stanza-type');
    }
    try {
      const stanza = readStanza(frame, NS.client, this.#wire.lang);
      this.#checkAddresses(stanza);
      return stanza;
    } catch (error) {
      if (!(error instanceof MalformedStanzaError)) throw error;
      this.#answerMalformed(frame, error);
      return null;
    }
  }

  /** XEP-0114 §3, with the errors that RFC 6120 §4.9.3.7 and §4.9.3.9 name. */
  #checkAddresses({ from, to }: Stanza): void {
    if (!from || !to) throw new StreamError('improper-addressing');
    if (from.domain !== this.#deps.domain) throw new StreamError('invalid-from');
  }

  /** One bad address among many does not end a gateway (RFC 6120 §8.3.3.8). */
  #answerMalformed(frame: Frame, error: MalformedStanzaError): void {
    const from = senderOf(frame);
    if (from?.domain !== this.#deps.domain) throw new StreamError('invalid-from');
    this.#send(makeError(error.stanza.with({ from, to: this.#jid }), error));
  }

  protected handle(stanza: Stanza): Maybe<Routed> {
    const malformed = stanza.kind === 'iq' ? faultOfIq(stanza) : null;
    return malformed ? failed(malformed) : this.#deps.router.route(stanza);
  }

  /** There is nothing to acknowledge by (XEP-0114). */
  protected stored(): void {}

  protected fail(): void {
    this.#hasFailed = true;
    this.close('internal-server-error');
  }

  protected setReading(isReading: boolean): void {
    if (isReading) this.#wire.resume();
    else this.#wire.pause();
  }

  protected conclude(stanza: Stanza, outcome: Outcome): void {
    const { tracing, traffic, domain } = this.#deps;
    traffic[stanza.kind][outcome.kind]++;
    if (tracing.isOn) {
      tracing.tell({ what: 'outcome', session: domain, outcome }, stanza, stanza.to?.bareString);
    }
    if (outcome.kind === 'error') this.#send(makeError(stanza, outcome.error));
  }

  #send(stanza: Stanza | null): void {
    if (stanza) void this.#deps.router.route(stanza);
  }
}

/** Null where `from` is missing or no JID. */
function senderOf({ raw, attributes }: Frame): Jid | null {
  const from = attributes.find(({ name }) => name === 'from');
  if (!from) return null;
  try {
    return Jid.parse(decodeAttribute(raw, from.valueStart, from.valueEnd));
  } catch (error) {
    if (error instanceof JidError) return null;
    throw error;
  }
}
