import type { Clock } from '../../lib/clock.ts';
import type { Deadlines, Expiring } from '../../lib/deadlines.ts';
import type { Connection, ConnectionListener, Receipts } from '../../stream/connection.ts';
import { writeStreamError } from '../../stream/stream-error.ts';
import type { ServerHeader } from '../../stream/stream-header.ts';
import { type Frame, XmlError, type XmlLimits } from '../../xml/frame.ts';
import type { StreamError } from '../../xmpp/errors.ts';
import { Activity } from './activity.ts';
import { type BodyHeader, RECOVERABLE_ERROR } from './body.ts';
import { type BoshCondition, BoshError } from './condition.ts';
import { flushSoon } from './flush.ts';
import { KeySequence } from './key-sequence.ts';
import type { Reply } from './reply.ts';
import type { BoshRequest } from './request.ts';
import { RequestWindow } from './request-window.ts';
import { Responder } from './responder.ts';
import { conditionOf, streamHeader, writeCreation } from './stream.ts';
import { type BoshTerms, MAX_PAUSE } from './terms.ts';

/** Milliseconds that a session which has ended waits for a request that can be told so. */
const CLOSE_TIMEOUT = 5000;
/** Milliseconds after which a response that is not acknowledged seems to be missing. */
const REPORT_AFTER = 1000;

/** What the connections of one connection manager share. */
export interface BoshTransport {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Bytes that may wait for one client, or be on their way to it. */
  readonly queueLimit: number;
  /** Its client has signed in. */
  signedIn(connection: BoshConnection): void;
  forget(connection: BoshConnection, error?: Error): void;
}

/** Where a session comes from. */
export interface BoshPeer {
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  /** Whether it is as good as secure, since nothing leaves this machine. */
  readonly isLocal: boolean;
}

/**
 * A stream over requests and responses (XEP-0124, XEP-0206): what the standard calls a
 * session. Requests are read in the order of their `rid`, and answered in it.
 */
export class BoshConnection implements Connection, Receipts, Expiring {
  readonly transport = 'bosh';
  readonly contentXmlns = 'jabber:client';
  readonly takesStartTls = false;
  readonly tls = null;
  readonly channelBindings = null;
  readonly receipts: Receipts = this;
  readonly sid: string;
  readonly peer: BoshPeer;
  readonly terms: BoshTerms;
  deadline = 0;
  isClosed = false;
  readonly #shared: BoshTransport;
  readonly #listener: ConnectionListener;
  #limits: XmlLimits;
  readonly #creation: BodyHeader;
  readonly #window: RequestWindow;
  readonly #activity: Activity;
  readonly #keys: KeySequence;
  readonly #responder: Responder;
  /** Whether the stream is to be opened anew before anything else (XEP-0206 §5). */
  #awaitsRestart = false;
  #isPaused = false;
  #isReading = false;
  #isDirty = false;
  /** How the last response says that all is over; null while nothing is. */
  #end: { readonly condition: BoshCondition | null } | null = null;
  /** Seconds without a request that is held. */
  #inactivity: number;
  #lost = 0;

  constructor(
    creation: BodyHeader,
    facts: { sid: string; peer: BoshPeer; terms: BoshTerms; limits: XmlLimits },
    makeListener: (connection: Connection) => ConnectionListener,
    shared: BoshTransport,
  ) {
    const { terms } = facts;
    this.sid = facts.sid;
    this.peer = facts.peer;
    this.terms = terms;
    this.#limits = facts.limits;
    this.#shared = shared;
    this.#creation = creation;
    this.#window = new RequestWindow(creation.rid, terms.requests);
    this.#activity = new Activity(terms);
    this.#keys = new KeySequence(creation.newKey);
    this.#responder = new Responder(this.#window, terms, shared.clock);
    this.#inactivity = terms.inactivity;
    this.#listener = makeListener(this);
  }

  get remoteAddress(): string {
    return this.peer.remoteAddress;
  }

  /** Browsers trust what does not leave the machine as well. */
  get isSecure(): boolean {
    return this.peer.isSecure || this.peer.isLocal;
  }

  get isLoopback(): boolean {
    return this.peer.isLocal;
  }

  get limits(): XmlLimits {
    return this.#limits;
  }

  get given(): number {
    return this.#responder.payloads.given;
  }

  get received(): number {
    return this.#responder.sent.received;
  }

