const EMPTY = Buffer.alloc(0);
/** Own buffers are at least that large, so that single bytes do not make many. */
const MIN_CAPACITY = 256;

/**
 * The bytes that a parser has yet to read: the current chunk while it lasts, and
 * a buffer of its own for what has to wait for more.
 */
export class ByteWindow {
  bytes: Buffer = EMPTY;
  /** The first byte that is not done with. */
  at = 0;
  end = 0;
  private isOwned = false;

  get isEmpty(): boolean {
    return this.at === this.end;
  }

  /** Adds bytes; they are borrowed until `settle` when nothing else waits. */
  add(chunk: Buffer): void {
    if (this.isEmpty) this.show(chunk, chunk.length, false);
    else if (this.isOwned && this.end + chunk.length <= this.bytes.length) this.put(chunk);
    else this.grow(chunk);
  }

  /**
   * Adds bytes while others are being read. They are copied, and none that are
   * there move: a frame may be in somebody's hands.
   */
  addBehind(chunk: Buffer): void {
    if (this.isOwned && this.end + chunk.length <= this.bytes.length) this.put(chunk);
    else this.grow(chunk);
  }

  clear(): void {
    this.show(EMPTY, 0, false);
  }

  /** Lets go of the chunk: what is left of it is copied. */
  settle(): void {
    const length = this.end - this.at;
    const isWasteful = this.bytes.length > MIN_CAPACITY && length < this.bytes.length >> 2;
    if (length === 0) this.clear();
    else if (!this.isOwned || isWasteful) this.move(length);
  }

  private put(chunk: Buffer): void {
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  // To twice of what is needed, so that a byte is copied but a few times however small the pieces.
  private grow(chunk: Buffer): void {
    this.move((this.end - this.at + chunk.length) * 2);
    this.put(chunk);
  }

  private move(capacity: number): void {
    const length = this.end - this.at;
    const bytes = Buffer.allocUnsafeSlow(Math.max(capacity, MIN_CAPACITY));
    this.bytes.copy(bytes, 0, this.at, this.end);
    this.show(bytes, length, true);
  }

  private show(bytes: Buffer, end: number, isOwned: boolean): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = end;
    this.isOwned = isOwned;
  }
}
