import type { Readable } from 'node:stream';

/** Names a blob: 32 lower-case hexadecimal digits. The server makes them; none comes from the wire. */
export type BlobKey = string;

/** Offsets of the first byte and of the last one. */
export interface BlobRange {
  readonly start: number;
  readonly end: number;
}

/** Large pieces of data, by key; each is written once. Memory stays flat, whatever their sizes. */
export interface BlobStore {
  /**
   * Keeps what `source` gives, and resolves once it is on disk. Where `source` fails, or gives
   * more or less than `size` bytes, nothing is kept: rejects with its error, or with one of ours,
   * and with `StorageError` where the disk is at fault. It does not destroy `source`, but what
   * memory its pieces had may be gone afterwards.
   */
  put(key: BlobKey, source: Readable, size: number): Promise<void>;
  /** Its bytes, all or those of `range`; null for a blob that is not there. To be read, or destroyed. */
  read(key: BlobKey, range?: BlobRange): Promise<Readable | null>;
  /** Without effect where there is none. Rejects with `StorageError`. */
  delete(key: BlobKey): Promise<void>;
}
