import type { SessionEntry } from '../cluster/ports.ts';
import type { Clock } from '../lib/clock.ts';
import { isLater, type Maybe, then } from '../lib/maybe.ts';
import type { SessionWire, StreamSession } from '../stream/ports.ts';
import { buildElement, Element, serialize } from '../xml/element.ts';
import type { Frame } from '../xml/frame.ts';
import type { StreamErrorCondition } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import {
  isStanzaName,
  MalformedStanzaError,
  makeError,
  makeStanza,
  readStanza,
  type Stanza,
} from '../xmpp/stanza.ts';
import type { Account } from './accounts.ts';
import { ClientQuestions } from './client-questions.ts';
import { failed, type Outcome, type Routed } from './flow.ts';
import type { Due, Gate } from './gate.ts';
import { HeldDeliveries } from './held-deliveries.ts';
import type { Host } from './host.ts';
import { Inbox } from './inbox.ts';
import { faultOfIq } from './iq-syntax.ts';
import { handOn } from './left-behind.ts';
import { LostWire } from './lost-wire.ts';
import type { Sent } from './sent-stanzas.ts';
import type { SessionDeps, SessionLife } from './session-life.ts';
import type { SessionState } from './session-state.ts';
import { type ManagedClient, type ManagementTerms, StreamManagement } from './stream-management.ts';
import type { AccountTrace } from './tracing.ts';
import { UnderwayStanzas } from './underway-stanzas.ts';

const NOTHING = Buffer.alloc(0);

/**
 * In the walk of a message: the sender's end and the recipient's. A session
 * stamps `from`, and is the only place that writes stanzas to a client.
 */
export class Session extends Inbox implements StreamSession, SessionEntry {
  readonly jid: Jid;
  readonly account: Account;
  readonly host: Host;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Those who look on at the account; null while nobody does. */
  trace: AccountTrace | null;
  #wire: SessionWire;
  readonly #clock: Clock;
  readonly #life: SessionLife;
  /** Null while the client has not asked for it. */
  #management: StreamManagement | null = null;
  /** What the client has not got without it; null where its transport does not tell. */
  readonly #underway: UnderwayStanzas | null;
  /** Calls off the end of a session that is detached; null while it is not. */
  #keepAlive: (() => void) | null = null;
  /** When it was detached last, in milliseconds since 1970. */
  detachedAt = 0;
  /** Whether the client says no more, and the session ends when all that it said is handled. */
  isLeaving = false;
  #priority: number | null = null;
  readonly #held = new HeldDeliveries();
  /** What the server has asked the client; null until it asks. */
  #asked: ClientQuestions | null = null;
  #isEnded = false;

  constructor(jid: Jid, deps: SessionDeps) {
    super();
    this.jid = jid;
    this.account = deps.account;
    this.host = deps.host;
    this.started = deps.started ?? deps.clock.now();
    this.trace = deps.host.tracing.of(deps.account.owner);
    this.#clock = deps.clock;
    this.#wire = deps.wire;
    this.#underway = deps.wire.receipts ? new UnderwayStanzas(deps.wire.receipts) : null;
    this.#life = deps.life;
  }

