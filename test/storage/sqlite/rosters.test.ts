import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { type Connection, connect } from '../../../src/storage/sqlite/connection.ts';
import { RosterTable } from '../../../src/storage/sqlite/rosters.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import { SqliteStore } from '../../../src/storage/sqlite/store.ts';
import { item, JULIET, NURSE, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces } from '../places.ts';

const newPlace = temporaryPlaces();

/** Lets `task` run after each statement of the connection that reads many rows. */
function afterEachRead(db: Connection, task: () => void): void {
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => {
    const statement = prepare(sql);
    const all = statement.all.bind(statement);
    statement.all = (...values) => {
      const rows = all(...values);
      task();
      return rows;
    };
    return statement;
  }) as typeof db.prepare;
}

test('a roster is read as it was at one moment, whatever the writer commits meanwhile', () => {
  const directory = newPlace();
  mkdirSync(directory);
  const writing = connect(join(directory, 'epode.sqlite'));
  prepareSchema(writing, currentSchema(), log);
  const store = new SqliteStore(writing);
  store.commit([['users', 'create', user(ROMEO), []]]);
  let version = 1;
  const changeBoth = () => {
    version++;
    store.commit([
      ['rosters', 'put', ROMEO, item(JULIET, { version })],
      ['rosters', 'remove', ROMEO, { contact: NURSE, version }],
    ]);
  };
  changeBoth();
  const reading = connect(writing.name);
  afterEachRead(reading, changeBoth);
  const { items, removals } = new RosterTable(reading).load(ROMEO);
  expect(version).toBeGreaterThan(2);
  expect(items).toEqual([item(JULIET, { version: 2 })]);
  expect(removals).toEqual([{ contact: NURSE, version: 2 }]);
  reading.close();
  store.close();
});
