import type { IqHandler, Target } from './module.ts';

/**
 * Which handler answers an IQ: an exact match of type, target, namespace and
 * name. Two handlers for one key are a mistake in the set of modules.
 */
export class IqTable {
  readonly #handlers = new Map<string, IqHandler>();
  readonly #owners = new Map<string, string>();

  /** Throws when another module answers the same IQ. */
  add(handler: IqHandler, module: string): void {
    const key = keyOf(handler.type, handler.target, handler.xmlns, handler.name);
    const other = this.#owners.get(key);
    if (other) throw new Error(`modules ${other} and ${module} both answer iq ${key}`);
    this.#handlers.set(key, handler);
    this.#owners.set(key, module);
  }

  find(type: string, target: Target, xmlns: string, name: string): IqHandler | undefined {
    return this.#handlers.get(keyOf(type, target, xmlns, name));
  }

  /** The same table with other handlers in the places of these. */
  mapped(change: (handler: IqHandler, module: string) => IqHandler): IqTable {
    const table = new IqTable();
    for (const [key, handler] of this.#handlers) {
      const module = this.#owners.get(key) ?? '';
      table.add(change(handler, module), module);
    }
    return table;
  }

  /** `type target xmlns name: module`, sorted, for people. */
  describe(): string[] {
    return [...this.#owners].map(([key, module]) => `${key}: ${module}`).sort();
  }
}

function keyOf(type: string, target: Target, xmlns: string, name: string): string {
  return `${type} ${target} {${xmlns}}${name}`;
}
