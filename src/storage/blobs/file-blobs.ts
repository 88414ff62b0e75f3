import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { BlobKey, BlobRange, BlobStore } from '../blob-port.ts';
import { storageError } from '../sqlite/errors.ts';
import { FileSink } from './file-sink.ts';

const KEY = /^[0-9a-f]{32}$/;
/** Where files grow until they are whole. */
const UNFINISHED = 'unfinished';
/** Bytes that are read at once: smaller pieces cost more turns of the event loop. */
const CHUNK = 512 * 1024;
/** What is read at once where many read, some of them slowly: each holds two pieces at most. */
const SMALL_CHUNK = 64 * 1024;
const MANY = 64;
const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;

/**
 * Blobs as files of one directory, in 256 folders by the first two digits of their keys. A file is
 * there whole, and on disk, or not at all.
 */
export class FileBlobs implements BlobStore {
  readonly #directory: string;
  #readers = 0;

  /** What was cut off when the server ended last is removed; `directory` is made when it is needed. */
  static async open(directory: string): Promise<FileBlobs> {
    try {
      await rm(join(directory, UNFINISHED), { recursive: true, force: true });
    } catch (error) {
      throw storageError(error, directory);
    }
    return new FileBlobs(directory);
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  async put(key: BlobKey, source: Readable, size: number): Promise<void> {
    const path = this.#pathOf(key);
    const part = join(this.#directory, UNFINISHED, key);
    try {
      await write(part, source, size);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(part, path);
      await syncDirectory(dirname(path));
    } catch (error) {
      // What cannot be removed now is at the next start.
      await rm(part, { force: true }).catch(() => {});
      throw isOfDisk(error) ? storageError(error, path) : error;
    }
  }

  async read(key: BlobKey, range?: BlobRange): Promise<Readable | null> {
    const file = await openIfThere(this.#pathOf(key));
    if (!file) return null;
    const highWaterMark = this.#readers < MANY ? CHUNK : SMALL_CHUNK;
    this.#readers++;
    const bytes = file.createReadStream({ highWaterMark, ...range });
    return bytes.once('close', () => this.#readers--);
  }

  async delete(key: BlobKey): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Whatever became of a key on its way here, it leads to no other place. */
  #pathOf(key: BlobKey): string {
    if (!KEY.test(key)) throw new TypeError(`no key: ${key}`);
    return join(this.#directory, key.slice(0, 2), key);
  }
}

async function write(part: string, source: Readable, size: number): Promise<void> {
  await mkdir(dirname(part), { recursive: true, mode: 0o700 });
  const target = new FileSink(await open(part, NEW, 0o600));
  try {
    await Promise.all([finished(source, { writable: false }), finished(source.pipe(target))]);
  } finally {
    // Not a pipeline, which would destroy the source: whoever sends may hear of a full disk.
    source.unpipe(target);
    target.destroy();
  }
  if (target.bytesWritten === size) return;
  throw new RangeError(`${target.bytesWritten} bytes came instead of ${size}`);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw storageError(error, path);
  }
}

/** What the source fails with is its own: it has read from the network, if that. */
function isOfDisk(error: unknown): boolean {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return errno !== undefined && syscall !== 'read';
}
