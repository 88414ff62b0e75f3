/** Sizes of pooled buffers, and how many of each are kept while nobody uses them. */
const CLASSES = [
  { size: 4 * 1024, spare: 512 },
  { size: 16 * 1024, spare: 128 },
  { size: 64 * 1024, spare: 32 },
] as const;

const spares: Buffer[][] = CLASSES.map(() => []);

/** A buffer of at least `size` bytes, its content undefined. Larger ones than the pool has are made. */
export function takeBuffer(size: number): Buffer {
  const index = CLASSES.findIndex((each) => each.size >= size);
  const fitting = CLASSES[index];
  if (!fitting) return Buffer.allocUnsafeSlow(size);
  return spares[index]?.pop() ?? Buffer.allocUnsafeSlow(fitting.size);
}

/** Gives back a buffer that nobody reads or writes any more. */
export function giveBuffer(buffer: Buffer): void {
  const index = CLASSES.findIndex((each) => each.size === buffer.length);
  const spare = spares[index];
  const limit = CLASSES[index]?.spare;
  if (spare && limit && spare.length < limit) spare.push(buffer);
}

/** The buffer, or a larger one with its first `length` bytes, so that `size` more fit behind them. */
export function withRoom(buffer: Buffer | null, length: number, size: number): Buffer {
  const needed = length + size;
  if (!buffer) return takeBuffer(needed);
  if (buffer.length >= needed) return buffer;
  const larger = takeBuffer(Math.max(needed, buffer.length * 2));
  buffer.copy(larger, 0, 0, length);
  giveBuffer(buffer);
  return larger;
}
