import type { Stanza } from '../xmpp/stanza.ts';
import { isRequest, makeResult } from '../xmpp/stanza.ts';

/** Where the numbers of stanzas begin anew (XEP-0198 §4). */
const MODULUS = 2 ** 32;
/** What a stanza costs besides its bytes. */
const OVERHEAD = 200;

/** A stanza that the client has not acknowledged. */
export interface Sent {
  readonly stanza: Stanza;
  /** When it was taken for the client, in milliseconds since 1970. */
  readonly at: number;
  /** Of a request: whether its answer has come all the same. */
  isAnswered: boolean;
}

/** What an `h` says: something new; less than one before; or of stanzas that were never sent. */
export type Verdict = 'new' | 'old' | 'too high';

/** What a client has been sent, of which it has acknowledged a part (XEP-0198 §4). */
export class SentStanzas {
  #queue: Sent[] = [];
  #acknowledged: number;
  #bytes = 0;
  #requests = 0;
  #receipts: { readonly upTo: number; settle(isReceived: boolean): void }[] = [];

  /** `acknowledged` were sent and acknowledged before, on the way to where this goes on. */
  constructor(acknowledged = 0) {
    this.#acknowledged = acknowledged;
  }

  /** How many have been sent. */
  get count(): number {
    return this.#acknowledged + this.#queue.length;
  }

  /** In the order in which they were sent. */
  get unacknowledged(): readonly Sent[] {
    return this.#queue;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(stanza: Stanza, at: number): void {
    this.#queue.push({ stanza, at, isAnswered: false });
    stanza.content.root.keepers++;
    this.#bytes += sizeOf(stanza);
    if (stanza.kind === 'iq' && isRequest(stanza)) this.#requests++;
  }

  /** What an `h` from the client means; nothing is changed. */
  judge(h: number): Verdict {
    if (this.#distance(h) <= this.#queue.length) return 'new';
    const back = MODULUS - this.#distance(h);
    return back <= Math.min(this.#acknowledged, MODULUS / 2) ? 'old' : 'too high';
  }

  /** Takes away what `h`, which is new, acknowledges: the client has got it. */
  acknowledge(h: number): void {
    const gone = this.#queue.splice(0, this.#distance(h));
    this.#acknowledged += gone.length;
    for (const { stanza } of gone) {
      stanza.content.root.keepers--;
      stanza.content.root.isSeen = true;
      this.#forget(stanza);
    }
    const due = this.#receipts.filter(({ upTo }) => upTo <= this.#acknowledged);
    this.#receipts = this.#receipts.filter(({ upTo }) => upTo > this.#acknowledged);
    for (const { settle } of due) settle(true);
  }

  /** Whether the client has got all that was sent until now; false when it never will. */
  whenReceived(): Promise<boolean> {
    if (this.#queue.length === 0) return Promise.resolve(true);
    const upTo = this.count;
    return new Promise((settle) => this.#receipts.push({ upTo, settle }));
  }

  /** The client has answered a request before it has acknowledged it. */
  answered(answer: Stanza): void {
    if (this.#requests === 0 || answer.kind !== 'iq' || isRequest(answer)) return;
    const { id, to } = answer;
    const isMeant = ({ stanza }: Sent) =>
      stanza.kind === 'iq' && stanza.id === id && to !== null && stanza.from?.equals(to) === true;
    const found = this.#queue.find(isMeant);
    if (found) found.isAnswered = true;
  }

  /** What was sent in a process before. */
  restore(sent: readonly Sent[]): void {
    for (const { stanza, at, isAnswered } of sent) {
      this.push(stanza, at);
      if (isAnswered) this.answered(makeResult(stanza));
    }
  }

  /**
   * Nothing will be acknowledged any more here; returns what was not. `isReceived` where
   * it is not lost with this all the same.
   */
  giveUp(isReceived = false): readonly Sent[] {
    const left = this.#queue;
    this.#queue = [];
    for (const { settle } of this.#receipts) settle(isReceived);
    this.#receipts = [];
    for (const { stanza } of left) stanza.content.root.keepers--;
    return left;
  }

  #distance(h: number): number {
    return (((h - this.#acknowledged) % MODULUS) + MODULUS) % MODULUS;
  }

  #forget(stanza: Stanza): void {
    this.#bytes -= sizeOf(stanza);
    if (stanza.kind === 'iq' && isRequest(stanza)) this.#requests--;
  }
}

/** The number as it stands in `h`. */
export function wrapped(count: number): number {
  return count % MODULUS;
}

function sizeOf({ content }: Stanza): number {
  return content.raw.length + OVERHEAD;
}
