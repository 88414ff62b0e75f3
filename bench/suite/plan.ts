import type { Server } from '../rivals/server.ts';
import { SERVERS } from '../rivals/servers.ts';
import { named, parseArguments, QUICK, type RunOptions, readRunOptions } from '../run/options.ts';
import { suited } from '../run/play.ts';
import type { Scenario } from '../run/scenario.ts';
import { SCENARIOS } from '../scenarios.ts';
import { expectedSeconds } from './estimate.ts';
import { SUITE, type SuiteRun } from './runs.ts';

/** A run that is to be played. */
export interface PlannedRun {
  readonly run: SuiteRun;
  readonly scenario: Scenario;
  readonly options: RunOptions;
  readonly servers: readonly Server[];
  readonly expectedSeconds: number;
}

/** What is for the suite itself and not for its runs. */
const OWN = ['--quick', '--publish', '--smoke'];

/** The arguments that every run gets besides its own. */
function passedOn(args: readonly string[]): string[] {
  return args.filter(
    (arg, index) => !OWN.includes(arg) && !/^--runs(=|$)/.test(arg) && args[index - 1] !== '--runs',
  );
}

const scenarioOf = ({ args }: SuiteRun) => args.split(' ')[0]!;

function plan(run: SuiteRun, more: readonly string[]): PlannedRun {
  const options = readRunOptions([...run.args.split(' '), ...more]);
  const scenario = named(SCENARIOS, options.scenario);
  const servers = suited(
    scenario,
    options.servers.map((name) => named(SERVERS, name)),
    options,
  );
  const expected = expectedSeconds(scenario, options, servers.length);
  return { run, scenario, options, servers, expectedSeconds: expected };
}

/**
 * What these arguments, which name no scenario, ask to have played; `more` wins over what a run says,
 * and the arguments over both.
 * @throws {UsageError} when they make no sense.
 */
export function planSuite(
  args: readonly string[],
  more: (run: SuiteRun) => readonly string[] = () => [],
): PlannedRun[] {
  const { values } = parseArguments(args);
  const wanted = values.runs?.split(',').map((name) => named(SCENARIOS, name).name);
  const runs = SUITE.filter((run) => wanted?.includes(scenarioOf(run)) ?? true);
  const all = (run: SuiteRun) => [...(values.quick ? QUICK : []), ...more(run), ...passedOn(args)];
  return runs.map((run) => plan(run, all(run))).filter(({ servers }) => servers.length > 0);
}
