/**
 * A map that forgets what has not been used for long. It keeps two generations:
 * new and used entries are in the young one; when that is half of `capacity`,
 * the old one is dropped and the young one takes its place. So a hit costs one
 * look-up, without the reordering of an exact least-recently-used list.
 */
export class LruMap<K, V extends NonNullable<unknown>> {
  readonly #generationSize: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** At most `capacity` entries are held, at least half of it before any is dropped. */
  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity >= 2)) {
      throw new RangeError(`capacity must be an integer of at least 2, not ${capacity}`);
    }
    this.#generationSize = Math.floor(capacity / 2);
  }

  /** How many entries are held. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The entry's value, which counts as a use. */
  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#promote(key);
  }

  set(key: K, value: V): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Whether there was such an entry. */
  delete(key: K): boolean {
    return this.#young.delete(key) || this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #promote(key: K): V | undefined {
    const value = this.#old.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
}
