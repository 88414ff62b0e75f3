import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import bcrypt from 'bcrypt';
import type { ScramHash } from '../ports.ts';
import { canonicalBcrypt } from './bcrypt.ts';
import { DIGESTS } from './mechanism.ts';

const derive = promisify(pbkdf2);

/** Bytes that each hash yields. */
export const HASH_LENGTHS: Readonly<Record<ScramHash, number>> = {
  'SHA-1': 20,
  'SHA-256': 32,
  'SHA-512': 64,
};

/** Thrown when too many passwords wait to be hashed. */
export class HashingBusyError extends Error {}

/**
 * Salts passwords on Node's thread pool, a few at a time, so that a flood of
 * sign-ins neither stops the event loop nor starves what else the pool does.
 */
export class Hashing {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning = 2, maxWaiting = 1000) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /** How many passwords wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * SaltedPassword of RFC 5802 §3; the password is prepared already.
   * Rejects with `HashingBusyError` when the queue is full.
   */
  salt(hash: ScramHash, password: string, salt: Buffer, iterations: number): Promise<Buffer> {
    const length = HASH_LENGTHS[hash];
    return this.#run(() => derive(password, salt, iterations, length, DIGESTS[hash]));
  }

  /** Whether a bcrypt hash is of the password as it was typed. Rejects as `salt` does. */
  matchesBcrypt(password: string, hash: string): Promise<boolean> {
    return this.#run(() => bcrypt.compare(password, canonicalBcrypt(hash)));
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<void> | void {
    if (this.#running < this.#maxRunning) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#maxWaiting) throw new HashingBusyError('too many wait');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the place over to who has waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
