import { randomUUID } from 'node:crypto';
import type { SessionEntry } from '../cluster/ports.ts';
import type { Clock } from '../lib/clock.ts';
import { isLater, type Maybe } from '../lib/maybe.ts';
import { Slots } from '../lib/token.ts';
import type { SessionWire, StreamSession } from '../stream/ports.ts';
import { buildElement, Element } from '../xml/element.ts';
import type { Frame } from '../xml/frame.ts';
import { NS_DISCO_INFO } from '../xmpp/disco-info.ts';
import { StanzaError, type StreamErrorCondition } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import {
  isRequest,
  isStanzaName,
  MalformedStanzaError,
  makeError,
  makeStanza,
  readStanza,
  type Stanza,
} from '../xmpp/stanza.ts';
import type { Account } from './accounts.ts';
import { failed, type Outcome, type Routed } from './flow.ts';
import type { Gate } from './gate.ts';
import type { Host } from './host.ts';
import { PendingRequests } from './pending-requests.ts';
import type { AccountTrace } from './tracing.ts';

/** Stanzas that wait behind one in work before the client is read no further. */
const INBOX_LENGTH = 32;
/** Messages of one session that are on their way to the disk at a time. */
const MAX_PENDING = 256;

/**
 * In the walk of a message: the sender's end and the recipient's. A session
 * stamps `from`, keeps the order in which its client sent (RFC 6120 §10.1),
 * and is the only place that writes stanzas to a client.
 */
export class Session extends Slots implements StreamSession, SessionEntry {
  readonly jid: Jid;
  readonly account: Account;
  readonly host: Host;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Those who look on at the account; null while nobody does. */
  trace: AccountTrace | null;
  readonly #wire: SessionWire;
  readonly #clock: Clock;
  readonly #onEnd: (session: Session, clean: boolean) => void;
  #priority: number | null = null;
  /** Kept stanzas behind the one in work; null while none is. */
  #inbox: Stanza[] | null = null;
  /** The newest message that is on its way to the disk, and how many are; null while none is. */
  #last: Promise<void> | null = null;
  #pending = 0;
  /** Whether the client is read no further, since its inbox is full. */
  #isPaused = false;
  /** Deliveries that wait for `release`; null while nothing is held. */
  #held: Stanza[] | null = null;
  /** What may keep deliveries back before the wire; null while nothing does. */
  #gate: Gate | null = null;
  /** What the server has asked the client; null until it asks. */
  #asked: PendingRequests | null = null;
  /** Who wants to know whether the client has got what was delivered; null until somebody does. */
  #receipts: Set<(isReceived: boolean) => void> | null = null;
  #isEnded = false;

  constructor(
    jid: Jid,
    deps: {
      account: Account;
      host: Host;
      wire: SessionWire;
      clock: Clock;
      onEnd: (session: Session, clean: boolean) => void;
    },
  ) {
    super();
    this.jid = jid;
    this.account = deps.account;
    this.host = deps.host;
    this.started = deps.clock.now();
    this.trace = deps.host.tracing.of(deps.account.owner);
    this.#clock = deps.clock;
    this.#wire = deps.wire;
    this.#onEnd = deps.onEnd;
  }

