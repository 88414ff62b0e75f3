import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAll } from '../rivals/process.ts';
import { Deadline } from '../run/deadline.ts';
import { type Outcome, play } from '../run/play.ts';
import { machine, versions } from '../run/versions.ts';
import { chartsOf } from './charts.ts';
import { formatDuration, mostSeconds } from './estimate.ts';
import type { PlannedRun } from './plan.ts';
import { describeSuite } from './report.ts';
import { finiteOnly, type RunResult, type SuiteResults } from './results.ts';

/** Where all of it takes place. */
export interface Suite {
  readonly runs: readonly PlannedRun[];
  /** As after `npm run bench --`, for the record. */
  readonly args: string;
  /** Of this suite alone; a run's part is removed after it. */
  readonly directory: string;
}

/** Whoever had no part in it failed for one reason. */
function nothingPlayed({ servers }: PlannedRun, error: unknown): Outcome {
  const reason = (error as Error).message;
  console.log(`  ${reason}`);
  return { rounds: [], failures: servers.map(({ name }) => ({ server: name, round: 0, reason })) };
}

function toResult(
  { run, scenario, servers }: PlannedRun,
  { rounds, failures }: Outcome,
): RunResult {
  return {
    title: run.title,
    args: run.args,
    servers: servers.map(({ name }) => name),
    columns: [...scenario.columns],
    inReadme: [...run.inReadme],
    charted: [...run.charted],
    rounds: rounds.map((round) =>
      Object.fromEntries(Object.entries(round).map(([name, sample]) => [name, finiteOnly(sample)])),
    ),
    failures: [...failures],
  };
}

/** Plays one run in a directory of its own; ends it when it takes longer than it may. */
export async function playPlanned(
  planned: PlannedRun,
  directory: string,
  seconds: number,
): Promise<RunResult> {
  const { scenario, options, servers } = planned;
  const deadline = new Deadline(seconds, endAll);
  mkdirSync(directory);
  try {
    const outcome = await play({ scenario, options, servers, directory, deadline });
    return toResult(planned, outcome);
  } catch (error) {
    return toResult(planned, nothingPlayed(planned, error));
  } finally {
    deadline.clear();
    if (!options.keep) rmSync(directory, { recursive: true, force: true });
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * Plays the runs one after another and calls `save` with what there is after each. A run that would
 * begin after the time for all is over is recorded as failed.
 */
export async function playSuite(
  { runs, args, directory }: Suite,
  save: (results: SuiteResults) => void,
): Promise<SuiteResults> {
  const expected = sum(runs.map(({ expectedSeconds }) => expectedSeconds));
  const most = mostSeconds(expected);
  const count = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`;
  console.log(`${count}, about ${formatDuration(expected)}; at most ${formatDuration(most)}`);
  const date = new Date().toISOString();
  const begin = performance.now();
  const minutes = () => (performance.now() - begin) / 60_000;
  const about = { format: 1 as const, date, args, machine: machine(), versions: versions() };
  const results: SuiteResults = { ...about, minutes: 0, runs: [] };
  for (const [index, planned] of runs.entries()) {
    const duration = formatDuration(planned.expectedSeconds);
    console.log(`\n[${index + 1} of ${runs.length}] ${planned.run.args} (${duration})`);
    const left = most - minutes() * 60;
    const seconds = Math.max(0, Math.min(mostSeconds(planned.expectedSeconds), left));
    results.runs.push(await playPlanned(planned, join(directory, `run-${index}`), seconds));
    results.minutes = minutes();
    save(results);
  }
  return results;
}

/** Writes `<name>.json`, `<name>.md` and the charts, in a folder `<name>`. */
export function saveSuite(folder: string, name: string, results: SuiteResults): void {
  const charts = join(folder, name);
  mkdirSync(charts, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(folder, `${name}.md`), `# Benchmarks\n\n${describeSuite(results, name)}\n`);
  for (const [file, picture] of chartsOf(results)) writeFileSync(join(charts, file), picture);
}
