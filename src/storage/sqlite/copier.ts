import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../../lib/worker.ts';
import { StorageError } from '../ports.ts';
import { type Report, readFailure } from './batch.ts';
import { type Connection, MEMORY } from './connection.ts';
import { copyDatabase, partOf } from './copy.ts';
import { failed } from './errors.ts';

type CopyReport = { readonly kind: 'copied'; readonly bytes: number } | Report;

/** Copies a database that is in use; one copy at a time. */
export interface Copier {
  /** Resolves with the bytes of the new file; rejects with `StorageError`. */
  copy(target: string): Promise<number>;
  /** Breaks off what is under way. */
  stop(): Promise<void>;
}

/** On the one connection that there is: nobody else writes meanwhile. */
export class InlineCopier implements Copier {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  async copy(target: string): Promise<number> {
    if (this.#db.name === MEMORY) throw failed('A store in memory has no backup.');
    return await copyDatabase(this.#db, target);
  }

  async stop(): Promise<void> {}
}

/** In a thread of its own, with a connection of its own. */
export class ThreadCopier implements Copier {
  readonly #path: string;
  #worker: Worker | null = null;
  #target = '';

  constructor(path: string) {
    this.#path = path;
  }

  async copy(target: string): Promise<number> {
    if (this.#worker) {
      throw new StorageError('exists', 'A backup is under way already.', 'Wait for its end.');
    }
    const workerData = { path: this.#path, target };
    this.#worker = startWorker('./copy-thread', import.meta.url, { workerData });
    this.#target = target;
    try {
      return await bytesOf(this.#worker);
    } finally {
      this.#worker = null;
    }
  }

  async stop(): Promise<void> {
    if (!this.#worker) return;
    await this.#worker.terminate();
    rmSync(partOf(this.#target), { force: true });
  }
}

async function bytesOf(worker: Worker): Promise<number> {
  const ended = once(worker, 'exit').then(() => null);
  const report = await Promise.race([once(worker, 'message'), ended]);
  await ended;
  if (!report) throw failed('The backup was broken off.');
  const [said] = report as [CopyReport];
  if (said.kind === 'copied') return said.bytes;
  throw readFailure(said as Extract<Report, { kind: 'failed' }>);
}
