import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import { hasContent } from './http-answer.ts';

/** Milliseconds for a request's head to arrive, behind another that was answered. */
const IDLE_TIMEOUT = 75_000;
/** Milliseconds for the first one. */
const FIRST_TIMEOUT = 20_000;
const CONTENT_TIMEOUT = 30_000;
/** Requests that one client may send without waiting for answers. */
const MAX_UNANSWERED = 16;

/** A connection of HTTP: how long it may take, and how much it may ask at once. */
export class HttpConnection implements Expiring {
  readonly address: string;
  readonly isSecure: boolean;
  deadline = 0;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  #unanswered = 0;
  #isLast = false;
  /** The one whose content is awaited. */
  #incomplete: ServerResponse | null = null;

  constructor(socket: Socket, facts: { address: string; isSecure: boolean }, deadlines: Deadlines) {
    this.#socket = socket;
    this.address = facts.address;
    this.isSecure = facts.isSecure;
    this.#deadlines = deadlines;
    deadlines.set(this, FIRST_TIMEOUT);
  }

  /** A request's head is there. False where there are too many, and the connection is gone. */
  begins(response: ServerResponse): boolean {
    this.#unanswered += 1;
    this.#deadlines.clear(this);
    response.once('close', () => this.#answered());
    if (this.#unanswered <= MAX_UNANSWERED) return true;
    this.destroy();
    return false;
  }

  /** The content of a request that has been begun has so many milliseconds to be there. */
  awaitContent(response: ServerResponse, timeout: number | null = CONTENT_TIMEOUT): void {
    if (timeout === null || !hasContent(response.req)) return;
    this.#incomplete = response;
    this.#deadlines.set(this, timeout);
    response.req.once('end', () => this.#completed(response));
  }

  /** Ends it once all that was asked is answered. */
  finish(): void {
    this.#isLast = true;
    if (this.#unanswered === 0) this.destroy();
  }

  /** The connection is HTTP's no more. */
  leave(): void {
    this.#deadlines.clear(this);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** RFC 9110 §15.5.9, where anybody may still hear it. */
  onDeadline(): void {
    const response = this.#incomplete;
    if (!response || response.headersSent) this.destroy();
    else {
      response.writeHead(408, { Connection: 'close' }).end();
      this.#socket.destroySoon();
    }
  }

  #completed(response: ServerResponse): void {
    if (this.#incomplete !== response) return;
    this.#incomplete = null;
    this.#deadlines.clear(this);
  }

  #answered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered > 0 || this.#socket.destroyed) return;
    this.#incomplete = null;
    if (this.#isLast) this.#socket.destroySoon();
    else this.#deadlines.set(this, IDLE_TIMEOUT);
  }
}
