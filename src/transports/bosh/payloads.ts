import { giveBuffer, withRoom } from '../buffer-pool.ts';

/** UTF-16 units become at most this many bytes each. */
const MAX_BYTES_PER_UNIT = 3;
const STREAM_TAG = '<stream:';

/** What waits for the next response; there is a buffer only while something does. */
export class Payloads {
  /** Bytes that have been put here, ever. */
  given = 0;
  /** Whether the prefix `stream` is in what waits. */
  needsStream = false;
  /** Those that are no stanzas. */
  #elements: string[] = [];
  #buffer: Buffer | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All that waits, valid until `clear`; null for nothing. */
  get bytes(): Buffer | null {
    return this.#buffer?.subarray(0, this.#length) ?? null;
  }

  /** Adds what is no stanza. */
  add(xml: string): void {
    this.#elements.push(xml);
    if (xml.startsWith(STREAM_TAG)) this.needsStream = true;
    this.#reserve(xml.length * MAX_BYTES_PER_UNIT);
    this.#grow(this.#buffer!.write(xml, this.#length));
  }

  /** Adds the two as one piece, a stanza where `rest` is not empty; `rest` is copied. */
  addParts(head: string, rest: Buffer): void {
    if (rest.length === 0) {
      this.add(head);
      return;
    }
    this.#reserve(head.length * MAX_BYTES_PER_UNIT + rest.length);
    this.#grow(this.#buffer!.write(head, this.#length));
    this.#buffer!.set(rest, this.#length);
    this.#grow(rest.length);
  }

  clear(): void {
    if (this.#buffer) giveBuffer(this.#buffer);
    this.#buffer = null;
    this.#length = 0;
    this.#elements = [];
    this.needsStream = false;
  }

  dropStanzas(): void {
    const elements = this.#elements;
    this.clear();
    for (const element of elements) this.add(element);
  }

  #grow(size: number): void {
    this.#length += size;
    this.given += size;
  }

  /** Makes sure that `size` more bytes fit. */
  #reserve(size: number): void {
    this.#buffer = withRoom(this.#buffer, this.#length, size);
  }
}
