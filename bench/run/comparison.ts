import type { Round } from './play.ts';
import type { Column } from './scenario.ts';

/** The server that all others are set against. */
export const SUBJECT = 'epode';

/** Above this share of its core used by others a sample deserves no trust. */
const DISTURBED = 0.1;
/** Above this share of its core the generator may be what was measured. */
const SATURATED = 0.9;

/** A server's figures of one column, of the rounds that have one. */
export function valuesOf(
  rounds: readonly Round[],
  server: string,
  { key }: Pick<Column, 'key'>,
): number[] {
  return rounds.map((round) => round[server]?.[key] ?? Number.NaN).filter(Number.isFinite);
}

/**
 * How many times better the subject was, in each round that both were in: what the machine's mood
 * moves least.
 */
export function advantages(
  rounds: readonly Round[],
  rival: string,
  { key, better }: Pick<Column, 'key' | 'better'>,
): number[] {
  return rounds
    .map((round) => {
      const own = round[SUBJECT]?.[key] ?? Number.NaN;
      const other = round[rival]?.[key] ?? Number.NaN;
      return better === 'lower' ? other / own : own / other;
    })
    .filter(Number.isFinite);
}

/** Shares of the generators' cores, of all there were. */
function generatorShares(sample: Readonly<Record<string, number>>): number[] {
  return Object.keys(sample)
    .filter((key) => /generatorShare$/i.test(key))
    .map((key) => sample[key]!);
}

/** What takes trust from samples: who else used the cores. */
export function warnings(rounds: readonly Round[]): string[] {
  return rounds.flatMap((round, index) =>
    Object.entries(round).flatMap(([server, sample]) => {
      const where = `round ${index + 1}: `;
      const isDisturbed = (sample.othersShare ?? 0) > DISTURBED;
      const isSaturated = generatorShares(sample).some((share) => share > SATURATED);
      return [
        ...(isDisturbed ? [`${where}other processes disturbed ${server}`] : []),
        ...(isSaturated ? [`${where}the generator had no time left: ${server} may be faster`] : []),
      ];
    }),
  );
}
