import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../ports.ts';
import { type Connection, connect } from './connection.ts';
import { storageError } from './errors.ts';

/** Pages that are copied between two looks at whether the thread shall end; 4 MiB. */
const STEP = 1_000;

/**
 * Writes what is committed now into the new file `target`, which only its owner may
 * read, and returns its size in bytes. Others go on writing meanwhile: what they
 * commit is not in the copy. A copy is there whole, or not at all.
 *
 * @throws StorageError exists, and whatever keeps the file from being written
 */
export async function copyDatabase(db: Connection, target: string): Promise<number> {
  refuseExisting(target);
  const part = partOf(target);
  makePart(part);
  try {
    await db.backup(part, { progress: () => STEP });
    leaveWriteAheadLog(part);
    syncToDisk(part);
    renameSync(part, target);
    syncToDisk(dirname(target));
    return statSync(target).size;
  } catch (error) {
    rmSync(part, { force: true });
    throw storageError(error, target);
  }
}

/** Where a copy grows until it is whole. */
export function partOf(target: string): string {
  return `${target}.part`;
}

/** @throws StorageError exists */
export function refuseExisting(target: string): void {
  if (!existsSync(target)) return;
  throw new StorageError('exists', `${target} is there already.`, 'Name a new file.');
}

function makePart(part: string): void {
  try {
    closeSync(openSync(part, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(error, part);
    throw new StorageError(
      'exists',
      `${part} is there already: another backup is under way, or was cut off.`,
      'If none is under way, remove the file.',
    );
  }
}

/** So that the copy is one file, and can be read where nothing can be written. */
function leaveWriteAheadLog(file: string): void {
  const copy = connect(file);
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
