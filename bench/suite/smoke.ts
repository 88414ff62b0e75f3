import { join } from 'node:path';
import { mostSeconds } from './estimate.ts';
import { type PlannedRun, planSuite } from './plan.ts';
import type { RunResult } from './results.ts';
import type { SuiteRun } from './runs.ts';
import { playPlanned } from './suite.ts';

/** Small enough for a second; `--accounts` as many as storm wants. */
const SMALL = [
  ...['--only', 'epode', '--rounds', '1', '--seconds', '1', '--warmup', '1', '--pairs', '20'],
  ...['--users', '20', '--accounts', '1400', '--logins', '50', '--sessions', '50,100'],
  ...['--rate', '100', '--archived', '500'],
];
/** In `reload` a server whose core others may want as well reads two configurations in the time. */
const IN_TWO_SECONDS = /^reload( |$)/;

const small = ({ args }: SuiteRun) =>
  IN_TWO_SECONDS.test(args) ? [...SMALL, '--seconds', '2'] : SMALL;

/** What is wrong with what a run ended with; null when it works. Nothing depends on how fast. */
export function complaint({ columns, rounds, failures }: RunResult): string | null {
  const failure = failures[0];
  if (failure) return failure.reason;
  const sample = Object.values(rounds[0] ?? {})[0];
  if (!sample) return 'no sample';
  const missing = columns.find(({ key, isOptional }) => !isOptional && !((sample[key] ?? -1) >= 0));
  if (missing) return `no ${missing.title}`;
  const idle = columns.find(({ key, better }) => better === 'higher' && sample[key] === 0);
  return idle ? `nothing arrived: 0 ${idle.title}` : null;
}

/** One of each scenario and of each way to come: how much there is to do changes nothing. */
function differing(runs: readonly PlannedRun[]): PlannedRun[] {
  const key = ({ options: { scenario, transport, tls, mechanism } }: PlannedRun) =>
    [scenario, transport, tls, mechanism === 'FAST'].join(' ');
  const seen = new Set<string>();
  return runs.filter((planned) => seen.size < seen.add(key(planned)).size);
}

async function passes(planned: PlannedRun, directory: string): Promise<boolean> {
  const seconds = mostSeconds(planned.expectedSeconds);
  console.log(planned.run.args);
  const wrong = complaint(await playPlanned(planned, directory, seconds));
  if (wrong) console.log(`FAILED: ${planned.run.args}: ${wrong}`);
  return wrong === null;
}

/** Whether everything works, with Epode alone; prints `N passed, N failed`. */
export async function playSmoke(args: readonly string[], directory: string): Promise<boolean> {
  const runs = differing(planSuite(args, small));
  let passed = 0;
  for (const [index, planned] of runs.entries())
    if (await passes(planned, join(directory, `run-${index}`))) passed++;
  console.log(`${passed} passed, ${runs.length - passed} failed`);
  return passed === runs.length;
}
