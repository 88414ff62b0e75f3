import type { Server } from '../rivals/server.ts';
import type { Deadline } from './deadline.ts';
import type { RunOptions } from './options.ts';
import { commonPlace, prepare } from './prepare.ts';
import type { Entrant, Sample, Scenario } from './scenario.ts';

/** A sample of every server by name; servers take turns within a round. */
export type Round = Readonly<Record<string, Sample>>;

/** A server that gave no sample, and takes no further part in the run. */
export interface Failure {
  readonly server: string;
  /** Counted from 1; 0 when it could not even be prepared. */
  readonly round: number;
  readonly reason: string;
}

/** What became of a run. */
export interface Outcome {
  readonly rounds: readonly Round[];
  readonly failures: readonly Failure[];
}

/** A run of one scenario. */
export interface Run {
  readonly scenario: Scenario;
  readonly options: RunOptions;
  /** Those that the scenario suits; see `suited`. */
  readonly servers: readonly Server[];
  /** Of this run alone. */
  readonly directory: string;
  /** Whether there is to be another round after these; until `options.rounds` unless it says so. */
  readonly goesOn?: (rounds: readonly Round[]) => boolean;
  /** Bounds every turn; whoever has not had its own by then fails. */
  readonly deadline?: Deadline;
  /** Told how it goes; the console unless it says so. */
  readonly say?: (line: string) => void;
}

/** Those that the scenario makes sense with, in their order. */
export function suited(
  scenario: Scenario,
  servers: readonly Server[],
  options: RunOptions,
): Server[] {
  return servers.filter((server) => scenario.suits?.(server, options) ?? true);
}

function describeSample({ columns }: Scenario, sample: Sample): string {
  const there = columns.filter(
    ({ key, isOptional }) => !isOptional || Number.isFinite(sample[key]),
  );
  const figures = there.map(({ key, title, digits }) => `${title} ${sample[key]?.toFixed(digits)}`);
  return figures.join(', ');
}

/** Those who take part; who fails is left out from there on, and the others go on. */
class Field {
  readonly failures: Failure[] = [];
  entrants: readonly Entrant[] = [];
  readonly #run: Run;
  readonly say: (line: string) => void;

  constructor(run: Run) {
    this.#run = run;
    this.say = run.say ?? console.log;
  }

  /** Round 0 is the preparation. */
  async #attempt<T>(server: Server, round: number, work: () => Promise<T>): Promise<T | undefined> {
    const { deadline } = this.#run;
    try {
      return await (deadline ? deadline.bound(work) : work());
    } catch (error) {
      const reason = (error as Error).message.trim();
      this.say(`  ${server.name} failed: ${reason}`);
      this.failures.push({ server: server.name, round, reason });
      return undefined;
    }
  }

  async prepare(): Promise<void> {
    const { scenario, options, servers, directory } = this.#run;
    const common = await commonPlace(directory, scenario, options);
    const prepared: Entrant[] = [];
    for (const server of servers) {
      const entrant = await this.#attempt(server, 0, () => prepare(server, directory, common));
      if (entrant) prepared.push(entrant);
    }
    this.entrants = prepared;
  }

  /** One turn of every server, each freshly started, so that all meet the same machine. */
  async playRound(round: number, generator: string): Promise<Round> {
    const { scenario, options } = this.#run;
    const samples: Record<string, Sample> = {};
    // Who was first is last in the next round: what drifts meets all alike.
    const order = round % 2 === 1 ? this.entrants : this.entrants.toReversed();
    for (const entrant of order) {
      const measure = () => scenario.measure(entrant, options, generator);
      const sample = await this.#attempt(entrant.server, round, measure);
      if (!sample) continue;
      samples[entrant.server.name] = sample;
      this.say(`  ${entrant.server.name}: ${describeSample(scenario, sample)}`);
    }
    this.entrants = this.entrants.filter(({ server }) => samples[server.name] !== undefined);
    return samples;
  }
}

/**
 * Compiles the generator, prepares the servers and plays `options.rounds` rounds.
 * @throws {UsageError} when the options are not for this scenario.
 * @throws {Error} when the generator cannot be built.
 */
export async function play(run: Run): Promise<Outcome> {
  const { scenario, options, directory } = run;
  const goesOn = run.goesOn ?? (({ length }) => length < options.rounds);
  const generator = (await scenario.build?.(directory, options)) ?? '';
  const field = new Field(run);
  await field.prepare();
  const rounds: Round[] = [];
  while (goesOn(rounds) && field.entrants.length > 0) {
    const round = rounds.length + 1;
    field.say(run.goesOn ? `round ${round}` : `round ${round} of ${options.rounds}`);
    rounds.push(await field.playRound(round, generator));
  }
  return { rounds, failures: field.failures };
}