  get priority(): number | null {
    return this.#priority;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether its connection is lost, and its client may come back. */
  get isDetached(): boolean {
    return this.#keepAlive !== null;
  }

  get management(): StreamManagement | null {
    return this.#management;
  }

  /** How the client is connected, for operators. */
  get connection(): { address: string; transport: string; isSecure: boolean; lang: string } {
    const { remoteAddress, transport, isSecure, lang } = this.#wire;
    return { address: remoteAddress, transport, isSecure, lang };
  }

  /** Whether the client may send a password as it is. */
  get mayShowPassword(): boolean {
    return this.#wire.mayShowPassword;
  }

  /** What initial presence and its changes say (RFC 6121 §4.2, §4.4); null: unavailable. */
  setPriority(priority: number | null): void {
    this.#priority = priority;
    if (priority === null) this.#asked?.tell(this.#underway?.isEmpty ?? true);
  }

  receive(frame: Frame): void {
    const stanza = this.#read(frame);
    if (!stanza) return;
    this.#management?.take(stanza);
    // Answers to the server pass by: what waits in the inbox may wait for them.
    if (this.#asked?.take(stanza)) this.#management?.conclude(stanza);
    else this.take(stanza);
  }

  /** Writes a stanza to the client. False when the session is gone. */
  deliver(stanza: Stanza): boolean {
    if (this.#isEnded) return false;
    if (this.#held.isOpen) {
      this.#write(stanza);
    } else {
      stanza.content.root.keepers++;
      this.#writeAll(this.#held.pass({ stanza, at: this.#clock.now() }));
    }
    return true;
  }

  answeredFor(id: string): void {
    const result = makeStanza('iq', { type: 'result', id });
    this.#management?.take(result);
    this.deliver(result);
    this.#management?.conclude(result);
  }

  /** Writes to the client what is no stanza. */
  answer(nonza: Element): void {
    this.#wire.sendParts(serialize(nonza), NOTHING);
  }

  /** From here on stanzas are counted in both directions (XEP-0198 §3). */
  manage(terms: ManagementTerms, counts?: Pick<SessionState, 'handled' | 'acknowledged'>): void {
    const client: ManagedClient = {
      answer: (nonza) => this.answer(nonza),
      queuedBytes: () => this.#wire.queuedBytes,
      silent: () => this.detach('connection-timeout'),
      overflowed: () => this.close('policy-violation', 'too much is not acknowledged'),
    };
    const note = this.host.notes.of(this.account.owner, terms.id);
    const deps = { client, clock: this.#clock, note };
    this.#management = new StreamManagement(terms, deps, counts);
  }

  /** Leaves its stream, and waits for all that has come, of which the client is to be told. */
  prepareToResume(): Maybe<void> {
    if (this.isLeaving) return then(this.whenThrough(), () => this.ended(false));
    this.detach('conflict');
    return this.#management?.settled();
  }

  /** Goes on over another stream, with all that the client has not got up to `h` (§5). */
  resume(wire: SessionWire, h: number): void {
    this.detach('conflict');
    this.#management!.acknowledge(h);
    this.#keepAlive?.();
    this.#keepAlive = null;
    this.#wire = wire;
    for (const { stanza } of this.#management!.sent.unacknowledged) this.#send(stanza);
    this.#management!.attach();
    this.#life.resumed(this);
  }

  /** What deliveries pass from now on, null for nothing. The gate before it opens first. */
  setGate(gate: Gate | null): void {
    this.#writeAll(this.#held.setGate(gate));
  }

  /** Keeps back what is delivered until `release`, so that older stanzas can go first. */
  hold(): void {
    this.#held.hold();
  }

  release(first: readonly Stanza[]): void {
    if (this.isLeaving && this.#wire instanceof LostWire) return;
    const held = this.#held.release();
    for (const stanza of first) this.deliver(stanza);
    for (const due of held) this.#writeAll(this.#held.pass(due));
  }

  /** Ends the session from the server's side, with a stream error or without. */
  close(condition?: StreamErrorCondition, text?: string): void {
    this.ended(false);
    this.#wire.close(condition, text);
  }

  /** Asks a silent client for a sign of life (XEP-0199 §4.1). */
  probe(): void {
    if (this.#management) this.#management.ask();
    else void this.ask(new Element('ping', { xmlns: 'urn:xmpp:ping' }));
  }

  /** Asks the client, or tells it, in the server's name; null when it does not answer. */
  ask(payload: Element, type: 'get' | 'set' = 'get'): Promise<Stanza | null> {
    return this.#questions.ask(payload, type);
  }

  /**
   * Whether the client has got all that was delivered until now. It tells by answering, by going
   * away in presence, or by closing its stream, after which it still reads (RFC 6120 §4.4). False
   * when it is gone without. With stream management its acknowledgement alone tells.
   */
  hasReceived(): Promise<boolean> {
    if (this.#management) return this.#management.sent.whenReceived();
    return this.#isEnded ? Promise.resolve(false) : this.#questions.isReceived();
  }

  get #questions(): ClientQuestions {
    this.#asked ??= new ClientQuestions(this.#clock, this.host.jid, this.#request.bind(this));
    return this.#asked;
  }

  ended(clean: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const underway = this.#underway?.giveUp() ?? [];
    this.#asked?.tell(clean && underway.length === 0);
    this.#asked?.giveUp();
    this.#keepAlive?.();
    this.#management?.detach();
    const unacknowledged = [...underway, ...(this.#management?.sent.giveUp() ?? [])];
    const held = this.#held.giveUp();
    this.#life.ended(this, clean);
    handOn(this.host, unacknowledged, held, this.#clock.now());
  }

  finished(): void {
    const through = this.whenThrough();
    if (isLater(through)) this.#wire.pause();
    this.#leave(through);
  }

  lost(): void {
    if (this.#management?.terms.hold && !this.isLeaving) this.detach();
    else this.#fade();
  }

  /** What comes until the end is for others. */
  #fade(): void {
    this.#wire = new LostWire(this.#wire);
    this.readAnew();
    this.#management?.detach();
    this.hold();
    this.#leave(this.whenThrough());
  }

  #leave(through: Maybe<void>): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    void then(through, () => {
      this.ended(!(this.#wire instanceof LostWire));
      this.#wire.close();
    });
  }

  /** Goes on from a process before, detached: for `hold` ms it waits for its client. */
  revive(state: SessionState, sent: readonly Sent[], hold: number): void {
    this.restore(state.slots);
    this.#priority = state.priority;
    this.manage(state.terms, state);
    this.#management!.sent.restore(sent);
    this.#management!.detach();
    this.detachedAt = state.detachedAt;
    this.#keepAlive = this.#clock.after(hold, () => this.ended(false));
  }

  /** Goes on in another process, which has it in its store: nobody hears of an end. */
  suspend(): void {
    this.#isEnded = true;
    this.#asked?.giveUp();
    this.#keepAlive?.();
    this.#management!.sent.giveUp(true);
  }

  /** Waits for another stream, and not for ever; the one that it has ends with the error. */
  detach(condition?: StreamErrorCondition): void {
    const { hold } = this.#management!.terms;
    if (this.#isEnded || this.isDetached || this.isLeaving) return;
    const wire = this.#wire;
    this.#wire = new LostWire(wire);
    this.readAnew();
    this.#management!.detach();
    this.detachedAt = this.#clock.now();
    this.#keepAlive = this.#clock.after(hold, () => this.ended(false));
    if (condition) wire.leave(condition);
    this.#life.detached(this);
  }

  #request(payload: Element, id: string, type: 'get' | 'set'): boolean {
    const envelope = { type, id, from: this.host.jid, to: this.jid };
    return this.deliver(makeStanza('iq', envelope, [payload]));
  }

  #writeAll(stanzas: readonly Due[]): void {
    for (const { stanza, at } of stanzas) {
      stanza.content.root.keepers--;
      this.#write(stanza, at);
    }
  }

  /** Where everything passes that the client gets; `at` is when it came, if not just now. */
  #write(stanza: Stanza, at?: number): void {
    if (this.#management) this.#management.push(stanza, at);
    else if (!this.#underway) stanza.content.root.isSeen = true;
    this.#send(stanza);
    if (this.#management) this.#management.pushed();
    else this.#underway?.push(stanza, at ?? this.#clock.now());
  }

  #send(stanza: Stanza): void {
    this.trace?.tell({ what: 'sent', session: this.jid.toString() }, stanza);
    this.#wire.sendParts(stanza.head(this.#wire.contentXmlns), stanza.rest);
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
      this.#management?.take(error.stanza);
      this.conclude(error.stanza, failed(error));
      return null;
    }
  }

  #takeNonza(frame: Frame): void {
    const handler = this.host.parts.nonzas.find(frame.xmlns, frame.name);
    if (handler) handler.take(this, buildElement(frame));
    else this.close('unsupported-stanza-type');
  }

  /**
   * `from` is ours to say (RFC 6120 §8.1.2.1). Whatever resource the account names is replaced:
   * clients that go on with a session from before a reload name another than the session's.
   */
  #stamp(stanza: Stanza): Stanza | null {
    const { from, to } = stanza;
    if (from && !from.equals(this.jid) && !from.bare.equals(this.jid.bare)) {
      this.close('invalid-from');
      return null;
    }
    // §10.3: without an address it is for the account itself; presence is for all who subscribed.
    return stanza.stamped(this.jid, to ?? (stanza.kind === 'presence' ? null : this.jid.bare));
  }

  protected handle(stanza: Stanza): Maybe<Routed> {
    const malformed = stanza.kind === 'iq' ? faultOfIq(stanza) : null;
    return malformed ? failed(malformed) : this.host.outgoing(stanza, this);
  }

  protected stored(stanza: Stanza): void {
    this.#management?.stored(stanza);
  }

  protected fail(): void {
    this.close('internal-server-error');
  }

  protected setReading(isReading: boolean): void {
    if (isReading) this.#wire.resume();
    else this.#wire.pause();
  }

  protected conclude(stanza: Stanza, outcome: Outcome): void {
    this.host.traffic[stanza.kind][outcome.kind]++;
    this.trace?.tell({ what: 'outcome', session: this.jid.toString(), outcome }, stanza);
    const isRefused = outcome.kind === 'error';
    const answer = isRefused && makeError(stanza.with({ from: this.jid }), outcome.error);
    if (answer) this.deliver(answer);
    this.#management?.conclude(stanza);
  }

  /** A session is its own context on the sender's side. */
  get session(): Session {
    return this;
  }
}
