import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import { randomText } from '../lib/random.ts';
import { buildElement } from '../xml/element.ts';
import type { Frame, StreamHeader, XmlError } from '../xml/frame.ts';
import { StreamError, type StreamErrorCondition } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';
import { isRightHandshake, readComponentHeader, writeComponentHeader } from './component-header.ts';
import type {
  ComponentHost,
  ComponentHosts,
  ComponentSessionEnd,
  ComponentWire,
} from './component-ports.ts';
import type { Connection, ConnectionListener } from './connection.ts';
import type { FailureThrottle } from './ports.ts';
import { writeStreamError } from './stream-error.ts';

/** What all streams of components share. */
export interface ComponentStreamDeps {
  readonly deadlines: Deadlines;
  readonly log: Log;
  readonly throttle: FailureThrottle;
}

/** The server's side of an external component's stream (XEP-0114 §3). */
export class ComponentStream implements ConnectionListener, ComponentWire, Expiring {
  lang = '';
  given = 0;
  deadline = 0;
  readonly #connection: Connection;
  readonly #hosts: ComponentHosts;
  readonly #deps: ComponentStreamDeps;
  readonly #id = randomText(16);
  #host: ComponentHost | null = null;
  #session: ComponentSessionEnd | null = null;
  /** Whether our header is out. */
  #isOpen = false;
  /** Whether a handshake has come: there is one chance. */
  #isTried = false;
  #isOver = false;
  #lastActivity: number;

  constructor(connection: Connection, hosts: ComponentHosts, deps: ComponentStreamDeps) {
    this.#connection = connection;
    this.#hosts = hosts;
    this.#deps = deps;
    this.#lastActivity = deps.deadlines.elapsed;
    connection.setLimits(hosts.policy.beforeLogin);
    deps.deadlines.set(this, hosts.policy.negotiationTimeout);
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get taken(): number {
    const { queuedBytes, lostBytes } = this.#connection;
    return this.given - queuedBytes - lostBytes;
  }

  send(xml: string): void {
    if (this.#isOver) return;
    this.given += Buffer.byteLength(xml);
    this.#connection.send(xml);
  }

  sendParts(head: string, rest: Buffer): void {
    if (this.#isOver) return;
    this.given += Buffer.byteLength(head) + rest.length;
    this.#connection.sendParts(head, rest);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Ends the stream from our side (RFC 6120 §4.4), with an error or without. */
  close(condition?: StreamErrorCondition, text = ''): void {
    if (this.#isOver) return;
    if (!this.#isOpen) this.#sendHeader();
    if (condition) this.send(writeStreamError(new StreamError(condition, text)));
    this.send('</stream:stream>');
    this.#connection.end();
    this.#end();
  }

  onHeader(header: StreamHeader): void {
    this.#guard(() => this.#open(header));
  }

  onFrame(frame: Frame): void {
    this.#guard(() => {
      if (this.#session) this.#session.receive(frame);
      else this.#takeHandshake(frame);
    });
  }

  onFooter(): void {
    this.close();
  }

  onError(error: XmlError): void {
    this.close(error.condition, error.message);
  }

  onSecure(): void {}

  onActivity(): void {
    this.#lastActivity = this.#deps.deadlines.elapsed;
  }

  onWhiteSpace(): void {}

  onClose(_error?: Error): void {
    const session = this.#session;
    this.#end();
    session?.gone();
  }

  onOverflow(): void {
    const { log } = this.#deps;
    log.warn({ component: this.#host?.domain }, 'component dropped, it does not read');
    this.#connection.destroy();
  }

  /** Those with a session are the server's to end. */
  onShutdown(): void {
    if (!this.#session) this.close('system-shutdown');
  }

  onDeadline(): void {
    if (this.#session) this.#checkLife(this.#session);
    else this.close('connection-timeout', 'the handshake took too long');
  }

  #open(header: StreamHeader): void {
    const { domain, lang } = readComponentHeader(header);
    this.lang = lang;
    this.#host = this.#hosts.find(domain);
    if (!this.#host) throw new StreamError('host-unknown');
    this.#sendHeader();
  }

  #sendHeader(): void {
    this.#isOpen = true;
    this.send(writeComponentHeader(this.#id, this.#host?.domain ?? ''));
  }

  #takeHandshake(frame: Frame): void {
    const isHandshake = frame.name === 'handshake' && frame.xmlns === NS.component;
    if (!isHandshake || this.#isTried) throw new StreamError('not-authorized');
    this.#isTried = true;
    const host = this.#host!;
    if (isRightHandshake(buildElement(frame).text(), this.#id, host.secret)) this.#attach(host);
    else void this.#refuse(host);
  }

  /** What comes behind the handshake may be stanzas, so that the session is there first. */
  #attach(host: ComponentHost): void {
    const { policy } = this.#hosts;
    this.#session = host.attach(this);
    if (!this.#session) throw new StreamError('conflict', 'the component is connected already');
    this.#connection.setLimits(policy.afterLogin);
    this.#deps.deadlines.set(this, policy.idleTimeout);
  }

  /** Nothing more is read meanwhile. */
  async #refuse({ domain }: ComponentHost): Promise<void> {
    const { log, throttle } = this.#deps;
    const { remoteAddress: address } = this;
    const { maxFailureDelay: maxDelay } = this.#hosts.policy;
    log.warn({ component: domain, address }, 'component refused, its secret is wrong');
    this.pause();
    await throttle.hold({ address, account: domain, maxDelay });
    this.close('not-authorized');
  }

  #checkLife(session: ComponentSessionEnd): void {
    const { deadlines } = this.#deps;
    const { idleTimeout } = this.#hosts.policy;
    const left = idleTimeout - (deadlines.elapsed - this.#lastActivity);
    deadlines.set(this, left > 0 ? left : idleTimeout);
    if (left <= 0) session.probe();
  }

  /** Whoever has a session keeps it until the connection is gone, for what was not taken. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deps.deadlines.clear(this);
    this.#session?.ended();
  }

  /** Whatever goes wrong here ends this stream alone. */
  #guard(task: () => void): void {
    if (this.#isOver) return;
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (error instanceof StreamError) {
      this.close(error.condition, error.text);
      return;
    }
    this.#deps.log.error({ err: error }, 'stream of a component failed');
    this.close('internal-server-error');
  }
}
