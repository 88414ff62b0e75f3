import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import { message } from '../../contracts/archive.ts';
import { JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';
import { installed, schemaOf } from './schema-of.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const FOURTH_SCHEMA = readFileSync(new URL('./schema-v4.sql', import.meta.url), 'utf8');

/** A file as servers of schema version 4 left it. */
function fourthFile(): string {
  const directory = newPlace();
  mkdirSync(directory);
  const db = connect(join(directory, 'epode.sqlite'));
  db.pragma('journal_mode = WAL');
  db.exec(FOURTH_SCHEMA);
  db.prepare('INSERT INTO user (id, jid, is_disabled, created) VALUES (1, ?, 0, 7)').run(ROMEO);
  db.close();
  return join(directory, 'epode.sqlite');
}

describe('a file of schema version 4', () => {
  test('comes to exactly the schema of a new installation', () => {
    const db = connect(fourthFile());
    prepareSchema(db, currentSchema(), log);
    expect(schemaOf(db)).toEqual(schemaOf(installed(currentSchema())));
    expect(db.pragma('user_version', { simple: true })).toBe(currentSchema().version);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  test('keeps its accounts, which have archives from then on', async () => {
    const storage = await open(dirname(fourthFile()));
    expect(await storage.users.find(ROMEO)).toEqual(user(ROMEO, { created: 7 }));
    const { id } = storage.archive.append(ROMEO, message(JULIET, '1'));
    expect(await storage.archive.bounds(ROMEO)).toEqual({ first: id, last: id });
  });
});
