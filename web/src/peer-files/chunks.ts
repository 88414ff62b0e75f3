/** What every browser takes in one message, in bytes. */
const CHUNK = 16 * 1024;
/** Read from the file at a time. */
const SLICE = 1024 * 1024;
/** As much may wait in the channel; it goes on when half of that has left. */
const HIGH_WATER = 2 * 1024 * 1024;

/** As much of a data channel as sending needs. */
export type Outlet = Pick<
  RTCDataChannel,
  | 'send'
  | 'bufferedAmount'
  | 'bufferedAmountLowThreshold'
  | 'readyState'
  | 'addEventListener'
  | 'removeEventListener'
>;

/** The other side, or the user, has ended it. */
export class Interrupted extends Error {}

/** Sends a file in pieces, no faster than the channel takes them. @throws Interrupted */
export async function sendInChunks(
  outlet: Outlet,
  file: Blob,
  progressed: (bytes: number) => void,
): Promise<void> {
  outlet.bufferedAmountLowThreshold = HIGH_WATER / 2;
  for (let at = 0; at < file.size; at += SLICE) {
    const slice = await file.slice(at, at + SLICE).arrayBuffer();
    for (let offset = 0; offset < slice.byteLength; offset += CHUNK) {
      if (outlet.bufferedAmount > HIGH_WATER) await drained(outlet);
      if (outlet.readyState !== 'open') throw new Interrupted();
      outlet.send(slice.slice(offset, offset + CHUNK));
    }
    progressed(Math.min(at + SLICE, file.size));
  }
}

async function drained(outlet: Outlet): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      outlet.removeEventListener('bufferedamountlow', done);
      outlet.removeEventListener('close', done);
      resolve();
    };
    outlet.addEventListener('bufferedamountlow', done);
    outlet.addEventListener('close', done);
  });
}

/** Collects the pieces of a file of `size` bytes; a byte too many is a fault of the sender. */
export class Collector {
  readonly #size: number;
  #parts: Blob[] = [];
  #recent: ArrayBuffer[] = [];
  #bytes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isComplete(): boolean {
    return this.#bytes === this.#size;
  }

  /** False where it is more than was announced. */
  add(piece: ArrayBuffer): boolean {
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#size) return false;
    this.#recent.push(piece);
    // A browser may keep what is in a blob on disk.
    if (this.#recent.length >= SLICE / CHUNK) this.#store();
    return true;
  }

  /** All of it. It is of no type that a browser would run. */
  toBlob(): Blob {
    this.#store();
    return new Blob(this.#parts, { type: 'application/octet-stream' });
  }

  #store(): void {
    this.#parts.push(new Blob(this.#recent));
    this.#recent = [];
  }
}

/** XEP-0300: SHA-256 over all of it. */
export async function hashOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
