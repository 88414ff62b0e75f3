import { hash } from 'node:crypto';

/**
 * The keys by which requests show that they come from whoever began the session
 * (XEP-0124 §15): each is what hashes to the one before.
 */
export class KeySequence {
  /** In lower case; '' where the client uses no keys. */
  #last: string;

  constructor(newKey: string) {
    this.#last = newKey.toLowerCase();
  }

  /** Whether the next request's key is right; then the one behind it has to follow that. */
  takes({ key, newKey }: { readonly key: string; readonly newKey: string }): boolean {
    if (this.#last !== '' && (key === '' || hash('sha1', key) !== this.#last)) return false;
    const next = newKey || (this.#last && key);
    if (next) this.#last = next.toLowerCase();
    return true;
  }
}
