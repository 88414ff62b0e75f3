import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { type Connection, connect } from '../../../src/storage/sqlite/connection.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { currentSchema, prepareSchema, type Schema } from '../../../src/storage/sqlite/schema.ts';
import { item, JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces } from '../places.ts';

const newPlace = temporaryPlaces();

// A made-up future: version 2 lets offline messages expire, version 3 adds a table.
const NEW_TABLE = 'CREATE TABLE note (text TEXT NOT NULL) STRICT;';
const END = '\n) STRICT;';
const NEW_COLUMN = ',\n  expires INTEGER NOT NULL DEFAULT 0';
const today = currentSchema();
const offlineToday = /CREATE TABLE offline [^;]*;/.exec(today.sql)![0];
const offlineTomorrow = offlineToday.replace(END, NEW_COLUMN + END);
const future: Schema = {
  version: 3,
  sql: `${today.sql.replace(offlineToday, offlineTomorrow)}${NEW_TABLE} PRAGMA user_version = 3;`,
  migrations: [
    {
      version: 2,
      sql: `
        ALTER TABLE offline RENAME TO old_offline;
        DROP INDEX offline_by_user;
        ${offlineTomorrow}
        INSERT INTO offline (id, user, stamp, stanza) SELECT * FROM old_offline;
        DROP TABLE old_offline;
        CREATE INDEX offline_by_user ON offline (user);`,
    },
    { version: 3, sql: NEW_TABLE },
  ],
};

/** The schema without what differs between files with the same tables: spaces and comments. */
function schemaOf(db: Connection): unknown[] {
  const rows = db
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2')
    .all();
  return rows.map((row) => {
    const { sql, ...rest } = row as { sql: string | null };
    const bare = sql?.replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' ').replaceAll('"', '');
    return { ...rest, sql: bare };
  });
}

function installed(schema: Schema): Connection {
  const db = connect(':memory:');
  prepareSchema(db, schema, log);
  return db;
}

async function fileOfToday(): Promise<string> {
  const directory = newPlace();
  const storage = await openStorage({ directory, log, mode: 'inline' });
  await storage.users.create(user(ROMEO), []);
  storage.offline.append(ROMEO, { stamp: 1, stanza: 'kept' });
  storage.rosters.put(ROMEO, item(JULIET));
  await storage.close();
  return join(directory, 'epode.sqlite');
}

describe('the schema', () => {
  test('schema.sql installs the version that the migrations lead to', () => {
    const db = installed(today);
    expect(db.pragma('user_version', { simple: true })).toBe(today.version);
    expect(db.pragma('foreign_key_check')).toEqual([]);
  });

  test('an installed schema is left alone', () => {
    const db = installed(today);
    const before = schemaOf(db);
    prepareSchema(db, today, log);
    expect(schemaOf(db)).toEqual(before);
  });

  test('all tables are strict and every account row goes with its account', () => {
    const db = installed(today);
    const tables = db.pragma('table_list') as { name: string; strict: number; type: string }[];
    const own = tables.filter(({ name }) => !name.startsWith('sqlite_'));
    expect(own.map(({ name }) => name).sort()).toEqual([
      'credential',
      'offline',
      'roster',
      'secret',
      'user',
    ]);
    expect(own.every(({ strict }) => strict === 1)).toBe(true);
    for (const name of ['credential', 'offline', 'roster']) {
      const [link] = db.pragma(`foreign_key_list(${name})`) as Record<string, unknown>[];
      expect(link).toMatchObject({ table: 'user', from: 'user', on_delete: 'CASCADE' });
    }
  });

  test('an account is found, and its messages, without a scan', () => {
    const db = installed(today);
    const plan = (sql: string) => JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
    const user = '(SELECT id FROM user WHERE jid = 1)';
    for (const sql of [
      `SELECT * FROM offline WHERE user = ${user} ORDER BY id`,
      `DELETE FROM offline WHERE user = ${user} AND id <= 1`,
      `SELECT * FROM roster WHERE user = ${user}`,
      `SELECT * FROM credential WHERE user = ${user}`,
      `SELECT * FROM user WHERE domain = 'x' AND name > 'y' ORDER BY name`,
    ]) {
      expect(plan(sql)).not.toMatch(/SCAN|TEMP B-TREE/);
    }
  });
});

describe('a migration', () => {
  test('brings an old file to what a new installation gets, with its rows', async () => {
    const db = connect(await fileOfToday());
    prepareSchema(db, future, log);
    expect(schemaOf(db)).toEqual(schemaOf(installed(future)));
    expect(db.pragma('user_version', { simple: true })).toBe(3);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.prepare('SELECT stanza, expires FROM offline').all()).toEqual([
      { stanza: 'kept', expires: 0 },
    ]);
    expect(db.prepare('SELECT contact FROM roster').pluck().all()).toEqual([JULIET]);
    db.close();
  });

  test('leaves a copy of the old file that an older server can use', async () => {
    const file = await fileOfToday();
    const db = connect(file);
    prepareSchema(db, future, log);
    db.close();
    const copies = readdirSync(dirname(file)).filter((name) =>
      /^epode-v1-\d{8}T\d{6}Z\.sqlite$/.test(name),
    );
    expect(copies).toHaveLength(1);
    const copy = join(dirname(file), copies[0]!);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const old = connect(copy);
    prepareSchema(old, today, log);
    expect(old.prepare('SELECT stanza FROM offline').pluck().all()).toEqual(['kept']);
    old.close();
  });

  test.each([
    ['breaks off', 'CREATE TABLE half (x); SELECT nonsense;', /nonsense/],
    ['loses parents', 'DELETE FROM user;', /belong to no account/],
  ])('that %s leaves the file as it was', async (_, sql, message) => {
    const db = connect(await fileOfToday());
    const before = schemaOf(db);
    const broken = { ...future, migrations: [{ version: 2, sql }] };
    expect(() => prepareSchema(db, broken, log)).toThrow(message);
    expect(schemaOf(db)).toEqual(before);
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(db.prepare('SELECT count(*) FROM user').pluck().get()).toBe(1);
    db.close();
  });

  test('is not tried on a file of a newer server', async () => {
    const file = await fileOfToday();
    const migrated = connect(file);
    prepareSchema(migrated, future, log);
    migrated.close();
    const bytes = readFileSync(file);
    const refused = openStorage({ directory: dirname(file), log, mode: 'thread' });
    await expect(refused).rejects.toMatchObject({ code: 'newer' });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });
});
