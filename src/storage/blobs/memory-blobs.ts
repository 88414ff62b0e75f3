import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobKey, BlobRange, BlobStore } from '../blob-port.ts';

/** Blobs of a store in memory: for tests, and for what ends with the process. */
export class MemoryBlobs implements BlobStore {
  readonly #blobs = new Map<BlobKey, Buffer>();

  async put(key: BlobKey, source: Readable, size: number): Promise<void> {
    const bytes = await buffer(source);
    if (bytes.length !== size)
      throw new RangeError(`${bytes.length} bytes came instead of ${size}`);
    this.#blobs.set(key, bytes);
  }

  async read(key: BlobKey, range?: BlobRange): Promise<Readable | null> {
    const bytes = this.#blobs.get(key);
    if (!bytes) return null;
    return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], {
      objectMode: false,
    });
  }

  async delete(key: BlobKey): Promise<void> {
    this.#blobs.delete(key);
  }
}
