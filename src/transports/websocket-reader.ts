// In the walk of a message over WebSocket: its frame is found, and unmasked where it is.

import { isUtf8 } from 'node:buffer';
import { unmask, wordsOf } from './websocket-mask.ts';

/** The only frame of a text message: the last, with nothing reserved (RFC 6455 §5.2). */
const WHOLE_TEXT = 0x81;
const IS_LAST = 0x80;
const OPCODE = 0x0f;
/** The first opcode of control frames. */
const CLOSE = 8;
const IS_MASKED = 0x80;
const LENGTH = 0x7f;
/** Bytes of the longest head, its masking key among them. */
const LONGEST_HEAD = 14;

/** What comes over a WebSocket is one of these. */
export interface WebSocketInput {
  /** A message of text: the bytes from `start` to `end`, which are UTF-8, and at least one. */
  onText(bytes: Buffer, start: number, end: number): void;
  /** Bytes that are for `ws`. */
  onRest(bytes: Buffer): void;
}

/**
 * Reads the kind of frame that nearly all are, a whole message of text that is there at once, and
 * leaves all else to `ws`: fragments, pings, the close, frames in pieces, and what must not
 * be, which it alone judges. `ws` makes ten objects of each frame, which was a third of what a
 * message cost. From the first frame on that is not ours all of a chunk is its, and in its order.
 */
export class WebSocketReader {
  readonly #input: WebSocketInput;
  readonly #limit: number;
  /** Bytes that have yet to come of the frame under way. */
  #missing = 0;
  /** The head under way. */
  #head: Buffer | null = null;
  #isFragmented = false;
  #isOver = false;

  /** Messages of more than `limit` bytes are for `ws` to refuse. */
  constructor(input: WebSocketInput, limit: number) {
    this.#input = input;
    this.#limit = limit;
  }

  /** Reads on; the chunk is not to be used again. */
  read(chunk: Buffer): void {
    const isBetween = this.#missing === 0 && !this.#head;
    if (isBetween && this.#isOver) return;
    const at = isBetween && !this.#isFragmented ? this.#readTexts(chunk) : 0;
    if (at === chunk.length) return;
    this.#follow(chunk, at);
    this.#input.onRest(at === 0 ? chunk : chunk.subarray(at));
  }

  /** Drops what comes from now on. */
  stop(): void {
    this.#isOver = true;
    this.#missing = 0;
    this.#head = null;
  }

  /** Hands messages over until something else comes; returns where that begins. */
  #readTexts(chunk: Buffer): number {
    const words = wordsOf(chunk);
    let at = 0;
    while (chunk[at] === WHOLE_TEXT) {
      const start = at + headLength(chunk, at);
      const end = start + payloadLength(chunk, at);
      if (end > chunk.length || !this.#isOurs(chunk[at + 1]!, end - start)) break;
      if (!unmask(chunk, words, start, end) && !isUtf8(chunk.subarray(start, end))) {
        unmask(chunk, words, start, end);
        break;
      }
      this.#input.onText(chunk, start, end);
      at = end;
    }
    return at;
  }

  #isOurs(second: number, length: number): boolean {
    return (second & IS_MASKED) !== 0 && length > 0 && length <= this.#limit;
  }

  /** Finds out where between frames, or in which, the chunk ends. */
  #follow(chunk: Buffer, start: number): void {
    let at = start + this.#missing;
    if (this.#head) {
      const { length } = this.#head;
      const head = Buffer.concat([this.#head, chunk.subarray(0, LONGEST_HEAD)]);
      at = this.#endOf(head, 0) - length;
    }
    while (at < chunk.length) at = this.#endOf(chunk, at);
    this.#missing = at - chunk.length;
  }

  /** Where the frame ends that begins there, or the bytes, where they do not have its head. */
  #endOf(bytes: Buffer, at: number): number {
    const start = at + headLength(bytes, at);
    this.#head = start > bytes.length ? Buffer.from(bytes.subarray(at)) : null;
    if (this.#head) return bytes.length;
    const opcode = bytes[at]! & OPCODE;
    if (opcode < CLOSE) this.#isFragmented = (bytes[at]! & IS_LAST) === 0;
    else if (opcode === CLOSE) this.#isOver = true;
    return start + payloadLength(bytes, at);
  }
}

/** Of as much of the head as is there. */
function headLength(bytes: Buffer, at: number): number {
  const second = bytes[at + 1]!;
  const short = second & LENGTH;
  return (short < 126 ? 2 : short === 126 ? 4 : 10) + ((second & IS_MASKED) === 0 ? 0 : 4);
}

function payloadLength(bytes: Buffer, at: number): number {
  const short = bytes[at + 1]! & LENGTH;
  if (short < 126) return short;
  if (short === 126) return uint16(bytes, at + 2);
  const [high, low] = [at + 2, at + 6].map(
    (each) => uint16(bytes, each) * 65_536 + uint16(bytes, each + 2),
  );
  return high! * 2 ** 32 + low!;
}

function uint16(bytes: Buffer, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
