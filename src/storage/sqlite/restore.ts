import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { StorageError } from '../ports.ts';
import { syncToDisk } from './copy.ts';
import { makeFile, takeDirectory } from './directory.ts';
import { storageError } from './errors.ts';
import { currentSchema, refuseUnusable } from './schema.ts';

const UNCHANGED = 'Nothing was changed. Name a file that `epode backup` has made.';
/** What SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm'];

/**
 * Puts the backup `file` in the place of the database in `directory`, whose server is
 * stopped. What was there stays beside it; returns where, or null when there was nothing.
 *
 * @throws StorageError locked while a server runs; for a file that is no whole backup
 * of this or an older schema, what is wrong with it. Then nothing was changed.
 */
export function restoreDatabase(file: string, directory: string): string | null {
  checkBackup(file);
  const place = takeDirectory(directory);
  try {
    const fresh = bringIn(file, `${place.file}.new`);
    const replaced = setAside(place.file);
    renameSync(fresh, place.file);
    syncToDisk(dirname(place.file));
    return replaced;
  } catch (error) {
    throw storageError(error, place.file);
  } finally {
    place.release();
  }
}

function checkBackup(file: string): void {
  refuseLog(file);
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    try {
      refuseUnusable(db, currentSchema());
    } finally {
      db.close();
    }
  } catch (error) {
    throw unusable(file, error);
  }
}

/** A database that was copied in use has part of its content beside it, or has lost that. */
function refuseLog(file: string): void {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  throw new StorageError('corrupt', `${file} is in use, or was: ${file}-wal is beside.`, UNCHANGED);
}

function unusable(file: string, error: unknown): StorageError {
  if (!existsSync(file)) {
    return new StorageError('missing', `The file ${file} does not exist.`, UNCHANGED);
  }
  const { code, message } = storageError(error, file);
  return new StorageError(code, message, UNCHANGED);
}

/** A copy on the same disk, which can take the database's place in one step. */
function bringIn(file: string, fresh: string): string {
  rmSync(fresh, { force: true });
  makeFile(fresh);
  copyFileSync(file, fresh);
  syncToDisk(fresh);
  return fresh;
}

/** Moves the database away, with what has been committed and not yet copied into it. */
function setAside(file: string): string | null {
  if (statSync(file).size === 0) return null;
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const aside = freeName(join(dirname(file), `epode-replaced-${date}`));
  for (const suffix of [...COMPANIONS, '']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}

function freeName(stem: string): string {
  for (let number = 1; ; number++) {
    const name = `${stem}${number > 1 ? `-${number}` : ''}.sqlite`;
    if (!existsSync(name)) return resolve(name);
  }
}
