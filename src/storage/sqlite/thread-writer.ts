import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../lib/worker.ts';
import type { Ticket } from '../ports.ts';
import { type Batch, type Order, type Report, readFailure } from './batch.ts';
import { Checkpointer } from './checkpointer.ts';
import { failed, storageError } from './errors.ts';
import type { Writer } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { Change } from './tables.ts';

/** Changes after which a batch takes no further turn's, so that nobody waits for an endless one. */
const MAX_CHANGES = 10_000;

interface OpenBatch extends Batch {
  readonly changes: Change[];
}

/**
 * Hands changes to the writer thread, a batch at a time: what comes while it commits is the
 * next one. Handing over costs more than making a change, and a commit more than both. What
 * is changed in one turn of the event loop is never parted.
 */
export class ThreadWriter implements Writer {
  readonly #worker: Worker;
  readonly #ledger: Ledger;
  readonly #path: string;
  readonly #ended: Promise<unknown>;
  /** Oldest first; mostly one. */
  readonly #batches: OpenBatch[] = [];
  readonly #checkpointer: Checkpointer;
  #isInTurn = false;
  /** Changes of the batch that is on its way; 0 while there is none. */
  #committing = 0;
  #isClosing = false;

  private constructor(worker: Worker, ledger: Ledger, path: string) {
    this.#worker = worker;
    this.#ledger = ledger;
    this.#path = path;
    this.#checkpointer = new Checkpointer(path);
    this.#ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('message', (report: Report) => this.#hear(report));
    worker.on('error', (error) => ledger.fail(storageError(error, path)));
    worker.on('exit', () => this.#miss());
  }

  /** Starts the thread and waits until it has opened the database (50-80 ms). */
  static async start(path: string, ledger: Ledger): Promise<ThreadWriter> {
    const worker = startWorker('./writer', import.meta.url, { workerData: { path } });
    const [report]: [Report] = (await once(worker, 'message')) as [Report];
    if (report.kind !== 'failed') return new ThreadWriter(worker, ledger, path);
    await worker.terminate();
    throw readFailure(report);
  }

  write(change: Change): Ticket {
    if (!this.#isInTurn) this.#startTurn();
    const batch = this.#batches.at(-1)!;
    batch.changes.push(change);
    return batch.ticket;
  }

  #startTurn(): void {
    this.#isInTurn = true;
    const last = this.#batches.at(-1);
    if (!last || last.changes.length >= MAX_CHANGES) {
      this.#batches.push({ ticket: this.#ledger.open(), changes: [] });
    }
    setImmediate(() => {
      this.#isInTurn = false;
      this.#handOver();
    });
  }

  /** Once the thread is free, and at the end of a turn. */
  #handOver(): void {
    if (this.#committing > 0 || this.#isInTurn) return;
    const batch = this.#batches.shift();
    if (!batch) return;
    this.#committing = batch.changes.length;
    this.#order(batch);
  }

  #order(order: Order): void {
    try {
      this.#worker.postMessage(order);
    } catch (error) {
      this.#ledger.fail(storageError(error, this.#path));
    }
  }

  #hear(report: Report): void {
    if (report.kind === 'committed') this.#goOn(report);
    if (report.kind === 'failed') this.#ledger.fail(readFailure(report));
  }

  /** What those who waited change in this turn goes along with what has waited. */
  #goOn({ ticket, refused }: Extract<Report, { kind: 'committed' }>): void {
    this.#ledger.settle(ticket, refused);
    this.#checkpointer.count(this.#committing);
    this.#committing = 0;
    setImmediate(() => this.#handOver());
  }

  #miss(): void {
    if (!this.#isClosing) this.#ledger.fail(failed(`${this.#path}: the writer thread ended.`));
  }

  async close(): Promise<void> {
    for (const batch of this.#batches.splice(0)) this.#order(batch);
    this.#isClosing = true;
    this.#order(null);
    await this.#ended;
    await this.#checkpointer.stop();
  }
}
