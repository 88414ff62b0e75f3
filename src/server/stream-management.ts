import type { Clock } from '../lib/clock.ts';
import { type Maybe, then } from '../lib/maybe.ts';
import { type Element, xml } from '../xml/element.ts';
import { StreamError } from '../xmpp/errors.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { HandledStanzas } from './handled-stanzas.ts';
import { SentStanzas, type Verdict, wrapped } from './sent-stanzas.ts';

export const NS_SM = 'urn:xmpp:sm:3';

/** Stanzas after which the client is asked for an acknowledgement. */
const ASK_AFTER = 20;
/** Milliseconds after which it is asked for one of fewer stanzas. */
const ASK_AT_LAST = 1000;

/** What operators allow. */
export interface ManagementLimits {
  /** Stanzas that are not acknowledged, and bytes of them. */
  readonly maxStanzas: number;
  readonly maxBytes: number;
  /** Milliseconds that the client has to answer. */
  readonly patience: number;
}

/** What was agreed on with one client. */
export interface ManagementTerms extends ManagementLimits {
  /** By which the client finds its session again; '' where it shall not. */
  readonly id: string;
  /** Milliseconds for which a session that is detached waits; 0 where it does not. */
  readonly hold: number;
}

/** How far a session had come that goes on from before. */
export interface ManagementCounts {
  readonly handled: number;
  readonly acknowledged: number;
}

/** The session as its management needs it. */
export interface ManagedClient {
  /** Writes to the client what is no stanza. */
  answer(nonza: Element): void;
  /** Bytes that the connection has not got rid of. */
  queuedBytes(): number;
  /** The client does not answer. */
  silent(): void;
  /** More is unacknowledged than may be. */
  overflowed(): void;
}

/**
 * Stream management of one session (XEP-0198): counts what goes either way, keeps what
 * the client has not acknowledged, and asks it for that.
 */
export class StreamManagement {
  readonly terms: ManagementTerms;
  readonly handled: HandledStanzas;
  readonly sent: SentStanzas;
  readonly #client: ManagedClient;
  readonly #clock: Clock;
  /** Stanzas sent since the client was asked last. */
  #unasked = 0;
  /** Whether the client has been asked and has not answered. */
  #isAsking = false;
  #cancelTimer: (() => void) | null = null;
  /** How many were to be handled for the last `<r/>` to be answered in full; 0 for none. */
  #owed = 0;
  /** Puts a number of handled stanzas on disk; null where nobody can come back for it. */
  readonly #note: ((handled: number) => Promise<void>) | null;
  /** The largest number that is on disk, and on its way there. */
  #onDisk: number;
  #noted: number;
  #noting: Promise<void> | null = null;
  #hasOverflowed = false;
  #isAttached = true;

  constructor(
    terms: ManagementTerms,
    deps: {
      client: ManagedClient;
      clock: Clock;
      note: ((handled: number) => Promise<void>) | null;
    },
    counts: ManagementCounts = { handled: 0, acknowledged: 0 },
  ) {
    this.terms = terms;
    this.#client = deps.client;
    this.#clock = deps.clock;
    this.#note = deps.note;
    this.#onDisk = counts.handled;
    this.#noted = 0;
    this.handled = new HandledStanzas(counts.handled);
    this.sent = new SentStanzas(counts.acknowledged);
    // The notes of the process before may say less than it told the client as it stopped.
    this.#write(counts.handled);
  }

  /** The number of stanzas of the client's that are handled, and known to be on disk, as it stands in `h`. */
  get h(): number {
    return wrapped(this.#count);
  }

  get #count(): number {
    return this.#note ? Math.min(this.handled.count, this.#onDisk) : this.handled.count;
  }

  /** A stanza has come from the client. */
  take(stanza: Stanza): void {
    this.handled.take(stanza);
    this.sent.answered(stanza);
  }

