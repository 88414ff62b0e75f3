import type { Due, Gate } from './gate.ts';

const NOTHING: readonly Due[] = [];

/** What is to be written to a client and may not yet. */
export class HeldDeliveries {
  /** What waits for `release`; null while nothing is held. */
  #held: Due[] | null = null;
  /** What may keep deliveries back beyond that; null while nothing does. */
  #gate: Gate | null = null;

  /** Whether all passes. */
  get isOpen(): boolean {
    return this.#held === null && this.#gate === null;
  }

  /** Takes one; returns what is to be written now, in that order. */
  pass(due: Due): readonly Due[] {
    if (!this.#held) return this.#gate?.pass(due) ?? [due];
    this.#held.push({ ...due, stanza: due.stanza.keep() });
    return NOTHING;
  }

  /** Null for none; returns what the gate before has kept. */
  setGate(gate: Gate | null): readonly Due[] {
    const kept = this.#gate?.release() ?? NOTHING;
    this.#gate = gate;
    return kept;
  }

  /** Keeps all back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Returns what was held, which has yet to pass. */
  release(): readonly Due[] {
    const held = this.#held ?? NOTHING;
    this.#held = null;
    return held;
  }

  /** Nothing more will be written; returns what was not, the oldest first. */
  giveUp(): Due[] {
    const kept = [...(this.#gate?.surrender() ?? NOTHING), ...this.release()];
    this.#gate = null;
    return kept;
  }
}
