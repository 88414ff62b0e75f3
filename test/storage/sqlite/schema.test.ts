import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import { connect } from '../../../src/storage/sqlite/connection.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { currentSchema, prepareSchema, type Schema } from '../../../src/storage/sqlite/schema.ts';
import { openTables } from '../../../src/storage/sqlite/tables.ts';
import { item, JULIET, ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces } from '../places.ts';
import { installed, schemaOf } from './schema-of.ts';

const newPlace = temporaryPlaces();

const today = currentSchema();

// A made-up future: the next version lets offline messages expire, the last one adds a table.
const NEXT = today.version + 1;
const LAST = today.version + 2;
const NEW_TABLE = 'CREATE TABLE note (text TEXT NOT NULL) STRICT;';
const END = '\n) STRICT;';
const NEW_COLUMN = ',\n  expires INTEGER NOT NULL DEFAULT 0';
const offlineToday = /CREATE TABLE offline [^;]*;/.exec(today.sql)![0];
const offlineTomorrow = offlineToday.replace(END, NEW_COLUMN + END);
const future: Schema = {
  version: LAST,
  sql: `${today.sql.replace(offlineToday, offlineTomorrow)}${NEW_TABLE} PRAGMA user_version = ${LAST};`,
  migrations: [
    ...today.migrations,
    {
      version: NEXT,
      sql: `
        ALTER TABLE offline RENAME TO old_offline;
        DROP INDEX offline_by_user;
        ${offlineTomorrow}
        INSERT INTO offline (id, user, stamp, stanza) SELECT * FROM old_offline;
        DROP TABLE old_offline;
        CREATE INDEX offline_by_user ON offline (user);`,
    },
    { version: LAST, sql: NEW_TABLE },
  ],
};

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
    const isOwn = (name: string) => !/^(sqlite_|message_text)/.test(name);
    const own = tables.filter(({ name }) => isOwn(name));
    const OF_ACCOUNTS = [
      'archive_preferences',
      'block',
      'credential',
      'last_presence',
      'offline',
      'private_xml',
      'push',
      'roster',
      'roster_removal',
      'session',
      'token',
      'vcard',
    ];
    const OTHERS = ['handled', 'retired_name', 'secret', 'user'];
    // What is in archives goes in steps behind the account, and so do files.
    const ARCHIVE = ['archive', 'arrival', 'conversation', 'message', 'ownerless_archive', 'peer'];
    const SEARCH = ['search_progress'];
    const UPLOADS = ['upload', 'upload_day'];
    expect(own.map(({ name }) => name).sort()).toEqual(
      [...OF_ACCOUNTS, ...OTHERS, ...ARCHIVE, ...SEARCH, ...UPLOADS].sort(),
    );
    expect(own.filter(({ strict }) => strict !== 1)).toEqual([]);
    for (const name of OF_ACCOUNTS) {
      const links = db.pragma(`foreign_key_list(${name})`);
      expect(links).toMatchObject([{ table: 'user', from: 'user', on_delete: 'CASCADE' }]);
      // Else each deletion of an account would read the whole table.
      const rows = db.prepare(`EXPLAIN QUERY PLAN SELECT 1 FROM ${name} WHERE user = 1`).all();
      expect(JSON.stringify(rows)).not.toContain('SCAN');
    }
  });

  test('holds no query to a scan, but the one that ends at the first message it keeps', () => {
    const plans = queries().map((sql) => ({ sql, plan: planOf(sql) }));
    expect(plans.length).toBeGreaterThan(40);
    // A list that comes with the query is no table, and by rowid or words an index is asked.
    const isScan = (plan: string) =>
      plan
        .replaceAll('SCAN asked VIRTUAL TABLE', '')
        .replaceAll(/SCAN message_text VIRTUAL TABLE INDEX \d+:[=M]/g, '')
        .includes('SCAN');
    // Notes and arrivals are read once, at the start, and go in their order.
    const isOfStart = (sql: string) => /FROM (handled|arrival)/.test(sql);
    const scans = plans.filter(({ sql, plan }) => isScan(plan) && !isOfStart(sql));
    expect(scans).toHaveLength(1);
    expect(scans[0]!.sql).toMatch(/^\s*DELETE FROM offline WHERE id < .*LIMIT 1/s);
    // At most a hundred removals are sorted, and what is searched for the best; all else is
    // read in its order.
    const sorts = plans.filter(({ plan }) => plan.includes('TEMP B-TREE'));
    expect(sorts.length).toBeGreaterThan(0);
    expect(sorts.filter(({ sql }) => !/FROM roster_removal|bm25/.test(sql))).toEqual([]);
  });

  /** All SQL of the tables, as they prepare it. */
  function queries(): readonly string[] {
    const db = installed(today);
    const prepared: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      prepared.push(sql);
      return prepare(sql);
    }) as typeof db.prepare;
    openTables(db);
    return prepared;
  }

  function planOf(sql: string): string {
    const explained = `EXPLAIN QUERY PLAN ${sql.replaceAll('?', '1')}`;
    return JSON.stringify(installed(today).prepare(explained).all());
  }
});

describe('a migration', () => {
  test('brings an old file to what a new installation gets, with its rows', async () => {
    const db = connect(await fileOfToday());
    prepareSchema(db, future, log);
    expect(schemaOf(db)).toEqual(schemaOf(installed(future)));
    expect(db.pragma('user_version', { simple: true })).toBe(LAST);
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
    const copyOfToday = new RegExp(`^epode-v${today.version}-\\d{8}T\\d{6}Z\\.sqlite$`);
    const copies = readdirSync(dirname(file)).filter((name) => copyOfToday.test(name));
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
    const broken = { ...future, migrations: [{ version: NEXT, sql }] };
    expect(() => prepareSchema(db, broken, log)).toThrow(message);
    expect(schemaOf(db)).toEqual(before);
    expect(db.pragma('user_version', { simple: true })).toBe(today.version);
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
