import type { Framing } from './outgoing-queue.ts';

/** The last fragment of a text message, which is its only one (RFC 6455 §5.2). */
const WHOLE_TEXT = 0x81;
const SHORT = 125;
const MEDIUM = 65_535;

/**
 * One unmasked frame for each piece, its length in as few bytes as hold it (RFC 6455
 * §5.2). Most take a header of four bytes; behind others the payload is moved.
 */
export const textFrames: Framing = {
  room: 10,
  lead: 4,
  seal(buffer, start, end) {
    const length = end - start - 4;
    buffer[start] = WHOLE_TEXT;
    if (length <= SHORT) {
      buffer[start + 1] = length;
      buffer.copyWithin(start + 2, start + 4, end);
      return end - 2;
    }
    if (length <= MEDIUM) {
      buffer[start + 1] = 126;
      buffer.writeUInt16BE(length, start + 2);
      return end;
    }
    buffer.copyWithin(start + 10, start + 4, end);
    buffer[start + 1] = 127;
    buffer.writeUInt32BE(0, start + 2);
    buffer.writeUInt32BE(length, start + 6);
    return end + 6;
  },
};
