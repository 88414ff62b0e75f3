/** Longer keys are rare, and would let a peer fill the table with them. */
const MAX_KEY = 64;

interface Entry<T> {
  readonly key: Uint8Array;
  readonly value: T;
}

/**
 * What byte sequences stand for, found again without allocating. One slot a
 * hash, and a newer key takes it over: bounded, whatever peers send.
 */
export class InternTable<T> {
  private readonly entries: (Entry<T> | undefined)[];
  private readonly make: (bytes: Buffer, hash: number) => T;

  /** `size` is a power of two. */
  constructor(size: number, make: (bytes: Buffer, hash: number) => T) {
    this.entries = new Array(size).fill(undefined);
    this.make = make;
  }

  /** The value of the bytes from `start` to `end`, whose hash that is. */
  get(bytes: Buffer, start: number, end: number, hash: number): T {
    const slot = (hash ^ (hash >>> 13)) & (this.entries.length - 1);
    const entry = this.entries[slot];
    if (entry !== undefined && isEqual(entry.key, bytes, start, end)) return entry.value;
    const value = this.make(bytes.subarray(start, end), hash);
    if (end - start <= MAX_KEY) {
      this.entries[slot] = { key: new Uint8Array(bytes.subarray(start, end)), value };
    }
    return value;
  }
}

/** The hash of one byte more. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function isEqual(key: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (key[i] !== bytes[start + i]) return false;
  }
  return true;
}
