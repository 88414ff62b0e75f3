// The writer thread: it alone changes the database of a running server. Each batch
// that it is given is one commit.
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, type Order, type Report, reportFailure } from './batch.ts';
import { connect } from './connection.ts';
import { storageError } from './errors.ts';
import { SqliteStore } from './store.ts';

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

function obey(store: SqliteStore, order: Order): void {
  if (order === null) end(store);
  // After a failed commit nothing more is written, lest a later batch outlive an earlier one.
  else if (!hasFailed) commit(store, order);
}

function commit(store: SqliteStore, { ticket, changes }: Batch): void {
  try {
    report({ kind: 'committed', ticket, refused: store.commit(changes) });
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
