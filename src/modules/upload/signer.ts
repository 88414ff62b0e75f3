import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Maybe } from '../../lib/maybe.ts';
import type { Upload } from '../../storage/upload-port.ts';

export const KEY_LENGTH = 32;

/** Signs slots, so that nobody else knows the URL of one, and for what it is given. */
export class Signer {
  readonly #key: Promise<Buffer>;

  constructor(key: Maybe<Buffer>) {
    this.#key = Promise.resolve(key);
    // Whoever waits for it hears of a failure.
    this.#key.catch(() => {});
  }

  async sign({ id, owner, name, type, size, purpose, deadline }: Upload): Promise<string> {
    const facts = JSON.stringify([id, owner, name, type, size, purpose, deadline]);
    return createHmac('sha256', await this.#key)
      .update(facts)
      .digest('base64url');
  }

  async verify(slot: Upload, signature: string): Promise<boolean> {
    const right = Buffer.from(await this.sign(slot));
    const shown = Buffer.from(signature);
    return right.length === shown.length && timingSafeEqual(right, shown);
  }
}
