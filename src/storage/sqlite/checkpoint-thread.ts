// Copies the write-ahead log back into the database, as far as it can without making the
// writer wait, or a reader.
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connection.ts';

const port = parentPort!;
const db = connect(workerData.path);

port.on('message', (order: 'copy' | 'end') => {
  if (order === 'copy') {
    db.pragma('wal_checkpoint(PASSIVE)');
    port.postMessage('copied');
    return;
  }
  db.close();
  port.close();
});
