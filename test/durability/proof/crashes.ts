import type { Fact } from './history.ts';

/** Whether the server ended without having had the time to put things in order. */
export function isCrash({ kind }: Fact): boolean {
  return kind === 'killed' || kind === 'full';
}

/**
 * The times from a crash to the next start. What was on its way when the server was killed is
 * heard after the kill, so a crash lasts until the server is back.
 */
export class Crashes {
  readonly #periods: (readonly [number, number])[] = [];

  constructor(facts: readonly Fact[]) {
    let crashedAt: number | null = null;
    for (const [at, fact] of facts.entries()) {
      if (isCrash(fact)) crashedAt ??= at;
      if (fact.kind !== 'started' || crashedAt === null) continue;
      this.#periods.push([crashedAt, at]);
      crashedAt = null;
    }
    if (crashedAt !== null) this.#periods.push([crashedAt, facts.length]);
  }

  overlap(from: number, to: number): boolean {
    return this.#periods.some(([crashed, back]) => crashed < to && back > from);
  }
}
