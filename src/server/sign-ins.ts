import type { Sample } from '../lib/open-metrics.ts';
import { TOKEN_MECHANISMS } from '../stream/sasl/hashed-token.ts';
import { MECHANISMS } from '../stream/sasl/mechanisms.ts';

const KNOWN = new Set([...MECHANISMS.keys(), ...TOKEN_MECHANISMS.map(({ name }) => name)]);

/** Counts attempts to sign in by mechanism and outcome. */
export class SignIns {
  readonly #counts = new Map<string, { labels: Record<string, string>; value: number }>();

  /** `outcome` is `success`, or the condition of RFC 6120 §6.5. */
  readonly note = (named: string, outcome: string): void => {
    // Clients name what they like; what is counted is bounded.
    const mechanism = KNOWN.has(named) ? named : 'other';
    const key = `${mechanism} ${outcome}`;
    const entry = this.#counts.get(key) ?? { labels: { mechanism, outcome }, value: 0 };
    this.#counts.set(key, entry);
    entry.value++;
  };

  samples(): Sample[] {
    return [...this.#counts.values()];
  }
}
