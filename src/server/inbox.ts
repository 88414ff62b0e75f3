import { isLater, type Maybe } from '../lib/maybe.ts';
import { Slots } from '../lib/token.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { Outcome, Routed } from './flow.ts';

/** Stanzas that wait behind one in work before the client is read no further. */
const INBOX_LENGTH = 32;
/** Messages of one session that are on their way to the disk at a time. */
const MAX_PENDING = 256;

/**
 * In the walk of a message: the order in which a client sent (RFC 6120 §10.1). While one
 * stanza waits for something, those behind it wait, too.
 */
export abstract class Inbox extends Slots {
  /** Kept stanzas behind the one in work; null while none is. */
  #inbox: Stanza[] | null = null;
  /** Settles when the one in work is done. */
  #work: Promise<void> | null = null;
  /** The newest message that is on its way to the disk, and how many are; null while none is. */
  #last: Promise<void> | null = null;
  #pending = 0;
  /** Settles when of those that have arrived all is on disk; null while it is. */
  #lasting: Promise<void> | null = null;
  /** Whether the client is read no further, since its inbox is full. */
  #isPaused = false;

  abstract get isEnded(): boolean;

  /** What is to be done with a stanza when its turn has come. */
  protected abstract handle(stanza: Stanza): Maybe<Routed>;
  /** What became of it. */
  protected abstract conclude(stanza: Stanza, outcome: Outcome): void;
  /** What it has led to is on its way to the disk, with what all before it have. */
  protected abstract stored(stanza: Stanza): void;
  /** The store takes no more. */
  protected abstract fail(): void;
  protected abstract setReading(isReading: boolean): void;

  /** A stanza has come. */
  protected take(stanza: Stanza): void {
    if (this.#inbox) this.#wait(this.#inbox, stanza);
    else this.#process(stanza);
  }

  /** Settles when all that has come is handled, and on disk; undefined where it is. */
  whenThrough(): Maybe<void> {
    const under = this.#inbox ? this.#work : this.#whenStored();
    return under?.then(() => this.whenThrough());
  }

  /** What the client will be read from, is read for now. */
  protected readAnew(): void {
    this.#isPaused = false;
  }

  #process(stanza: Stanza): void {
    const before = this.#mayFollow(stanza) ? null : this.#whenStored();
    const settled = before ? before.then(() => this.#begin(stanza)) : this.#begin(stanza);
    if (!isLater(settled)) return;
    stanza.keep();
    this.#inbox = [];
    const next = () => this.#next();
    this.#work = settled.then(next, next);
  }

  /** Messages are stored one behind the other while those before go to the disk. */
  #mayFollow({ kind }: Stanza): boolean {
    return kind === 'message' && this.#pending < MAX_PENDING;
  }

  /** Settles when nothing is on its way to the disk; null for at once. */
  #whenStored(): Promise<void> | null {
    return this.#last ? this.#last.then(() => this.#lasting ?? undefined) : this.#lasting;
  }

  #wait(inbox: Stanza[], stanza: Stanza): void {
    inbox.push(stanza.keep());
    if (inbox.length < INBOX_LENGTH || this.#isPaused) return;
    this.#isPaused = true;
    this.setReading(false);
  }

  #next(): void {
    const waiting = this.#inbox ?? [];
    this.#inbox = null;
    for (const stanza of waiting) {
      if (this.isEnded) return;
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
    this.setReading(true);
  }

  #begin(stanza: Stanza): Maybe<void> {
    const routed = this.handle(stanza.putBehind(this.#last));
    return isLater(routed)
      ? routed.then((routed) => this.#follow(stanza, routed))
      : this.#follow(stanza, routed);
  }

  #follow(stanza: Stanza, routed: Routed): void {
    if (routed.kind !== 'pending') {
      this.#finish(stanza, routed);
      return;
    }
    stanza.keep();
    this.stored(stanza);
    this.#pending++;
    const last = routed.outcome.then(
      (outcome) => this.#finish(stanza, outcome),
      // The client must not believe that this was taken.
      () => this.fail(),
    );
    const done: Promise<void> = last.then(() => this.#landed(done));
    this.#last = done;
  }

  #landed(done: Promise<void>): void {
    this.#pending--;
    if (this.#last === done) this.#last = null;
  }

  #finish(stanza: Stanza, outcome: Outcome): void {
    const whenOnDisk = outcome.kind === 'done' ? outcome.whenOnDisk : undefined;
    if (isLater(whenOnDisk)) this.#finishLater(stanza, outcome, whenOnDisk);
    else this.conclude(stanza, outcome);
  }

  /** Messages that follow come behind its delivery, and need not wait for this. */
  #finishLater(stanza: Stanza, outcome: Outcome, whenOnDisk: Promise<void>): void {
    stanza.keep();
    this.#pending++;
    const before = this.#lasting;
    const last = whenOnDisk
      .then(() => before)
      .then(
        () => this.conclude(stanza, outcome),
        () => this.fail(),
      );
    const done: Promise<void> = last.then(() => {
      this.#pending--;
      if (this.#lasting === done) this.#lasting = null;
    });
    this.#lasting = done;
  }
}
