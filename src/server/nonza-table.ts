import type { NonzaHandler } from './module.ts';

/**
 * Who takes an element that is no stanza. Two handlers for one element are a
 * mistake in the set of modules.
 */
export class NonzaTable {
  readonly #handlers = new Map<string, NonzaHandler>();
  readonly #owners = new Map<string, string>();

  /** Throws when another module takes the same element. */
  add(handler: NonzaHandler, module: string): void {
    const key = keyOf(handler.xmlns, handler.name);
    const other = this.#owners.get(key);
    if (other) throw new Error(`modules ${other} and ${module} both take ${key}`);
    this.#handlers.set(key, handler);
    this.#owners.set(key, module);
  }

  find(xmlns: string, name: string): NonzaHandler | undefined {
    return this.#handlers.get(keyOf(xmlns, name));
  }

  /** `nonza {xmlns}name: module`, sorted, for people. */
  describe(): string[] {
    return [...this.#owners].map(([key, module]) => `nonza ${key}: ${module}`).sort();
  }
}

function keyOf(xmlns: string, name: string): string {
  return `{${xmlns}}${name}`;
}
