import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import { JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';
import { installed, schemaOf } from './schema-of.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const THIRD_SCHEMA = readFileSync(new URL('./schema-v3.sql', import.meta.url), 'utf8');

/** A file as servers of schema version 3 left it. */
function thirdFile(): string {
  const directory = newPlace();
  mkdirSync(directory);
  const db = connect(join(directory, 'epode.sqlite'));
  db.pragma('journal_mode = WAL');
  db.exec(THIRD_SCHEMA);
  const addUser = db.prepare(`
    INSERT INTO user (id, jid, is_disabled, created, last_login, nickname, imported)
    VALUES (?, ?, 0, 7, NULL, NULL, ?)`);
  addUser.run(1, ROMEO, '$2y$10$x');
  addUser.run(2, JULIET, null);
  db.close();
  return join(directory, 'epode.sqlite');
}

describe('a file of schema version 3', () => {
  test('comes to exactly the schema of a new installation', () => {
    const db = connect(thirdFile());
    prepareSchema(db, currentSchema(), log);
    expect(schemaOf(db)).toEqual(schemaOf(installed(currentSchema())));
    expect(db.pragma('user_version', { simple: true })).toBe(currentSchema().version);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  test('keeps its accounts, which are all kept here, and takes others', async () => {
    const storage = await open(dirname(thirdFile()));
    const romeo = user(ROMEO, { created: 7, imported: '$2y$10$x' });
    expect(await storage.users.find(ROMEO)).toEqual(romeo);
    storage.users.update(JULIET, { source: 'ldap' });
    expect(await storage.users.find(JULIET)).toEqual(user(JULIET, { created: 7, source: 'ldap' }));
    const nurse = user('nurse@capulet.example', { source: 'http' });
    await storage.users.create(nurse, []);
    expect(await storage.users.find(nurse.owner)).toEqual(nurse);
  });
});
