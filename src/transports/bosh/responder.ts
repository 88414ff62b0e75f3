import type { Clock } from '../../lib/clock.ts';
import { DECLARES_STREAM, EMPTY_BODY, terminal, writeBody } from './body.ts';
import { type BoshCondition, statusOf } from './condition.ts';
import { Payloads } from './payloads.ts';
import type { BoshRequest } from './request.ts';
import type { RequestWindow } from './request-window.ts';
import { SentResponses } from './sent-responses.ts';
import type { BoshTerms } from './terms.ts';

/** Answers the requests of one session, in their order, with what there is to send. */
export class Responder {
  readonly payloads = new Payloads();
  readonly sent: SentResponses;
  /** Whether nothing has been answered yet. */
  isNew = true;
  readonly #window: RequestWindow;
  readonly #terms: BoshTerms;
  readonly #clock: Clock;
  /** Attributes of the next response. */
  #attributes = '';

  constructor(window: RequestWindow, terms: BoshTerms, clock: Clock) {
    this.#window = window;
    this.#terms = terms;
    this.#clock = clock;
    this.sent = new SentResponses(terms.requests, terms.usesAcks);
  }

  /** Gives the next response these attributes, which have leading space; it is due at once. */
  announce(attributes: string): void {
    this.#attributes = attributes;
  }

  /** Answers what may not be held, and what there are payloads for (XEP-0124 §8). */
  answerDue(): void {
    for (let oldest = this.#window.oldest; oldest?.isRead; oldest = this.#window.oldest) {
      if (!this.#isDue(oldest)) break;
      this.answerOldest();
    }
  }

  /** With what waits, unless it asks for a pause (§10) or nobody would read it. */
  answerOldest(): void {
    const request = this.#window.shift()!;
    const takesPayload = request.header.pause === null && !request.reply.isLost;
    const payload = takesPayload ? this.payloads.bytes : null;
    this.#respond(request, this.#attributesFor(request, payload !== null), payload, 200);
  }

  /** Tells the end on the oldest request, and nothing on the others (§13). */
  tellEnd(condition: BoshCondition | null): void {
    const [oldest, ...others] = this.#window.clear();
    if (!oldest) return;
    const declared = this.payloads.needsStream ? DECLARES_STREAM : '';
    const status = statusOf(condition, this.#isLegacy);
    this.#respond(oldest, terminal(condition) + declared, this.payloads.bytes, status);
    for (const { reply } of others) reply.answer(EMPTY_BODY);
  }

  /** Tells all that something went wrong, with `request` if there is one. */
  tellFault(condition: BoshCondition, request: BoshRequest | null): void {
    if (request) this.#fault(request, condition);
    const reason = request ? 'other-request' : condition;
    for (const each of this.#window.clear()) if (each !== request) this.#fault(each, reason);
  }

  get #isLegacy(): boolean {
    return this.#terms.ver === '';
  }

  #isDue(oldest: BoshRequest): boolean {
    const { size, mustAnswerAll, held } = this.#window;
    const { hold, wait } = this.#terms;
    if (mustAnswerAll || size > hold || wait === 0) return true;
    return (this.payloads.length > 0 && held > 0) || !!oldest.missing || this.#attributes !== '';
  }

  #respond(request: BoshRequest, attributes: string, payload: Buffer | null, status: number): void {
    const length = payload?.length ?? 0;
    const body = writeBody(attributes, payload);
    if (payload) this.payloads.clear();
    this.isNew = false;
    this.sent.note(request, body, length, this.#clock.now());
    request.reply.answer(body, status);
  }

  #attributesFor({ header, missing }: BoshRequest, hasPayload: boolean): string {
    const { last } = this.#window;
    let attributes = this.#attributes;
    this.#attributes = '';
    if (last !== header.rid) attributes += ` ack='${last}'`;
    if (missing) attributes += ` report='${missing.rid}' time='${missing.age}'`;
    if (hasPayload && this.payloads.needsStream) attributes += DECLARES_STREAM;
    return attributes;
  }

  #fault({ reply }: BoshRequest, condition: BoshCondition): void {
    reply.answer(writeBody(terminal(condition), null), statusOf(condition, this.#isLegacy));
  }
}
