import type { Sample } from '../lib/open-metrics.ts';
import { MECHANISMS } from '../stream/sasl/mechanisms.ts';

/** Counts attempts to sign in by mechanism and outcome. */
export class SignIns {
  readonly #counts = new Map<string, { labels: Record<string, string>; value: number }>();

  /** `outcome` is `success`, or the condition of RFC 6120 §6.5. */
  readonly note = (named: string, outcome: string): void => {
    // Clients name what they like; what is counted is bounded.
    const mechanism = MECHANISMS.has(named) ? named : 'other';
    const key = `${mechanism} ${outcome}`;
    const entry = this.#counts.get(key) ?? { labels: { mechanism, outcome }, value: 0 };
    this.#counts.set(key, entry);
    entry.value++;
  };

  samples(): Sample[] {
    return [...this.#counts.values()];
  }
}
