// The reader thread: it answers what would keep the main thread for long, such as
// pages of an archive.
import { parentPort, workerData } from 'node:worker_threads';
import { reportFailure } from './batch.ts';
import { type Connection, connect } from './connection.ts';
import { storageError } from './errors.ts';
import { answer, openReadings, type Question } from './readings.ts';
import type { Answer, ReaderOrder } from './thread-reader.ts';

const port = parentPort!;
const path: string = workerData.path;
const db: Connection = connect(path);
db.pragma('query_only = ON');
const readings = openReadings(db);
// One transaction each: the writer may commit between two statements.
const read = db.transaction((question: Question) => answer(readings, question));

port.on('message', (order: ReaderOrder) => {
  for (const { number, question } of order ?? []) port.postMessage(reply(number, question));
  if (order !== null) return;
  db.close();
  port.close();
});

function reply(number: number, question: Question): Answer {
  try {
    return { number, result: read(question), failure: null };
  } catch (error) {
    const report = reportFailure(storageError(error, path));
    return { number, result: null, failure: report as Answer['failure'] };
  }
}
