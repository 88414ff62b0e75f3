import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import {
  contentsOf,
  empty,
  FULL,
  fill,
  item,
  JULIET,
  keys,
  NURSE,
  ROMEO,
  user,
} from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';
import { installed, schemaOf } from './schema-of.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const SECOND_SCHEMA = readFileSync(new URL('./schema-v2.sql', import.meta.url), 'utf8');

/** A file as servers of schema version 2 left it. */
function secondFile(): string {
  const directory = newPlace();
  mkdirSync(directory);
  const db = connect(join(directory, 'epode.sqlite'));
  db.pragma('journal_mode = WAL');
  db.exec(SECOND_SCHEMA);
  const addUser = db.prepare(`
    INSERT INTO user (id, jid, is_disabled, created, last_login, nickname, avatar_type, avatar)
    VALUES (?, ?, ?, 7, ?, ?, NULL, NULL)`);
  addUser.run(1, ROMEO, 1, 8, 'Roméo 🌹');
  addUser.run(2, JULIET, 0, null, null);
  const { hash, iterations, salt, storedKey, serverKey } = keys('SHA-1');
  const addKeys = db.prepare('INSERT INTO credential VALUES (1, ?, ?, ?, ?, ?)');
  addKeys.run(hash, iterations, salt, storedKey, serverKey);
  const addItem = db.prepare('INSERT INTO roster VALUES (2, ?, ?, ?, 0, 0, 1, ?, NULL, 9)');
  addItem.run(NURSE, 'Nurse', 'both', '["Home"]');
  db.exec("INSERT INTO offline VALUES (4, 2, 5, '<message/>')");
  db.exec("INSERT INTO retired_name VALUES ('gone@capulet.example', 99)");
  db.close();
  return join(directory, 'epode.sqlite');
}

describe('a file of schema version 2', () => {
  test('comes to exactly the schema of a new installation', () => {
    const db = connect(secondFile());
    prepareSchema(db, currentSchema(), log);
    expect(schemaOf(db)).toEqual(schemaOf(installed(currentSchema())));
    expect(db.pragma('user_version', { simple: true })).toBe(currentSchema().version);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  test('keeps what was there; no account counts as imported', async () => {
    const storage = await open(dirname(secondFile()));
    const romeo = { nickname: 'Roméo 🌹', isDisabled: true, created: 7, lastLogin: 8 };
    expect(await storage.users.find(ROMEO)).toEqual(user(ROMEO, romeo));
    expect(await storage.users.keys(ROMEO)).toEqual([keys('SHA-1')]);
    const nurse = { name: 'Nurse', subscription: 'both', groups: ['Home'], version: 9 } as const;
    expect((await storage.rosters.load(JULIET)).items).toEqual([item(NURSE, nurse)]);
    expect(await storage.offline.count(JULIET)).toBe(1);
    expect(await storage.users.retiredUntil('gone@capulet.example')).toBe(99);
    expect(await storage.users.importedKinds('capulet.example')).toEqual([]);
  });

  test('takes what is new', async () => {
    const storage = await open(dirname(secondFile()));
    fill(storage, ROMEO);
    const { roster, ...rest } = await contentsOf(storage, ROMEO);
    expect(rest).toEqual({ ...FULL, roster: undefined });
    expect(roster.items).toEqual(FULL.roster.items);
    const imported = user('new@capulet.example', { imported: '$2y$10$x' });
    await storage.users.create(imported, []);
    expect(await storage.users.listImported('capulet.example', null, 9)).toEqual([imported]);
    storage.users.delete(imported.owner, 5);
    expect(await contentsOf(storage, imported.owner)).toEqual(empty(0));
  });
});
