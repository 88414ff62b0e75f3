import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StorageError } from '../ports.ts';
import { holdExclusively } from './connection.ts';
import { guarded, storageError } from './errors.ts';

/** A data directory that this process alone works on. */
export interface DataDirectory {
  /** The database. */
  readonly file: string;
  /** Where uploaded files lie; null: in memory. */
  readonly uploads: string | null;
  release(): void;
}

/**
 * Takes the data directory for this process. The directory itself is made when
 * it is absent (0700), its parents are not: their absence hints at a disk that
 * is not mounted. The database is made empty (0600).
 *
 * @throws StorageError missing, read-only, full or locked
 */
export function takeDirectory(path: string): DataDirectory {
  const directory = resolve(path);
  makeDirectory(directory);
  const lock = join(directory, 'epode.lock');
  const file = join(directory, 'epode.sqlite');
  makeFile(lock);
  const release = takeLock(lock, directory);
  try {
    makeFile(file);
  } catch (error) {
    release();
    throw error;
  }
  return { file, uploads: join(directory, 'uploads'), release };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!isPresent(error)) throw storageError(error, directory);
  }
  if (guarded(directory, () => statSync(directory)).isDirectory()) return;
  throw new StorageError(
    'missing',
    `${directory} is a file where the data directory should be.`,
    'Name another data directory, or move the file away.',
  );
}

/**
 * Makes an empty file that only we may read. One that is there is not touched:
 * closing any descriptor of a file drops the locks this process holds on it.
 */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isPresent(error)) throw storageError(error, path);
  }
}

function takeLock(lock: string, directory: string): () => void {
  try {
    return holdExclusively(lock);
  } catch (error) {
    throw storageError(error, directory);
  }
}

function isPresent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}
