import type { Clock } from '../../lib/clock.ts';
import type { Deadlines } from '../../lib/deadlines.ts';
import type { Log } from '../../lib/log.ts';
import { randomText } from '../../lib/random.ts';
import type { Connection, ConnectionListener } from '../../stream/connection.ts';
import { XmlDocument } from '../../xml/document.ts';
import { XmlError, type XmlLimits } from '../../xml/frame.ts';
import { NS } from '../../xmpp/ns.ts';
import type { HttpExchange, HttpRoute } from '../http-route.ts';
import { DEFAULT_QUEUE_LIMIT } from '../outgoing-queue.ts';
import { NS_BOSH, readBody, terminal, writeBody } from './body.ts';
import { type BoshCondition, BoshError } from './condition.ts';
import { BoshConnection, type BoshTransport } from './connection.ts';
import { readContent } from './content.ts';
import { Reply } from './reply.ts';
import { BoshRequest } from './request.ts';
import { type SessionBounds, SessionCounts } from './session-counts.ts';
import { agreeOn, DEFAULT_CONTENT_TYPE } from './terms.ts';

export const BOSH_PATH = '/http-bind';

/** Bounds of all sessions. */
export interface BoshLimits extends SessionBounds {
  /** Limits until the stream sets its own. */
  readonly limits: XmlLimits;
  /** Bytes that may wait for one client, or be on their way to it; 4 MiB unless said otherwise. */
  readonly queueLimit?: number;
}

export interface BoshOptions extends BoshLimits {
  readonly onConnection: (connection: Connection) => ConnectionListener;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

/** RFC 6120 §4.8.3: clients rarely say that their stanzas are stanzas (XEP-0206 §2). */
const ADOPTION = { from: NS_BOSH, to: NS.client };
const HINT = Buffer.from('This is where XMPP clients connect by BOSH (XEP-0124), with POST.\n');

/** All sessions over BOSH, and the route that leads to them: the standard's connection manager. */
export class ConnectionManager implements BoshTransport {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly route: HttpRoute = {
    path: BOSH_PATH,
    methods: ['GET', 'POST'],
    origins: 'any',
    handle: (exchange) => this.#handle(exchange),
  };
  /** How many sessions were refused, by reason. */
  readonly refused = { 'too-many': 0 };
  readonly #options: BoshOptions;
  #limits: BoshLimits;
  readonly #connections = new Map<string, BoshConnection>();
  readonly #strangers = new Set<BoshConnection>();
  readonly #counts = new SessionCounts();
  #isStopping = false;

  constructor(options: BoshOptions) {
    this.#options = options;
    this.#limits = options;
    this.clock = options.clock;
    this.deadlines = options.deadlines;
  }

