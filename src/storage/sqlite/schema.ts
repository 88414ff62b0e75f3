import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../../lib/log.ts';
import { migrations, migrationsAfter, schemaVersion } from '../migrations/list.ts';
import type { Migration } from '../migrations/migration.ts';
import { StorageError } from '../ports.ts';
import { type Connection, MEMORY } from './connection.ts';
import { makeFile } from './directory.ts';

/** 'Epod' in ASCII, as in schema.sql. */
const APPLICATION_ID = 0x45706f64;

/** Up to this size a file is checked through at start: some 50 ms. Larger ones by the operator. */
const CHECKED_BYTES = 16 * 1024 * 1024;

export interface Schema {
  readonly version: number;
  /** What a new installation gets. */
  readonly sql: string;
  readonly migrations: readonly Migration[];
}

/** The schema of this version of the server. */
export function currentSchema(): Schema {
  const sql = readFileSync(new URL('../../../schema.sql', import.meta.url), 'utf8');
  return { version: schemaVersion, sql, migrations };
}

/**
 * Brings the database to `schema`: installs it in an empty one, migrates an
 * older one, and refuses a foreign, damaged or newer one without touching it.
 *
 * @throws StorageError corrupt or newer; SQLite's own errors
 */
export function prepareSchema(db: Connection, schema: Schema, log: Log): void {
  if (isEmpty(db)) {
    useWriteAheadLog(db);
    inTransaction(db, () => db.exec(schema.sql));
    return;
  }
  refuseForeign(db);
  refuseNewer(db, schema);
  if (!isLarge(db)) refuseDamaged(db);
  refuseReadOnly(db);
  useWriteAheadLog(db);
  migrate(db, schema, log);
}

/**
 * Looks a database through, whatever its size, and changes nothing.
 *
 * @throws StorageError corrupt or newer; SQLite's own errors
 */
export function refuseUnusable(db: Connection, schema: Schema): void {
  refuseForeign(db);
  refuseNewer(db, schema);
  refuseDamaged(db);
}

function isEmpty(db: Connection): boolean {
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  return tables === 0 && versionOf(db) === 0;
}

/** Readers go on while the writer commits. In memory there is no log. */
function useWriteAheadLog(db: Connection): void {
  if (db.name !== MEMORY) db.pragma('journal_mode = WAL');
}

function versionOf(db: Connection): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function refuseForeign(db: Connection): void {
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID) return;
  throw new StorageError(
    'corrupt',
    `${db.name} is an SQLite database of another program.`,
    'Name another data directory, or move the file away.',
  );
}

function refuseNewer(db: Connection, schema: Schema): void {
  const version = versionOf(db);
  if (version <= schema.version) return;
  throw new StorageError(
    'newer',
    `${db.name} has schema version ${version}, but this server knows only ${schema.version}.`,
    'Install the server version that last used it, or restore the copy made before its migration.',
  );
}

function isLarge(db: Connection): boolean {
  const size = db.prepare('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  return (size.pluck().get() as number) > CHECKED_BYTES;
}

function refuseDamaged(db: Connection): void {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  if (verdict === 'ok') return;
  throw new StorageError(
    'corrupt',
    `${db.name} is damaged: ${String(verdict).replaceAll('\n', ' ')}.`,
    'Restore the file from a backup; keep the damaged one for examination.',
  );
}

/**
 * SQLite opens a file it may not write for reading, and even starts a writing
 * transaction on it; only a change is refused. So one is tried, and taken back.
 */
function refuseReadOnly(db: Connection): void {
  db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${versionOf(db)}; ROLLBACK`);
}

function migrate(db: Connection, schema: Schema, log: Log): void {
  const from = versionOf(db);
  if (from === schema.version) return;
  const backup = backUp(db, from);
  log.info({ file: db.name, from, to: schema.version, backup }, 'storage migration starts');
  // Rebuilding a table drops the old one, which must not cascade to its children.
  db.pragma('foreign_keys = OFF');
  inTransaction(db, () => {
    for (const { version, sql } of migrationsAfter(from, schema.migrations)) {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }
    refuseOrphans(db);
  });
  db.pragma('foreign_keys = ON');
}

/** Copies the database beside itself and returns the copy's path. */
function backUp(db: Connection, version: number): string {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const copy = join(dirname(db.name), `epode-v${version}-${date}.sqlite`);
  makeFile(copy);
  try {
    db.prepare('VACUUM INTO ?').run(copy);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
  return copy;
}

function refuseOrphans(db: Connection): void {
  const orphans = db.pragma('foreign_key_check') as unknown[];
  if (orphans.length === 0) return;
  throw new StorageError(
    'corrupt',
    `${db.name} has ${orphans.length} rows that belong to no account, so it was not migrated.`,
    'Report this with the log; the file is as it was before.',
  );
}

function inTransaction(db: Connection, task: () => void): void {
  db.transaction(task).immediate();
}