  get priority(): number | null {
    return this.#priority;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** How the client is connected, for operators. */
  get connection(): { address: string; transport: string; isSecure: boolean } {
    const { remoteAddress, transport, isSecure } = this.#wire;
    return { address: remoteAddress, transport, isSecure };
  }

  /** Whether the client may send a password as it is. */
  get mayShowPassword(): boolean {
    return this.#wire.mayShowPassword;
  }

  /** What initial presence and its changes say (RFC 6121 §4.2, §4.4); null: unavailable. */
  setPriority(priority: number | null): void {
    this.#priority = priority;
    if (priority === null) this.#confirm(true);
  }

  receive(frame: Frame): void {
    const stanza = this.#read(frame);
    // Answers to the server pass by: what waits in the inbox may wait for them.
    if (!stanza || this.#asked?.take(stanza)) return;
    if (this.#inbox) this.#wait(this.#inbox, stanza);
    else this.#process(stanza);
  }

  /** Writes a stanza to the client. False when the session is gone. */
  deliver(stanza: Stanza): boolean {
    if (this.#isEnded) return false;
    if (this.#held) this.#held.push(stanza.keep());
    else if (this.#gate) this.#writeAll(this.#gate.pass(stanza));
    else this.#write(stanza);
    return true;
  }

  /** What deliveries pass from now on, null for nothing. The gate before it opens first. */
  setGate(gate: Gate | null): void {
    const kept = this.#gate?.release() ?? [];
    this.#gate = gate;
    this.#writeAll(kept);
  }

  /** Keeps back what is delivered until `release`, so that older stanzas can go first. */
  hold(): void {
    this.#held ??= [];
  }

  release(first: readonly Stanza[]): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const stanza of first) this.deliver(stanza);
    for (const stanza of held) this.deliver(stanza);
  }

  /** Ends the session from the server's side, with a stream error or without. */
  close(condition?: StreamErrorCondition, text?: string): void {
    this.ended(false);
    this.#wire.close(condition, text);
  }

  /** Asks a silent client for a sign of life (XEP-0199 §4.1). */
  probe(): void {
    this.#request(new Element('ping', { xmlns: 'urn:xmpp:ping' }), randomUUID());
  }

  /** Asks the client in the server's name; null when it does not answer. */
  ask(payload: Element): Promise<Stanza | null> {
    this.#asked ??= new PendingRequests(this.#clock);
    return this.#asked.ask(this.host.jid, (id) => this.#request(payload, id));
  }

  /**
   * Whether the client has got all that was delivered until now. It tells by answering
   * a question behind it, as every client has to (RFC 6120 §8.2.3), by going away in
   * presence, or by closing its stream, after which it still reads (§4.4). False when it
   * is gone without.
   */
  hasReceived(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#receipts ??= new Set();
    this.#receipts.add(resolve);
    this.#asked ??= new PendingRequests(this.#clock);
    // Any question would do; to a ping some answer by crashing (go-sendxmpp 0.5.6).
    const question = new Element('query', { xmlns: NS_DISCO_INFO });
    const send = (id: string) => this.#request(question, id);
    // A slow line needs its time: the stream's own deadlines are what ends a dead one.
    void this.#asked.ask(this.host.jid, send, null).then((answer) => {
      if (answer || this.#isEnded) resolve(answer !== null);
    });
    return promise.finally(() => this.#receipts?.delete(resolve));
  }

  ended(clean: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#confirm(clean);
    this.#asked?.giveUp();
    const waiting = [...(this.#gate?.surrender() ?? []), ...(this.#held ?? [])];
    this.#gate = null;
    this.#held = null;
    this.#onEnd(this, clean);
    // What nobody has seen, another device gets, or it waits for the next.
    for (const stanza of waiting) {
      if (stanza.kind === 'message' && !stanza.content.isSeen) this.host.redeliver(stanza);
    }
  }

  #confirm(isReceived: boolean): void {
    for (const resolve of this.#receipts ?? []) resolve(isReceived);
  }

  #request(payload: Element, id: string): boolean {
    const envelope = { type: 'get', id, from: this.host.jid, to: this.jid };
    return this.deliver(makeStanza('iq', envelope, [payload]));
  }

  #writeAll(stanzas: readonly Stanza[]): void {
    for (const stanza of stanzas) this.#write(stanza);
  }

  /** Where everything passes that the client gets. */
  #write(stanza: Stanza): void {
    stanza.content.isSeen = true;
    if (this.trace) this.trace.tell({ what: 'sent', session: this.jid.toString() }, stanza);
    this.#wire.sendParts(stanza.head(), stanza.rest);
  }

  /** Null when the frame was no stanza that can go on. */
  #read(frame: Frame): Stanza | null {
    if (this.#isEnded) return null;
    if (frame.xmlns !== NS.client || !isStanzaName(frame.name)) {
      this.#takeNonza(frame);
      return null;
    }
    try {
      return this.#stamp(readStanza(frame, NS.client, this.#wire.lang));
    } catch (error) {
      if (!(error instanceof MalformedStanzaError)) throw error;
      this.#conclude(error.stanza, failed(error));
      return null;
    }
  }

  #takeNonza(frame: Frame): void {
    const handler = this.host.parts.nonzas.find(frame.xmlns, frame.name);
    if (handler) handler.take(this, buildElement(frame));
    else this.close('unsupported-stanza-type');
  }

  /** `from` is ours to say (RFC 6120 §8.1.2.1). */
  #stamp(stanza: Stanza): Stanza | null {
    const { from, to } = stanza;
    if (from && !from.equals(this.jid) && !from.equals(this.jid.bare)) {
      this.close('invalid-from');
      return null;
    }
    // §10.3: without an address it is for the account itself; presence is for all who subscribed.
    return stanza.stamped(this.jid, to ?? (stanza.kind === 'presence' ? null : this.jid.bare));
  }

  #process(stanza: Stanza): void {
    const before = this.#last;
    const settled =
      before && !this.#mayFollow(stanza)
        ? before.then(() => this.#handle(stanza))
        : this.#handle(stanza);
    if (!isLater(settled)) return;
    stanza.keep();
    this.#inbox = [];
    settled.then(
      () => this.#next(),
      () => this.#next(),
    );
  }

  /** Messages are stored one behind the other while those before go to the disk. */
  #mayFollow({ kind }: Stanza): boolean {
    return kind === 'message' && this.#pending < MAX_PENDING;
  }