  get queueLimit(): number {
    return this.#limits.queueLimit ?? DEFAULT_QUEUE_LIMIT;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes that clients have not got: of all sessions, and of the one with most. */
  get queued(): { total: number; largest: number } {
    let [total, largest] = [0, 0];
    for (const { queuedBytes } of this.#connections.values()) {
      total += queuedBytes;
      largest = Math.max(largest, queuedBytes);
    }
    return { total, largest };
  }

  /** For sessions from now on. */
  useLimits(limits: BoshLimits): void {
    this.#limits = limits;
  }

  /** Begins no more sessions, and says so to those there are. */
  stop(): void {
    this.#isStopping = true;
    for (const connection of this.#connections.values()) connection.announceShutdown();
  }

  /** Drops those that are left. */
  close(): void {
    this.#isStopping = true;
    for (const connection of this.#connections.values()) connection.destroy();
  }

  signedIn(connection: BoshConnection): void {
    if (!this.#strangers.delete(connection)) return;
    this.#counts.remove(connection.remoteAddress, true);
    this.#counts.add(connection.remoteAddress, false);
  }

  forget(connection: BoshConnection, error?: Error): void {
    const { remoteAddress: address, sid } = connection;
    this.#connections.delete(sid);
    this.#counts.remove(address, this.#strangers.delete(connection));
    if (error) this.#options.log.debug({ address, error: error.message }, 'BOSH session broke');
  }

  #handle(exchange: HttpExchange): void {
    const { request, response } = exchange;
    if (request.method !== 'POST') {
      new Reply(response, 'text/plain; charset=utf-8').answer(HINT);
      return;
    }
    let most = this.#most(this.#limits.limits);
    let isKnown = false;
    const allows = (length: number, begin: () => Buffer) => {
      if (length <= most || isKnown) return length <= most;
      isKnown = true;
      most = this.#most(this.#limitsOf(begin()));
      return length <= most;
    };
    readContent(request, allows, (content) => {
      if (content) this.#take(exchange, content);
      else refuse(new Reply(response, DEFAULT_CONTENT_TYPE, true), 'policy-violation');
    });
  }

  /** A start tag, and a stanza as large as may be. */
  #most({ bytes, tagBytes }: XmlLimits): number {
    return bytes + tagBytes;
  }

  /** The limits of the session that a request is for, as far as its beginning tells. */
  #limitsOf(begin: Buffer): XmlLimits {
    const { limits } = this.#limits;
    try {
      const { sid } = readBody(new XmlDocument(begin, limits, ADOPTION).header);
      return this.#connections.get(sid)?.limits ?? limits;
    } catch (error) {
      if (error instanceof XmlError || error instanceof BoshError) return limits;
      throw error;
    }
  }

  #take(exchange: HttpExchange, content: Buffer): void {
    const { response } = exchange;
    try {
      const document = new XmlDocument(content, this.#limits.limits, ADOPTION);
      const header = readBody(document.header);
      const connection = header.sid === '' ? null : this.#find(header.sid);
      const terms = connection?.terms ?? agreeOn(header);
      const request = new BoshRequest(header, document, new Reply(response, terms.contentType));
      if (connection) this.#pass(connection, exchange, request);
      else this.#create(exchange, request);
    } catch (error) {
      refuse(new Reply(response, DEFAULT_CONTENT_TYPE), conditionOf(error));
    }
  }

  #find(sid: string): BoshConnection {
    const found = this.#connections.get(sid);
    if (!found) throw new BoshError('item-not-found', 'no such session');
    return found;
  }

  /** What began encrypted goes on so; else anybody could end it (XEP-0124 §19.1). */
  #pass(connection: BoshConnection, exchange: HttpExchange, request: BoshRequest): void {
    const { peer } = connection;
    const isAsSecure = exchange.isSecure || (!peer.isSecure && exchange.isLocal >= peer.isLocal);
    if (isAsSecure) connection.take(request);
    else request.reply.refuse();
  }

  #create({ remoteAddress, isSecure, isLocal }: HttpExchange, request: BoshRequest): void {
    if (this.#isStopping) throw new BoshError('system-shutdown', 'the server stops');
    if (request.header.to === '') throw new BoshError('improper-addressing', "'to' is missing");
    if (!this.#counts.hasRoom(remoteAddress, this.#limits)) {
      this.refused['too-many'] += 1;
      throw new BoshError('policy-violation', 'too many sessions');
    }
    const peer = { remoteAddress, isSecure, isLocal };
    const facts = { sid: randomText(16), peer, terms: agreeOn(request.header) };
    const { onConnection } = this.#options;
    const { limits } = this.#limits;
    const connection = new BoshConnection(request.header, { ...facts, limits }, onConnection, this);
    this.#connections.set(facts.sid, connection);
    this.#strangers.add(connection);
    this.#counts.add(remoteAddress, true);
    connection.begin(request);
  }
}

function conditionOf(error: unknown): BoshCondition {
  if (error instanceof BoshError) return error.condition;
  if (error instanceof XmlError) return 'bad-request';
  throw error;
}

function refuse(reply: Reply, condition: BoshCondition): void {
  reply.answer(writeBody(terminal(condition), null));
}
