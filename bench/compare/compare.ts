import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { epode, epodeIn } from '../rivals/epode.ts';
import { named, type RunOptions } from '../run/options.ts';
import { play, type Round } from '../run/play.ts';
import { checkMachine } from '../run/requirements.ts';
import type { Scenario } from '../run/scenario.ts';
import { machine, versions } from '../run/versions.ts';
import { createWorkspace } from '../run/workspace.ts';
import { type ComparisonOptions, readComparison } from './options.ts';
import { describeComparison, type Result } from './report.ts';
import { checkOut, type Revision, revisionNamed } from './revision.ts';
import { find, lossOf } from './verdict.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Plays the pairs of one scenario, at least as many as are asked for and until the time is over. */
async function compareBy(
  scenario: Scenario,
  options: RunOptions,
  { before, directory, until }: { before: string; directory: string; until: number },
): Promise<Result> {
  console.log(`\n${scenario.name}`);
  await mkdir(directory);
  const other = epodeIn(join(directory, '..', 'tree'), before);
  const servers = [other, epode];
  const goesOn = (rounds: readonly Round[]) =>
    rounds.every((round) => Object.keys(round).length === servers.length) &&
    (rounds.length < options.rounds || performance.now() < until);
  const outcome = await play({ scenario, options, servers, directory, goesOn });
  const names = { before, after: epode.name };
  const judged = scenario.columns.filter(({ better }) => better !== undefined);
  const findings = judged.map((column) => find(column, outcome.rounds, names));
  return { scenario, outcome, findings: findings.filter((finding) => finding !== null) };
}

async function compareAll(
  { runs, minutes }: ComparisonOptions,
  scenarios: readonly Scenario[],
  before: string,
  directory: string,
): Promise<Result[]> {
  const results: Result[] = [];
  const start = performance.now();
  for (const [index, options] of runs.entries()) {
    const share = (index + 1) / runs.length;
    const until = minutes === null ? 0 : start + minutes * 60_000 * share;
    const place = { before, directory: join(directory, `run-${index}`), until };
    results.push(await compareBy(named(scenarios, options.scenario), options, place));
  }
  return results;
}

async function save(
  directory: string,
  options: ComparisonOptions,
  revision: Revision,
  results: readonly Result[],
) {
  await mkdir(directory, { recursive: true });
  const date = new Date().toISOString();
  const base = join(directory, `${date.slice(0, 16).replace(':', '')}-against-${revision.name}`);
  const about = { machine: machine(), versions: versions() };
  const told = results.map(({ scenario, ...rest }) => ({ scenario: scenario.name, ...rest }));
  const record = { date, revision, options, ...about, results: told };
  await writeFile(`${base}.json`, `${JSON.stringify(record, null, 2)}\n`);
  const text = describeComparison(revision, versions().epode ?? 'what is here', results);
  await writeFile(`${base}.md`, `${text}\n`);
  console.log(`\n${text}\n\nWritten to ${base}.{json,md}`);
}

/**
 * Sets what is built here against another revision.
 * @returns whether both could be measured and nothing is slower than is allowed.
 */
export async function compare(
  args: readonly string[],
  scenarios: readonly Scenario[],
  results: string,
): Promise<boolean> {
  const options = readComparison(args);
  for (const { scenario } of options.runs) named(scenarios, scenario);
  const revision = revisionNamed(ROOT, options.revision);
  checkMachine({ canShare: false });
  const directory = createWorkspace({ keep: false });
  console.log(`building ${revision.name}: ${revision.subject}`);
  const remove = await checkOut(ROOT, revision, join(directory, 'tree'));
  try {
    const all = await compareAll(options, scenarios, revision.name, directory);
    await save(results, options, revision, all);
    const worst = Math.max(0, ...all.flatMap(({ findings }) => findings.map(lossOf)));
    const isComplete = all.every(({ outcome }) => outcome.failures.length === 0);
    return isComplete && worst <= (options.failOnSlower ?? Number.POSITIVE_INFINITY);
  } finally {
    remove();
  }
}
