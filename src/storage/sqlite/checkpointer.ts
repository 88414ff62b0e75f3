import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../lib/worker.ts';

/** Changes between two copies: some 10 MB of the write-ahead log. */
const CHANGES = 1_500;

/**
 * Copies the write-ahead log back into the database beside the writer, in a thread that is
 * started when there is enough to copy. The writer does it too when the log is full, since
 * the log begins anew only where all of it is copied; but then there is little left to do,
 * where with all of it everybody would wait, for 200 ms and more.
 */
export class Checkpointer {
  readonly #path: string;
  #worker: Worker | null = null;
  #ended: Promise<unknown> | null = null;
  #changes = 0;
  #isCopying = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** So many changes more are on disk. */
  count(changes: number): void {
    this.#changes += changes;
    if (this.#changes < CHANGES || this.#isCopying) return;
    this.#changes = 0;
    this.#isCopying = true;
    this.#worker ??= this.#start();
    this.#order(this.#worker, 'copy');
  }

  #start(): Worker {
    const workerData = { path: this.#path };
    const worker = startWorker('./checkpoint-thread', import.meta.url, { workerData });
    this.#ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('message', () => {
      this.#isCopying = false;
    });
    // The log is left to the writer from then on, which hears of the disk's troubles itself.
    worker.on('error', () => {});
    return worker;
  }

  #order(worker: Worker, order: 'copy' | 'end'): void {
    worker.postMessage(order);
  }

  /** Lets go of the file, once what is under way is done. */
  async stop(): Promise<void> {
    if (!this.#worker) return;
    this.#order(this.#worker, 'end');
    await this.#ended;
  }
}
