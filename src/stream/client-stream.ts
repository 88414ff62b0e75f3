// In the walk of a message: the step from bytes to a session. Until a session is
// bound, frames are negotiation; from then on they are the session's.

import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import { isLater } from '../lib/maybe.ts';
import { randomText } from '../lib/random.ts';
import { buildElement, type Element } from '../xml/element.ts';
import type { Frame, StreamHeader, XmlError } from '../xml/frame.ts';
import { StreamError, type StreamErrorCondition } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import type { Connection, ConnectionListener, Receipts } from './connection.ts';
import { mayShowPassword } from './encryption-policy.ts';
import type { Step, StreamFeature, StreamState } from './feature.ts';
import { findFeature, writeFeatures } from './feature-choice.ts';
import { hostBySni } from './host-by-sni.ts';
import { answerTo } from './iq-answer.ts';
import type { SessionWire, StreamHost, StreamHosts, StreamSession } from './ports.ts';
import { writeElement } from './stream-element.ts';
import { type ClientHeader, checkFrom, readClientHeader } from './stream-header.ts';

/** Hears of each attempt to sign in: 'success', or the condition of its failure. */
export type OnSignIn = (mechanism: string, outcome: string) => void;

/** What all client streams share. */
export interface ClientStreamDeps {
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Features of every host, in the order of XEP-0170; those of modules follow them. */
  readonly features: readonly StreamFeature[];
  readonly onSignIn: OnSignIn;
}

/** Milliseconds to sign in where no host has a policy for it yet. */
const NEGOTIATION_TIMEOUT = 60_000;
/** Milliseconds that a client has to answer the session's probe. */
const PROBE_TIMEOUT = 60_000;

/** The receiving server's side of a client's stream (RFC 6120 §4). */
export class ClientStream implements ConnectionListener, SessionWire, Expiring {
  readonly connection: Connection;
  readonly receipts: Receipts | undefined;
  lang = '';
  /** Localpart of who has signed in; '' before. */
  username = '';
  /** Who the client says it is in its header; null when it does not. */
  claimed: Jid | null = null;
  deadline = 0;
  readonly #hosts: StreamHosts;
  readonly #deps: ClientStreamDeps;
  #host: StreamHost | null = null;
  /** Whose certificate STARTTLS has shown to a client that names no host in the handshake. */
  #shownHost: StreamHost | null = null;
  #session: StreamSession | null = null;
  /** What the session writes before the client knows of it; null from then on. */
  #early: (() => void)[] | null = [];
  /** The feature that has not come to its end, and bears no other in between. */
  #engaged: StreamFeature | null = null;
  /** Whether our header for the current start of the stream is out. */
  #isOpen = false;
  #isOver = false;
  #isProbed = false;
  #connectedAt: number;
  #lastActivity: number;

  constructor(connection: Connection, hosts: StreamHosts, deps: ClientStreamDeps) {
    this.connection = connection;
    this.receipts = connection.receipts;
    this.#hosts = hosts;
    this.#deps = deps;
    const ownPolicy = hosts.find(hosts.defaultDomain)?.policy;
    deps.deadlines.set(this, ownPolicy?.negotiationTimeout ?? NEGOTIATION_TIMEOUT);
    this.#connectedAt = deps.deadlines.elapsed;
    this.#lastActivity = this.#connectedAt;
  }

