import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { type Connection, connect } from '../../../src/storage/sqlite/connection.ts';
import { currentSchema, prepareSchema } from '../../../src/storage/sqlite/schema.ts';
import {
  contentsOf,
  empty,
  FULL,
  fill,
  item,
  JULIET,
  keys,
  picture,
  ROMEO,
  user,
} from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';
import { installed, schemaOf } from './schema-of.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const FIRST_SCHEMA = readFileSync(new URL('./schema-v1.sql', import.meta.url), 'utf8');
const CREATED = 1.7e12;

/** A file as the first version of the server left it. */
function firstFile(): string {
  const directory = newPlace();
  mkdirSync(directory);
  const db = connect(join(directory, 'epode.sqlite'));
  db.pragma('journal_mode = WAL');
  db.exec(FIRST_SCHEMA);
  db.transaction(() => fillFirst(db))();
  db.close();
  return join(directory, 'epode.sqlite');
}

function fillFirst(db: Connection): void {
  const addUser = db.prepare(`
    INSERT INTO user (id, jid, is_disabled, created, last_login, nickname, avatar_type, avatar)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  addUser.run(1, ROMEO, 1, CREATED, CREATED + 5, 'Roméo 🌹', picture.type, picture.data);
  addUser.run(3, JULIET, 0, CREATED, null, null, null, null);
  // An account and a message that are gone: their ids must never be given again.
  addUser.run(9, 'gone@x.example', 0, 1, null, null, null, null);
  db.exec('DELETE FROM user WHERE id = 9');
  for (const { hash, iterations, salt, storedKey, serverKey } of [keys('SHA-1'), keys('SHA-512')]) {
    const added = db.prepare('INSERT INTO credential VALUES (1, ?, ?, ?, ?, ?)');
    added.run(hash, iterations, salt, storedKey, serverKey);
  }
  const addItem = db.prepare('INSERT INTO roster VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  addItem.run(1, JULIET, 'Jülchen', 'both', 0, 1, 1, '["Vérona","a,b"]', null);
  addItem.run(1, 'nurse@capulet.example', null, 'none', 0, 0, 0, '[]', '<presence/>');
  addItem.run(3, ROMEO, null, 'from', 1, 0, 1, '[]', null);
  for (const [id, stanza] of [
    [1, '<message>ü</message>'],
    [2, '<message/>'],
    [7, '<x/>'],
  ]) {
    db.prepare('INSERT INTO offline VALUES (?, 3, 5, ?)').run(id, stanza);
  }
  db.exec('DELETE FROM offline WHERE id = 7');
  db.prepare("INSERT INTO secret VALUES ('ids', ?)").run(Buffer.from('a secret'));
}

describe('a file of schema version 1', () => {
  const migrated = () => {
    const db = connect(firstFile());
    prepareSchema(db, currentSchema(), log);
    return db;
  };

  test('comes to exactly the schema of a new installation', () => {
    const db = migrated();
    expect(schemaOf(db)).toEqual(schemaOf(installed(currentSchema())));
    expect(db.pragma('user_version', { simple: true })).toBe(currentSchema().version);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  test('keeps every row of every table, and which ids are used up', () => {
    const file = firstFile();
    const rowsOf = (db: Connection) => {
      const first = ['user', 'credential', 'offline', 'secret', 'sqlite_sequence'];
      const rest = first.map((name) => db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all());
      const roster = db.prepare('SELECT * FROM roster ORDER BY 1, 2').all() as object[];
      const users = (rest.shift() as object[]).map((row) => ({
        ...row,
        imported: null,
        source: null,
      }));
      return [roster.map((row) => ({ ...row, version: 1 })), users, ...rest];
    };
    const db = connect(file);
    const before = rowsOf(db);
    expect(before.map((rows) => rows.length)).toEqual([3, 2, 2, 2, 1, 2]);
    prepareSchema(db, currentSchema(), log);
    expect(rowsOf(db)).toEqual(before);
    expect(db.prepare('SELECT DISTINCT version FROM roster').pluck().all()).toEqual([1]);
    db.close();
  });

  test.each(['inline', 'thread'] as const)('is read by an %s store', async (mode) => {
    const storage = await open(dirname(firstFile()), mode);
    expect(await storage.users.find(ROMEO)).toEqual(
      user(ROMEO, {
        nickname: 'Roméo 🌹',
        isDisabled: true,
        created: CREATED,
        lastLogin: CREATED + 5,
      }),
    );
    const julietsItem = item(JULIET, {
      name: 'Jülchen',
      subscription: 'both',
      isPreApproved: true,
      groups: ['Vérona', 'a,b'],
    });
    const asking = item('nurse@capulet.example', { isListed: false, request: '<presence/>' });
    expect(await contentsOf(storage, ROMEO)).toEqual({
      ...empty(CREATED),
      keys: expect.arrayContaining([keys('SHA-1'), keys('SHA-512')]),
      avatar: picture,
      roster: { items: [julietsItem, asking], removals: [], floor: CREATED },
      nurse: asking,
    });
    expect(await contentsOf(storage, JULIET)).toEqual({
      ...empty(CREATED),
      roster: {
        items: [item(ROMEO, { subscription: 'from', isAsking: true })],
        removals: [],
        floor: CREATED,
      },
      mail: { stanzas: ['<message>ü</message>', '<message/>'], count: 2, bytes: 21 + 10 },
    });
    expect(await storage.secret('ids', 8)).toEqual(Buffer.from('a secret'));
    expect(await storage.users.retiredUntil('gone@x.example')).toBeNull();
  });

  test('takes what is new, and loses it with the account', async () => {
    const storage = await open(dirname(firstFile()));
    storage.rosters.forget(ROMEO, JULIET);
    fill(storage, ROMEO);
    const { roster, ...rest } = await contentsOf(storage, ROMEO);
    expect(rest).toEqual({ ...FULL, roster: undefined });
    expect(roster).toEqual({ ...FULL.roster, floor: CREATED });
    storage.users.delete(ROMEO, 5);
    expect(await contentsOf(storage, ROMEO)).toEqual(empty(0));
    expect((await storage.rosters.load(JULIET)).items).toHaveLength(1);
    expect(storage.durability.dropped).toBe(0);
  });

  test('is copied before it is touched', async () => {
    const file = firstFile();
    await (await open(dirname(file))).close();
    const copies = readdirSync(dirname(file)).filter((name) => /^epode-v1-\d{8}T/.test(name));
    expect(copies).toHaveLength(1);
    const copy = connect(join(dirname(file), copies[0]!));
    const original = connect(':memory:');
    original.exec(FIRST_SCHEMA);
    expect(schemaOf(copy)).toEqual(schemaOf(original));
    expect(copy.prepare('SELECT count(*) FROM roster').pluck().get()).toBe(3);
    copy.close();
    // The next start finds nothing to migrate.
    await (await open(dirname(file))).close();
    expect(readdirSync(dirname(file)).filter((name) => name.includes('-v'))).toEqual(copies);
  });
});
