import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';

/** Bytes that are written at once: smaller pieces cost more turns of the event loop. */
const CHUNK = 512 * 1024;
/** Bytes after which the disk begins, so that little is left for it to do at the end. */
const SYNC_EVERY = 32 * 1024 * 1024;

/**
 * One file at a time is sent to the disk before its end: each holds a thread of Node's pool
 * meanwhile, for which passwords wait as well.
 */
let isSyncing = false;

type Done = (error?: Error | null) => void;

/**
 * Writes a file, which is on disk when this has finished; closes it. What it has written it
 * releases: whoever pipes gives the memory away.
 */
export class FileSink extends Writable {
  bytesWritten = 0;
  readonly #file: FileHandle;
  #unsynced = 0;
  #syncing: Promise<void> | null = null;

  constructor(file: FileHandle) {
    super({ highWaterMark: CHUNK });
    this.#file = file;
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#write([piece]).then(() => done(), done);
  }

  override _writev(pieces: { chunk: Buffer }[], done: Done): void {
    this.#write(pieces.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: Done): void {
    const synced = Promise.resolve(this.#syncing).then(() => this.#file.sync());
    synced.then(() => done(), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#file.close().then(() => done(error), done);
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    let rest = pieces;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest);
      this.bytesWritten += bytesWritten;
      this.#unsynced += bytesWritten;
      rest = behind(rest, bytesWritten);
    }
    for (const piece of pieces) release(piece);
    if (this.#unsynced >= SYNC_EVERY && !isSyncing) this.#syncEarly();
  }

  #syncEarly(): void {
    this.#unsynced = 0;
    isSyncing = true;
    this.#syncing = this.#file
      .datasync()
      // The system tells of a failure once.
      .catch((error) => void this.destroy(error))
      .finally(() => {
        isSyncing = false;
      });
  }
}

/** What is left of the pieces behind so many bytes. */
function behind(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let passed = 0;
  return pieces.flatMap((piece) => {
    const left = piece.subarray(Math.max(0, bytes - passed));
    passed += piece.length;
    return left.length > 0 ? [left] : [];
  });
}

/**
 * Gives memory back now, where all of it is the piece's. The collector does not know how much
 * waits behind small objects, and would look at everything for each 64 MB that come.
 */
function release({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