  get queuedBytes(): number {
    return this.isClosed ? 0 : this.given - this.received;
  }

  get lostBytes(): number {
    return this.isClosed ? this.given - this.received + this.#lost : 0;
  }

  certifiedAddresses(): readonly string[] {
    return [];
  }

  /** The first request is there, and opens the stream. */
  begin(request: BoshRequest): void {
    this.#window.push(request);
    request.isRead = true;
    request.reply.onLost(this.#replyLost);
    this.#openStream(request);
    this.#flushSoon();
  }

  /** Takes a request that names this session. */
  take(request: BoshRequest): void {
    this.#guard(request, () => {
      if (this.isClosed) throw new BoshError('item-not-found', 'the session is over');
      if (this.#window.hasSeen(request)) this.#takeAgain(request);
      else this.#window.admit(request);
    });
    for (let next = this.#window.next(); next; next = this.#window.next()) this.#accept(next);
    this.#read();
    this.#flushSoon();
  }

  open({ from }: ServerHeader): void {
    if (!this.#responder.isNew) return;
    const { rid } = this.#creation;
    this.#responder.announce(writeCreation({ rid, sid: this.sid, from }, this.terms));
  }

  /** Stanzas that a session has not got rid of, it hands on by itself. */
  conclude(error: StreamError | null): void {
    if (this.#end || this.isClosed) return;
    this.#responder.payloads.dropStanzas();
    const condition = error && conditionOf(error, this.#responder.isNew);
    if (error && condition === 'remote-stream-error') {
      this.#responder.payloads.add(writeStreamError(error, this.contentXmlns));
    }
    this.#end = { condition };
    this.#flushSoon();
  }

  send(xml: string): void {
    if (!this.#mayQueue()) this.#lost += Buffer.byteLength(xml);
    else this.#responder.payloads.add(xml);
  }

  sendParts(head: string, rest: Buffer): void {
    if (!this.#mayQueue()) this.#lost += Buffer.byteLength(head) + rest.length;
    else this.#responder.payloads.addParts(head, rest);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused || this.isClosed) return;
    this.#isPaused = false;
    this.#read();
    this.#flushSoon();
  }

  restart(): void {
    this.#awaitsRestart = true;
  }

  setLimits(limits: XmlLimits, isSignedIn = false): void {
    this.#limits = limits;
    if (isSignedIn) this.#shared.signedIn(this);
  }

  /** Never offered: HTTP has TLS of its own (XEP-0206 §2). */
  startTls(): void {
    this.destroy();
  }

  end(): void {
    this.conclude(null);
  }

  destroy(): void {
    if (!this.isClosed) this.#fail('remote-connection-failed', null);
  }

  /** Tells the stream that the server is about to stop. */
  announceShutdown(): void {
    this.#listener.onShutdown();
  }

  /** What was to leave at the end of this turn. */
  flush(): void {
    this.#isDirty = false;
    if (this.isClosed) return;
    if (this.queuedBytes > this.#shared.queueLimit) this.#listener.onOverflow();
    else if (!this.#end) this.#responder.answerDue();
    else if (this.#window.size > 0) this.#finishEnd(this.#end.condition);
    if (!this.isClosed) this.#await();
  }

  /** The oldest request has waited long enough, or no request has come for too long. */
  onDeadline(): void {
    const { oldest } = this.#window;
    if (this.#end) this.#finishEnd(this.#end.condition);
    else if (this.#window.held === 0) this.#fail('item-not-found', null);
    else if (oldest?.isRead) this.#responder.answerOldest();
    if (!this.isClosed) this.#await();
  }

  #mayQueue(): boolean {
    if (this.isClosed || this.#end) return false;
    this.#flushSoon();
    // What is above is taken no more; the flush finds out.
    return this.queuedBytes <= this.#shared.queueLimit;
  }

  #flushSoon(): void {
    if (this.#isDirty || this.isClosed) return;
    this.#isDirty = true;
    flushSoon(this);
  }

  #takeAgain(request: BoshRequest): void {
    const { rid, key } = request.header;
    if (this.#activity.isRepeatedTooMuch()) {
      throw new BoshError('policy-violation', 'a request is repeated too often');
    }
    const waiting = this.#window.find(rid);
    const sent = this.#responder.sent.find(rid);
    const found = waiting?.header ?? sent;
    if (!found || found.key !== key) throw new BoshError('item-not-found', 'unknown rid');
    this.#listener.onActivity();
    if (waiting) this.#replaceReply(waiting, request.reply);
    else this.#responder.sent.repeat(sent!, request.reply);
  }

  #replaceReply(waiting: BoshRequest, reply: Reply): void {
    waiting.reply.answer(RECOVERABLE_ERROR);
    waiting.reply = reply;
    reply.onLost(this.#replyLost);
  }

  /** A request's turn has come. */
  #accept(request: BoshRequest): void {
    this.#guard(request, () => {
      this.#check(request);
      this.#confirm(request);
      this.#inactivity = request.header.pause ?? this.terms.inactivity;
      request.since = this.#shared.deadlines.elapsed;
      request.reply.onLost(this.#replyLost);
      this.#window.push(request);
      this.#listener.onActivity();
    });
  }

  #check(request: BoshRequest): void {
    const { header } = request;
    const now = this.#shared.clock.now();
    if (!this.#keys.takes(header)) throw new BoshError('item-not-found', 'a key is wrong');
    const { size: under, held } = this.#window;
    const { gotNothing } = this.#responder.sent;
    if (this.#activity.isTooMuch(request, { under, held, gotNothing, now })) {
      throw new BoshError('policy-violation', 'too many requests');
    }
    if (header.pause !== null && header.pause > MAX_PAUSE) {
      throw new BoshError('policy-violation', 'the pause is too long');
    }
  }

  #confirm(request: BoshRequest): void {
    const missing = this.#responder.sent.confirm(request.header);
    const age = missing ? this.#shared.clock.now() - missing.at : 0;
    if (missing && age >= REPORT_AFTER) request.missing = { rid: missing.rid, age };
  }

  /** Hands on what has come, in its order, until somebody says stop. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      for (;;) {
        const request = this.#window.unread;
        if (!request || this.#isPaused || this.#end || this.isClosed) break;
        this.#guard(request, () => this.#readFrom(request));
      }
    } finally {
      this.#isReading = false;
    }
  }

  #readFrom(request: BoshRequest): void {
    const { header } = request;
    if (header.isRestart) this.#restartBy(request);
    const frame = header.isRestart ? null : request.document.next(this.#limits);
    if (frame) this.#hand(frame);
    else this.#finish(request);
  }

  #hand(frame: Frame): void {
    if (this.#awaitsRestart) throw new BoshError('bad-request', 'the stream is to be restarted');
    this.#listener.onFrame(frame);
  }

  #finish(request: BoshRequest): void {
    request.isRead = true;
    if (request.header.isTerminating) this.#listener.onFooter();
  }

  /** Payloads in it are ignored (XEP-0206 §5). */
  #restartBy(request: BoshRequest): void {
    if (!this.#awaitsRestart) throw new BoshError('bad-request', 'nothing is to be restarted');
    this.#awaitsRestart = false;
    this.#openStream(request);
  }

  #openStream({ header }: BoshRequest): void {
    this.#listener.onHeader(streamHeader(header, this.#creation));
  }

  #finishEnd(condition: BoshCondition | null): void {
    this.#responder.tellEnd(condition);
    this.#close();
  }

  /** Ends the session at once; `request` is at fault, if any. */
  #fail(condition: BoshCondition, request: BoshRequest | null): void {
    this.#responder.tellFault(condition, request);
    this.#close(new Error(condition));
  }

  #close(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#shared.deadlines.clear(this);
    this.#responder.payloads.clear();
    this.#shared.forget(this, error);
    this.#listener.onClose(error);
  }

  /** Sets the deadline for what comes next. */
  #await(): void {
    const { deadlines } = this.#shared;
    const { oldest } = this.#window;
    if (this.#end) deadlines.set(this, CLOSE_TIMEOUT);
    else if (this.#window.held === 0 || !oldest) deadlines.set(this, this.#inactivity * 1000);
    else deadlines.set(this, oldest.since + this.terms.wait * 1000 - deadlines.elapsed);
  }

  readonly #replyLost = (): void => {
    if (!this.isClosed && !this.#end) this.#await();
  };

  /** What is wrong with a request ends the session, or the stream where its limits are passed. */
  #guard(request: BoshRequest, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (error instanceof BoshError) this.#fail(error.condition, request);
      else if (!(error instanceof XmlError)) throw error;
      else if (error.condition === 'policy-violation') this.#listener.onError(error);
      else this.#fail('bad-request', request);
    }
  }
}