  #wait(inbox: Stanza[], stanza: Stanza): void {
    inbox.push(stanza.keep());
    if (inbox.length < INBOX_LENGTH || this.#isPaused) return;
    this.#isPaused = true;
    this.#wire.pause();
  }

  #next(): void {
    const waiting = this.#inbox ?? [];
    this.#inbox = null;
    for (const stanza of waiting) {
      if (this.#isEnded) return;
      if (this.#inbox) this.#wait(this.#inbox, stanza);
      else this.#process(stanza);
    }
    this.#readOn();
  }

  /** Last of all: what has been read already comes at once, and belongs behind what waits. */
  #readOn(): void {
    const waiting: Stanza[] = this.#inbox ?? [];
    if (!this.#isPaused || waiting.length >= INBOX_LENGTH) return;
    this.#isPaused = false;
    this.#wire.resume();
  }

  #handle(stanza: Stanza): Maybe<void> {
    const malformed = stanza.kind === 'iq' ? faultOfIq(stanza) : null;
    if (malformed) return this.#conclude(stanza, failed(malformed));
    const routed = this.host.outgoing(stanza.putBehind(this.#last), this);
    return isLater(routed)
      ? routed.then((routed) => this.#follow(stanza, routed))
      : this.#follow(stanza, routed);
  }

  #follow(stanza: Stanza, routed: Routed): void {
    if (routed.kind !== 'pending') {
      this.#conclude(stanza, routed);
      return;
    }
    stanza.keep();
    this.#pending++;
    const last = routed.outcome.then(
      (outcome) => this.#conclude(stanza, outcome),
      // The store takes no more: the client must not believe that this was taken.
      () => this.close('internal-server-error'),
    );
    const done: Promise<void> = last.then(() => this.#landed(done));
    this.#last = done;
  }

  #landed(done: Promise<void>): void {
    this.#pending--;
    if (this.#last === done) this.#last = null;
  }

  #conclude(stanza: Stanza, outcome: Outcome): void {
    this.host.traffic[stanza.kind][outcome.kind]++;
    if (this.trace) {
      this.trace.tell({ what: 'outcome', session: this.jid.toString(), outcome }, stanza);
    }
    if (outcome.kind === 'error') this.#answer(stanza, outcome.error);
  }

  #answer(stanza: Stanza, error: StanzaError): void {
    const answer = makeError(stanza.with({ from: this.jid }), error);
    if (answer) this.deliver(answer);
  }

  /** A session is its own context on the sender's side. */
  get session(): Session {
    return this;
  }
}

/** RFC 6120 §8.2.3: an id, a known type, and one child in a request. */
function faultOfIq(iq: Stanza): StanzaError | null {
  if (iq.id === '') return new StanzaError('bad-request', 'an iq needs an id');
  if (isRequest(iq)) {
    const one = iq.content.children.length === 1;
    return one ? null : new StanzaError('bad-request', 'an iq request has exactly one child');
  }
  if (iq.type === 'result' || iq.type === 'error') return null;
  return new StanzaError('bad-request', 'the type of an iq is get, set, result or error');
}