  /** The host that the client's header has named; features are asked only after that. */
  get host(): StreamHost {
    if (!this.#host) throw new Error('the stream has no host yet');
    return this.#host;
  }

  get log(): Log {
    return this.#deps.log;
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }

  get isSecure(): boolean {
    return this.connection.isSecure;
  }

  get mayShowPassword(): boolean {
    return mayShowPassword(this);
  }

  get transport(): string {
    return this.connection.transport;
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes;
  }

  get contentXmlns(): '' | 'jabber:client' {
    return this.connection.contentXmlns;
  }

  /** Whether the stream has come that far. */
  has(state: StreamState): boolean {
    if (state === 'secure') return this.isSecure;
    return state === 'authenticated' ? this.username !== '' : this.#session !== null;
  }

  send(xml: string): void {
    if (!this.#isOver) this.connection.send(xml);
  }

  sendParts(head: string, rest: Buffer): void {
    if (this.#isOver) return;
    if (this.#early) this.#early.push(this.sendParts.bind(this, head, Buffer.from(rest)));
    else this.connection.sendParts(head, rest);
  }

  sendElement(element: Element): void {
    this.send(writeElement(element, this.contentXmlns));
  }

  /** Answers an IQ, which is a stanza among the session's where there is one. */
  answer(iq: Element): void {
    if (this.#session) this.#session.answeredFor(iq.attrs.id ?? '');
    else this.sendElement(answerTo(iq));
  }

  pause(): void {
    this.connection.pause();
  }

  resume(): void {
    this.connection.resume();
  }

  /** A feature has come to the end of an attempt to sign in. */
  signInEnded(mechanism: string, outcome: string): void {
    this.#deps.onSignIn(mechanism, outcome);
  }

  /** A feature has found out who the client is; its limits are a user's now. */
  authenticated(username: string): void {
    this.username = username;
    this.connection.setLimits(this.host.policy.afterLogin, true);
  }

  /** A feature has given the client its session; every further stanza goes there. */
  bound(session: StreamSession): void {
    if (this.#isOver) {
      session.lost();
      return;
    }
    this.#session = session;
    this.#deps.deadlines.set(this, this.host.policy.idleTimeout);
  }

  /** Ends the stream from our side (RFC 6120 §4.4), with an error or without. */
  close(condition?: StreamErrorCondition, text?: string): void {
    this.#close(condition ? new StreamError(condition, text) : null);
  }

  leave(condition: StreamErrorCondition, text?: string): void {
    this.#session = null;
    this.close(condition, text);
  }

  onHeader(header: StreamHeader): void {
    if (this.#isOver) return;
    this.#guard(() => this.#open(readClientHeader(header)));
  }

  onFrame(frame: Frame): void {
    if (this.#isOver) return;
    try {
      this.#take(frame);
    } catch (error) {
      this.#fail(error);
    }
  }

  onFooter(): void {
    if (this.#isOver) return;
    if (this.#session) this.#guard(() => this.#session?.finished());
    else this.close();
  }

  onError(error: XmlError): void {
    this.close(error.condition, error.message);
  }

  onSecure(): void {}

  onActivity(): void {
    this.#lastActivity = this.#deps.deadlines.elapsed;
    this.#isProbed = false;
  }

  onWhiteSpace(): void {
    const isBorne = this.#engaged?.bearsWhiteSpace ?? true;
    if (!isBorne) this.close('policy-violation', 'white space within an exchange');
  }

  onClose(_error?: Error): void {
    this.#isOver = true;
    this.#deps.deadlines.clear(this);
    this.#partWith((session) => session.lost());
  }

  onOverflow(): void {
    if (this.#isOver) return;
    this.#deps.log.warn({ address: this.remoteAddress }, 'client dropped, it does not read');
    this.onClose();
    this.connection.destroy();
  }

  /** Sessions are the server's to end; who has none yet will get none any more. */
  onShutdown(): void {
    if (!this.#session) this.close('system-shutdown');
  }

  onDeadline(): void {
    if (this.#session) this.#checkLife(this.#session);
    else this.close('connection-timeout', 'signing in took too long');
  }

  #open(header: ClientHeader): void {
    const host = this.#hosts.find(header.domain);
    if (!host?.hasAccounts) throw new StreamError('host-unknown');
    this.#checkHost(host);
    this.#host = host;
    checkFrom(header, this);
    this.claimed = header.from;
    this.lang = header.lang;
    this.#sendHeader(header.from?.bareString ?? '');
    if (!this.has('authenticated')) this.#applyPolicy(host);
    this.#sendFeatures(host);
  }

  /**
   * A certificate or a sign-in for one host is worth nothing at another (RFC 6066
   * §3, RFC 6120 §13.7.2). A name in the handshake that is not served here says
   * nothing: clients that connect by another name send that.
   */
  #checkHost(host: StreamHost): void {
    const isMoved = this.username !== '' && this.#host?.domain !== host.domain;
    const shown = hostBySni(this.connection, this.#hosts) ?? this.#shownHost;
    if (isMoved || (shown && shown.domain !== host.domain)) {
      throw new StreamError('not-authorized', "'to' is not the host that this connection is for");
    }
  }

  #applyPolicy({ policy }: StreamHost): void {
    const { deadlines } = this.#deps;
    this.connection.setLimits(policy.beforeLogin);
    const spent = deadlines.elapsed - this.#connectedAt;
    deadlines.set(this, policy.negotiationTimeout - spent);
  }

  #sendHeader(to: string): void {
    const from = this.#host?.domain ?? this.#hosts.defaultDomain;
    this.connection.open({ id: randomText(16), from, to, lang: this.lang });
    this.#isOpen = true;
  }

  #sendFeatures(host: StreamHost): void {
    this.send(writeFeatures(this.#deps.features, host.features, this));
  }

  #take(frame: Frame): void {
    const session = this.#session;
    // Most of what a signed-in client sends is for no feature.
    if (session && frame.name !== 'iq' && frame.xmlns === NS.client) {
      this.#receive(session, frame);
      return;
    }
    const feature =
      findFeature(this.#deps.features, frame, this) ?? findFeature(this.host.features, frame, this);
    if (this.#engaged && feature !== this.#engaged) throw new StreamError('not-authorized');
    if (feature) this.#negotiate(feature, frame);
    else if (session) session.receive(frame);
    else throw new StreamError('not-authorized');
  }

  #receive(session: StreamSession, frame: Frame): void {
    const isStanza = frame.name === 'message' || frame.name === 'presence';
    if (!isStanza) throw new StreamError('unsupported-stanza-type');
    session.receive(frame);
  }

  #negotiate(feature: StreamFeature, frame: Frame): void {
    const step = feature.negotiate(this, buildElement(frame));
    if (isLater(step)) void this.#obeyLater(step, feature);
    else this.#obey(step, feature);
  }

  /** Nothing more is read until the step is known: its meaning may hang on it. */
  async #obeyLater(later: Promise<Step>, feature: StreamFeature): Promise<void> {
    this.connection.pause();
    try {
      const step = await later;
      if (!this.#isOver) this.#obey(step, feature);
    } catch (error) {
      this.#fail(error);
    }
    this.connection.resume();
  }

  #obey(step: Step, feature: StreamFeature): void {
    this.#engaged = step === 'engage' ? feature : null;
    if (this.#isOver) return;
    if (step === 'features') this.#sendFeatures(this.host);
    else if (step === 'restart' || step === 'secure') this.#startAnew(step);
    if (this.#session) this.#catchUp();
  }

  /** The client has heard that it is bound: from here on stanzas may come. */
  #catchUp(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const send of early) send();
  }

  #startAnew(step: 'restart' | 'secure'): void {
    this.#isOpen = false;
    if (step === 'restart') this.connection.restart();
    else this.#startTls();
  }

  /** What was said in clear text counts no more (RFC 6120 §5.4.3.3). */
  #startTls(): void {
    const { secureContext } = this.host;
    if (!secureContext) throw new StreamError('internal-server-error');
    this.#shownHost = this.#host;
    this.#host = null;
    this.lang = '';
    this.connection.startTls(secureContext);
  }

  /**
   * White space asked of a dead peer tells nothing for a quarter of an hour, while
   * every client has to answer an IQ (RFC 6120 §8.2.3): the session asks. Any byte
   * that comes is an answer.
   */
  #checkLife(session: StreamSession): void {
    const { deadlines } = this.#deps;
    const { idleTimeout } = this.host.policy;
    const left = idleTimeout - (deadlines.elapsed - this.#lastActivity);
    if (this.#isProbed) {
      this.close('connection-timeout');
    } else if (left > 0) {
      deadlines.set(this, left);
    } else {
      this.#isProbed = true;
      deadlines.set(this, PROBE_TIMEOUT);
      this.#guard(() => session.probe());
    }
  }

  /** A client that is silent has perhaps lost its line; any other error ends the session, too. */
  #close(error: StreamError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#isOpen) this.#sendHeader('');
    this.connection.conclude(error);
    this.#deps.deadlines.clear(this);
    const isSilent = error?.condition === 'connection-timeout';
    this.#partWith((session) => (isSilent ? session.lost() : session.ended(false)));
  }

  #partWith(farewell: (session: StreamSession) => void): void {
    const session = this.#session;
    this.#session = null;
    if (session) this.#guard(() => farewell(session));
  }

  /** Whatever goes wrong here ends this stream alone. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const isExpected = error instanceof StreamError;
    if (!isExpected) this.#deps.log.error({ err: error }, 'stream failed');
    this.#close(isExpected ? error : new StreamError('internal-server-error'));
  }
}
