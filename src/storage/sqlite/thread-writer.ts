import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../lib/worker.ts';
import type { Ticket } from '../ports.ts';
import { type Order, type Report, readFailure } from './batch.ts';
import { failed, storageError } from './errors.ts';
import type { Writer } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { Change } from './tables.ts';

/**
 * Collects the changes of one turn of the event loop and hands them to the
 * writer thread as a batch. Handing over costs more than making the change.
 */
export class ThreadWriter implements Writer {
  readonly #worker: Worker;
  readonly #ledger: Ledger;
  readonly #path: string;
  readonly #ended: Promise<unknown>;
  #open: Change[] = [];
  #isClosing = false;

  private constructor(worker: Worker, ledger: Ledger, path: string) {
    this.#worker = worker;
    this.#ledger = ledger;
    this.#path = path;
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
    if (this.#open.length === 0) {
      this.#ledger.open();
      setImmediate(() => this.#handOver());
    }
    this.#open.push(change);
    return this.#ledger.latest;
  }

  #handOver(): void {
    if (this.#open.length === 0) return;
    const changes = this.#open;
    this.#open = [];
    this.#order({ ticket: this.#ledger.latest, changes });
  }

  #order(order: Order): void {
    try {
      this.#worker.postMessage(order);
    } catch (error) {
      this.#ledger.fail(storageError(error, this.#path));
    }
  }

  #hear(report: Report): void {
    if (report.kind === 'committed') this.#ledger.settle(report.ticket, report.refused);
    if (report.kind === 'failed') this.#ledger.fail(readFailure(report));
  }

  #miss(): void {
    if (!this.#isClosing) this.#ledger.fail(failed(`${this.#path}: the writer thread ended.`));
  }

  async close(): Promise<void> {
    this.#handOver();
    this.#isClosing = true;
    this.#order(null);
    await this.#ended;
  }
}
