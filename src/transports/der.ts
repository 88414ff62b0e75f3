/** An element of DER: its tag, and the bytes within it (X.690 §8.1). */
export interface DerElement {
  readonly tag: number;
  readonly contents: Buffer;
}

/** Bytes of a length that nothing here comes near. */
const MAX_LENGTH_BYTES = 4;

/**
 * The elements that follow each other in `bytes`, up to the first that is cut off.
 * Goes into none of them: how deep one looks is the caller's choice.
 */
export function derElements(bytes: Buffer): DerElement[] {
  const found: DerElement[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1]!;
    const extra = short < 0x80 ? 0 : short & 0x7f;
    const start = at + 2 + extra;
    if (extra > MAX_LENGTH_BYTES || start > bytes.length) break;
    const length = extra === 0 ? short : bytes.readUIntBE(at + 2, extra);
    if (start + length > bytes.length) break;
    found.push({ tag: bytes[at]!, contents: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
