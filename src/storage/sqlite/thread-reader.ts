import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../lib/worker.ts';
import { StorageError } from '../ports.ts';
import { type Report, readFailure } from './batch.ts';
import { failed, storageError } from './errors.ts';
import type { Question, Reader } from './readings.ts';

/** How many questions may wait for their answers: some seconds of the thread's work. */
const MAX_WAITING = 1_000;

export interface Asked {
  readonly number: number;
  readonly question: Question;
}

/** What the main thread tells the reader; null: answer what you have, and end. */
export type ReaderOrder = readonly Asked[] | null;

export interface Answer {
  readonly number: number;
  readonly result: unknown;
  readonly failure: Extract<Report, { kind: 'failed' }> | null;
}

/** Hands questions to a thread of its own, which is started for the first of them. */
export class ThreadReader implements Reader {
  readonly #path: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #worker: Worker | null = null;
  #asked: Asked[] = [];
  #number = 0;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  readonly ask: Reader['ask'] = (...question) => this.#ask(question as Question) as never;

  #ask(question: Question): Promise<unknown> {
    if (this.#isClosed) throw failed('The store is closed.');
    if (this.#waiting.size >= MAX_WAITING) throw tooMany();
    const waiting = Promise.withResolvers<unknown>();
    const number = ++this.#number;
    this.#waiting.set(number, waiting);
    if (this.#asked.length === 0) setImmediate(() => this.#handOver());
    this.#asked.push({ number, question });
    return waiting.promise;
  }

  #handOver(): void {
    if (this.#asked.length === 0) return;
    this.#worker ??= this.#start();
    this.#order(this.#worker, this.#asked.splice(0));
  }

  #order(worker: Worker, order: ReaderOrder): void {
    worker.postMessage(order);
  }

  #start(): Worker {
    const worker = startWorker('./reader', import.meta.url, { workerData: { path: this.#path } });
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', (error) => this.#lose(storageError(error, this.#path)));
    worker.on('exit', () => this.#lose(failed(`${this.#path}: the reader thread ended.`)));
    return worker;
  }

  #hear({ number, result, failure }: Answer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (failure) waiting?.reject(readFailure(failure));
    else waiting?.resolve(result);
  }

  /** The next question starts another thread. */
  #lose(error: StorageError): void {
    this.#worker = null;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.#handOver();
    this.#isClosed = true;
    if (!this.#worker) return;
    const ended = new Promise((resolve) => this.#worker!.once('exit', resolve));
    this.#order(this.#worker, null);
    await ended;
  }
}

function tooMany(): StorageError {
  return new StorageError(
    'busy',
    `${MAX_WAITING} reads of archives wait already.`,
    'It passes by itself; if it does not, look for who asks so much.',
  );
}
