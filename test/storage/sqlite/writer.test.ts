import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { startWorker } from '../../../src/lib/worker.ts';
import type { Batch, Order } from '../../../src/storage/sqlite/batch.ts';
import { type Connection, connect } from '../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import { item, JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces } from '../places.ts';

const WRITER = '../../../src/storage/sqlite/writer';
const newPlace = temporaryPlaces();

let db: Connection;
let worker: Worker;

beforeEach(async () => {
  const directory = newPlace();
  mkdirSync(directory);
  db = connect(join(directory, 'epode.sqlite'));
  prepareSchema(db, currentSchema(), log);
  worker = startWorker(WRITER, import.meta.url, { workerData: { path: db.name } });
  expect(await report()).toEqual({ kind: 'ready' });
});
afterEach(async () => {
  await worker.terminate();
  db.close();
});

const tell = (order: Order) => worker.postMessage(order);
const report = async () => (await once(worker, 'message'))[0];
const contacts = () => db.prepare('SELECT contact FROM roster').pluck().all();

const create: Batch = { ticket: 1, changes: [['users', 'create', user(ROMEO), []]] };
const append = (ticket: number): Batch => ({
  ticket,
  changes: [['offline', 'append', ROMEO, { stamp: 1, stanza: 'x' }]],
});
const put = (ticket: number, owner: string): Batch => ({
  ticket,
  changes: [['rosters', 'put', owner, item(JULIET)]],
});

test('names the changes without effect by their ordinals since the start', async () => {
  tell(create);
  expect(await report()).toEqual({ kind: 'committed', ticket: 1, refused: [] });
  tell({
    ticket: 2,
    changes: [...create.changes, ...put(2, ROMEO).changes, ...put(2, JULIET).changes],
  });
  expect(await report()).toEqual({ kind: 'committed', ticket: 2, refused: [2, 4] });
});

test('writes nothing more once a commit has failed', async () => {
  tell(create);
  await report();
  db.exec("CREATE TRIGGER broken BEFORE INSERT ON offline BEGIN SELECT RAISE(ABORT, 'fire'); END");
  tell(append(2));
  expect(await report()).toMatchObject({ kind: 'failed', code: 'failed' });
  tell(put(3, ROMEO));
  tell(null);
  await once(worker, 'exit');
  expect(contacts()).toEqual([]);
});

test('commits what it has before it ends', async () => {
  tell(create);
  tell(put(2, ROMEO));
  tell(null);
  await once(worker, 'exit');
  expect(contacts()).toEqual([JULIET]);
});

test('says why it cannot open the database', async () => {
  db.exec('DROP TABLE roster');
  const other = startWorker(WRITER, import.meta.url, { workerData: { path: db.name } });
  const [said] = await once(other, 'message');
  expect(said).toMatchObject({ kind: 'failed', code: 'corrupt' });
  await other.terminate();
});