  /** Its outcome is known; the client hears of it where it has asked in vain (§4). */
  conclude(stanza: Stanza): void {
    this.handled.conclude(stanza);
    if (this.#owed > 0 && this.handled.count >= this.#owed) this.#write(this.handled.count);
    this.#pay();
  }

  /** What it has led to is being stored, in the same commit as this. */
  stored(stanza: Stanza): void {
    this.#write(this.handled.upTo(stanza));
  }

  /** Settles when all that has come is handled, and that is on disk. */
  settled(): Maybe<void> {
    return then(this.handled.whenAll(), () => this.recorded());
  }

  /** Settles when what is handled is on disk. */
  recorded(): Maybe<void> {
    this.#write(this.handled.count);
    return this.#noting ?? undefined;
  }

  /** Answers `<r/>` with what is handled, at once; what is on its way to the disk follows (§4). */
  tell(): void {
    this.#write(this.handled.count);
    this.#answer();
  }

  #write(count: number): void {
    if (!this.#note || count <= this.#noted) return;
    this.#noted = count;
    const noting = this.#note(count).then(
      () => {
        this.#onDisk = Math.max(this.#onDisk, count);
        if (this.#noting === noting) this.#noting = null;
        this.#pay();
      },
      // The store takes no more: the session ends with that.
      () => {},
    );
    this.#noting = noting;
  }

  #pay(): void {
    if (this.#owed > 0 && this.#count >= this.#owed) this.#answer();
  }

  #answer(): void {
    const { taken } = this.handled;
    this.#owed = this.#count < taken ? taken : 0;
    this.#client.answer(xml('a', { xmlns: NS_SM, h: String(this.h) }));
  }

  /** A stanza is about to be written to the client, which came `at` that time; now unless given. */
  push(stanza: Stanza, at = this.#clock.now()): void {
    this.sent.push(stanza.keep(), at);
  }

  /** One has been written. */
  pushed(): void {
    const { maxStanzas, maxBytes } = this.terms;
    const { unacknowledged, bytes } = this.sent;
    if (unacknowledged.length > maxStanzas || bytes > maxBytes) this.#overflow();
    this.#unasked++;
    if (this.#isAsking || !this.#isAttached) return;
    if (this.#unasked >= ASK_AFTER) this.ask();
    else this.#cancelTimer ??= this.#clock.after(ASK_AT_LAST, () => this.ask());
  }

  /** Asks the client what it has got, unless it owes an answer already, or is not there. */
  ask(): void {
    if (this.#isAsking || !this.#isAttached) return;
    this.#isAsking = true;
    this.#unasked = 0;
    this.#client.answer(xml('r', { xmlns: NS_SM }));
    this.#awaitAnswer();
  }

  /** The client has told what it has got. Throws `StreamError` for more than it was sent (§6). */
  acknowledge(h: number): Verdict {
    const verdict = this.check(h);
    this.#stopAsking();
    if (verdict === 'new') this.sent.acknowledge(h);
    if (this.sent.unacknowledged.length > 0 && this.#unasked > 0) this.#askSoon();
    return verdict;
  }

  /** Throws `StreamError` for more stanzas than the client was sent (§6). */
  check(h: number): Verdict {
    const verdict = this.sent.judge(h);
    if (verdict !== 'too high') return verdict;
    const sendCount = String(wrapped(this.sent.count));
    const attrs = { xmlns: NS_SM, h: String(h), 'send-count': sendCount };
    const details = xml('handled-count-too-high', attrs);
    throw new StreamError('undefined-condition', 'you acknowledge more than was sent', details);
  }

  /** There is no connection to ask over any more. */
  detach(): void {
    this.#isAttached = false;
    this.#stopAsking();
    this.#owed = 0;
  }

  /** There is another one, which has been given what is not acknowledged. */
  attach(): void {
    this.#isAttached = true;
    this.#unasked = 0;
    if (this.sent.unacknowledged.length > 0) this.ask();
  }

  #overflow(): void {
    if (this.#hasOverflowed) return;
    this.#hasOverflowed = true;
    // Not at once, since somebody is about to deliver to others, too.
    queueMicrotask(() => this.#client.overflowed());
  }

  #askSoon(): void {
    if (this.#unasked >= ASK_AFTER) this.ask();
    else this.#cancelTimer = this.#clock.after(ASK_AT_LAST, () => this.ask());
  }

  /** What lies in the connection's queue, the client cannot have heard. */
  #awaitAnswer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(this.terms.patience, () => {
      if (this.#client.queuedBytes() > 0) this.#awaitAnswer();
      else this.#client.silent();
    });
  }

  #stopAsking(): void {
    this.#isAsking = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
