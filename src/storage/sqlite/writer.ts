// The writer thread: it alone changes the database of a running server. It
// commits as soon as it is free, and what arrived meanwhile goes into the next
// commit together.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Batch, type Order, type Report, reportFailure } from './batch.ts';
import { connect } from './connection.ts';
import { storageError } from './errors.ts';
import { SqliteStore } from './store.ts';

/** Bounds one commit, so that its first batch does not wait for an endless queue. */
const MAX_BATCHES = 1000;

const port = parentPort!;
const path: string = workerData.path;
const report = (message: Report) => port.postMessage(message);

function start(): void {
  try {
    const store = new SqliteStore(connect(path));
    port.on('message', (order: Order) => obey(store, order));
    report({ kind: 'ready' });
  } catch (error) {
    report(reportFailure(storageError(error, path)));
  }
}

let hasFailed = false;

function obey(store: SqliteStore, first: Order): void {
  const batches: Batch[] = [];
  let order: Order | undefined = first;
  while (order) {
    batches.push(order);
    order = batches.length < MAX_BATCHES ? receiveMessageOnPort(port)?.message : undefined;
  }
  // After a failed commit nothing more is written, lest a later batch outlive an earlier one.
  if (batches.length > 0 && !hasFailed) commit(store, batches);
  if (order === null) end(store);
}

function commit(store: SqliteStore, batches: readonly Batch[]): void {
  try {
    const refused = store.commit(batches.map(({ changes }) => changes));
    report({ kind: 'committed', ticket: batches.at(-1)!.ticket, refused });
  } catch (error) {
    hasFailed = true;
    report(reportFailure(storageError(error, path)));
  }
}

function end(store: SqliteStore): void {
  store.close();
  port.close();
}

start();
