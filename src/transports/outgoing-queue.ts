import { giveBuffer, withRoom } from './buffer-pool.ts';

/** Where a queue's bytes go. */
export interface Sink {
  /** Takes the bytes and calls `done` once it no longer needs them, with an error when they were lost. */
  write(bytes: Buffer, done: (error?: Error | null) => void): void;
  /** The bound is passed and nothing more is queued. Called once, never from within `send`. */
  overflowed(): void;
  /** After `finish`: everything has been handed to `write`. Called once. */
  finished(): void;
}

/** How pieces are told apart on their way; within a stream of bytes they are not. */
export interface Framing {
  /** Bytes that a piece may take besides its own. */
  readonly room: number;
  /** How many of them stand before it while it is written. */
  readonly lead: number;
  /** Frames the piece that was written behind its lead, which begins at `start`; returns its end. */
  seal(buffer: Buffer, start: number, end: number): number;
}

/** Bytes that may wait for a peer that does not read. */
export const DEFAULT_QUEUE_LIMIT = 4 * 1024 * 1024;

/** UTF-16 units become at most this many bytes each. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * What one connection has yet to write. Everything queued in one turn of the
 * event loop leaves in one write, which over TLS makes one record. There is a
 * buffer only while something waits, and one write at a time: what comes
 * meanwhile is joined for the next.
 */
export class OutgoingQueue {
  readonly #sink: Sink;
  readonly #limit: number;
  readonly #framing: Framing | null;
  #buffer: Buffer | null = null;
  #length = 0;
  #writing: Buffer | null = null;
  #writingLength = 0;
  #lost = 0;
  #isDirty = false;
  #isShut = false;
  #hasOverflowed = false;
  #isFinishing = false;

  constructor(sink: Sink, limit = DEFAULT_QUEUE_LIMIT, framing: Framing | null = null) {
    this.#sink = sink;
    this.#limit = limit;
    this.#framing = framing;
  }

  /** Bytes that the sink has not finished with. */
  get queuedBytes(): number {
    return this.#length + this.#writingLength;
  }

  /** Bytes that came too late, or were queued when the sink broke: it never gets them. */
  get lostBytes(): number {
    return this.#lost;
  }

  send(xml: string): void {
    if (this.#isShut) {
      this.#lost += Buffer.byteLength(xml);
      return;
    }
    const start = this.#begin(xml.length * MAX_BYTES_PER_UNIT);
    this.#append(xml);
    this.#queued(start);
  }

  /** Queues the two as one piece; `rest` is copied. */
  sendParts(head: string, rest: Buffer): void {
    if (this.#isShut) {
      this.#lost += Buffer.byteLength(head) + rest.length;
      return;
    }
    const start = this.#begin(head.length * MAX_BYTES_PER_UNIT + rest.length);
    this.#append(head);
    this.#buffer!.set(rest, this.#length);
    this.#length += rest.length;
    this.#queued(start);
  }

  /** Writes what waits now instead of at the end of the turn. */
  flush(): void {
    if (this.#writing || !this.#buffer || this.#length === 0) return;
    this.#writing = this.#buffer;
    this.#writingLength = this.#length;
    this.#buffer = null;
    this.#length = 0;
    this.#sink.write(this.#writing.subarray(0, this.#writingLength), this.#written);
  }

  /** Whether nothing is left to hand to the sink. */
  get isHandedOver(): boolean {
    return this.#length === 0;
  }

  /** Takes nothing more; tells the sink once the rest is handed over. */
  finish(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#isFinishing = true;
    this.flush();
    this.#finishWhenHandedOver();
  }

  /** Drops what waits; nothing is queued from now on. */
  shut(): void {
    this.#isShut = true;
    this.#isFinishing = false;
    if (this.#buffer) giveBuffer(this.#buffer);
    this.#buffer = null;
    this.#lost += this.#length;
    this.#length = 0;
  }

  /** The shared flush has come to this queue. */
  flushDirty(): void {
    this.#isDirty = false;
    if (this.#hasOverflowed) this.#sink.overflowed();
    else this.flush();
  }

  /** Makes room for a piece of at most `size` bytes; returns where it begins. */
  #begin(size: number): number {
    const start = this.#length;
    const framing = this.#framing;
    this.#reserve(framing ? size + framing.room : size);
    if (framing) this.#length += framing.lead;
    return start;
  }

  #append(xml: string): void {
    this.#length += this.#buffer!.write(xml, this.#length);
  }

  /** Makes sure that `size` more bytes fit. */
  #reserve(size: number): void {
    this.#buffer = withRoom(this.#buffer, this.#length, size);
  }

  #queued(start: number): void {
    if (this.#framing) this.#length = this.#framing.seal(this.#buffer!, start, this.#length);
    if (this.queuedBytes > this.#limit) {
      this.shut();
      this.#hasOverflowed = true;
    }
    if (this.#isDirty) return;
    this.#isDirty = true;
    markDirty(this);
  }

  readonly #written = (error?: Error | null): void => {
    const written = this.#writing;
    if (error) this.#lost += this.#writingLength;
    this.#writing = null;
    this.#writingLength = 0;
    // After an error the system may still hold the bytes: they are left to the collector.
    if (written && !error) giveBuffer(written);
    this.flush();
    this.#finishWhenHandedOver();
  };

  #finishWhenHandedOver(): void {
    if (!this.#isFinishing || !this.isHandedOver) return;
    this.#isFinishing = false;
    this.#sink.finished();
  }
}

let dirty: OutgoingQueue[] = [];

function markDirty(queue: OutgoingQueue): void {
  if (dirty.length === 0) setImmediate(flushAll);
  dirty.push(queue);
}

/** Flushes every queue that got something in this turn. */
function flushAll(): void {
  const queues = dirty;
  dirty = [];
  for (const queue of queues) queue.flushDirty();
}
