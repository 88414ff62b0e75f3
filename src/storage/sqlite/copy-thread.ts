// Copies the database of a running server: a thread of its own, since the disk may
// take its time, and the server shall not wait for it.
import { parentPort, workerData } from 'node:worker_threads';
import { reportFailure } from './batch.ts';
import { connect } from './connection.ts';
import { copyDatabase } from './copy.ts';
import { storageError } from './errors.ts';

const { path, target } = workerData as { path: string; target: string };

try {
  const db = connect(path);
  // One snapshot: else every commit of the writer would start the copy anew.
  db.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
  const bytes = await copyDatabase(db, target).finally(() => db.close());
  parentPort!.postMessage({ kind: 'copied', bytes });
} catch (error) {
  parentPort!.postMessage(reportFailure(storageError(error, path)));
}
