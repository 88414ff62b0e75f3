/** The masking key as it stands over the words of memory, by bytes and as one of those words. */
const KEY = new Uint8Array(4);
const KEY_WORD = new Int32Array(KEY.buffer);
/** The first bit of each byte, with which none is ASCII. */
const NOT_ASCII = 0x80808080;

/** What a chunk's memory is in words of four bytes. */
export function wordsOf({ buffer }: Buffer): Int32Array {
  return new Int32Array(buffer, 0, buffer.byteLength >> 2);
}

/**
 * Takes off, or puts on, the mask of a payload that begins at `start` behind its key (RFC 6455
 * §5.3), word by word where it can; `words` are those of the bytes' memory. Returns whether what
 * is there now is all ASCII, which it tells by the way.
 */
export function unmask(bytes: Buffer, words: Int32Array, start: number, end: number): boolean {
  const { byteOffset } = bytes;
  const firstWord = Math.min(end, start + (-(byteOffset + start) & 3));
  const lastWord = Math.max(firstWord, end - ((byteOffset + end) & 3));
  let seen = unmaskBytes(bytes, start, start, firstWord);
  if (lastWord > firstWord) {
    for (let i = 0; i < 4; i++) KEY[i] = bytes[start - 4 + ((firstWord - start + i) & 3)]!;
    const key = KEY_WORD[0]!;
    const last = (byteOffset + lastWord) >> 2;
    for (let i = (byteOffset + firstWord) >> 2; i < last; i++) {
      const word = words[i]! ^ key;
      words[i] = word;
      seen |= word;
    }
  }
  seen |= unmaskBytes(bytes, start, lastWord, end);
  return (seen & NOT_ASCII) === 0;
}

/** All bits that are set in any of the bytes. */
function unmaskBytes(bytes: Buffer, start: number, from: number, to: number): number {
  let seen = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]! ^ bytes[start - 4 + ((i - start) & 3)]!;
    bytes[i] = byte;
    seen |= byte;
  }
  return seen;
}
