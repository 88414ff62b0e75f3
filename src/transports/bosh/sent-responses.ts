import type { BodyHeader } from './body.ts';
import type { Reply } from './reply.ts';
import type { BoshRequest } from './request.ts';

/** A response that the client may ask for again. */
export interface SentResponse {
  readonly rid: number;
  readonly key: string;
  readonly isPause: boolean;
  readonly body: Buffer;
  /** The newest reply that it went into. */
  reply: Reply;
  /** Milliseconds since 1970. */
  at: number;
  /** How many bytes of payload have gone into all before it, and with it. */
  readonly start: number;
  readonly end: number;
}

/**
 * The newest responses, for clients whose connections break (XEP-0124 §14.3), and how far
 * the client has got them, which its next requests tell (§9.2).
 */
export class SentResponses {
  /** How many bytes of payload have gone into responses. */
  end = 0;
  /** How many of them the client has got. */
  received = 0;
  readonly #most: number;
  readonly #usesAcks: boolean;
  /** Oldest first: never more than `most`, and the pauses among them. */
  #kept: SentResponse[] = [];

  /** `most` is what a client may have under way; `usesAcks`: it tells what it has got. */
  constructor(most: number, usesAcks: boolean) {
    this.#most = most;
    this.#usesAcks = usesAcks;
  }

  /** Whether the newest response had no payload. */
  gotNothing = false;

  find(rid: number): SentResponse | undefined {
    return this.#kept.find((each) => each.rid === rid);
  }

  /** Notes that a request has been answered so, with `length` bytes of payload. */
  note({ header, reply }: BoshRequest, body: Buffer, length: number, at: number): void {
    const { rid, key, pause } = header;
    const start = this.end;
    this.gotNothing = length === 0;
    this.end += length;
    const [isPause, end] = [pause !== null, this.end];
    this.#kept.push({ rid, key, isPause, body, reply, at, start, end });
    if (this.#kept.length > this.#most) this.#forgetOldest();
  }

  /** A new request tells what has arrived; returns the response that seems to be missing. */
  confirm({ ack, rid }: BodyHeader): SentResponse | undefined {
    if (this.#usesAcks) return this.#acknowledge(ack ?? rid - 1);
    for (const { end, reply } of this.#kept) {
      if (end > this.received && reply.isLost) break;
      this.received = Math.max(this.received, end);
    }
    return undefined;
  }

  /** The client has asked for it again: it cannot have got it, nor what came behind. */
  repeat(response: SentResponse, reply: Reply): void {
    this.received = Math.min(this.received, response.start);
    response.reply = reply;
    reply.answer(response.body);
  }

  #acknowledge(ack: number): SentResponse | undefined {
    const got = this.#kept.filter(({ rid }) => rid <= ack);
    this.#kept = this.#kept.filter(({ rid }) => rid > ack);
    this.received = Math.max(this.received, got.at(-1)?.end ?? 0);
    return this.#kept[0];
  }

  /** Pauses do not count (§14.3). */
  #forgetOldest(): void {
    let more = this.#kept.filter(({ isPause }) => !isPause).length - this.#most;
    while (more > 0) if (!this.#kept.shift()?.isPause) more--;
  }
}
