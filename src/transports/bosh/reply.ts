import type { ServerResponse } from 'node:http';

/** The way back to whoever has sent one HTTP request. */
export class Reply {
  /** Null once it is over: whoever keeps the reply need not keep that. */
  #response: ServerResponse | null;
  readonly #contentType: string;
  /** Its connection has broken before the answer was handed to the system. */
  #isLost = false;
  #onLost: (() => void) | null = null;

  /** `isLast` where the connection is to end with the answer. */
  constructor(response: ServerResponse, contentType: string, isLast = false) {
    this.#response = response;
    this.#contentType = contentType;
    if (isLast) response.setHeader('Connection', 'close');
    response.once('close', this.#closed);
  }

  /** Whether nobody will read an answer any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** To be called once, if ever. */
  onLost(task: () => void): void {
    this.#onLost = task;
  }

  answer(body: Buffer, status = 200): void {
    const headers = { 'Content-Type': this.#contentType, 'Content-Length': body.length };
    this.#response?.writeHead(status, headers).end(body);
  }

  /** Breaks the connection instead of answering. */
  refuse(): void {
    this.#response?.destroy();
  }

  readonly #closed = (): void => {
    this.#isLost = this.#response?.writableFinished === false;
    this.#response = null;
    if (this.#isLost) this.#onLost?.();
    this.#onLost = null;
  };
}
