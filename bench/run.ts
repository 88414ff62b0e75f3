import { join } from 'node:path';
import { compare } from './compare/compare.ts';
import { isComparison } from './compare/options.ts';
import { SERVERS } from './rivals/servers.ts';
import { named, parseArguments, QUICK, readRunOptions } from './run/options.ts';
import { play, suited } from './run/play.ts';
import { describe, save } from './run/report.ts';
import { checkMachine } from './run/requirements.ts';
import { createWorkspace } from './run/workspace.ts';
import { SCENARIOS } from './scenarios.ts';
import { planSuite } from './suite/plan.ts';
import { latestResults, publish, suiteName } from './suite/publish.ts';
import { playSmoke } from './suite/smoke.ts';
import { playSuite, saveSuite } from './suite/suite.ts';

const RESULTS = join(import.meta.dirname, 'results');

/** One scenario; whether nobody failed. */
async function playOne(args: readonly string[]): Promise<boolean> {
  const options = readRunOptions(args);
  const scenario = named(SCENARIOS, options.scenario);
  const all = options.servers.map((name) => named(SERVERS, name));
  const servers = suited(scenario, all);
  const others = all.filter((server) => !servers.includes(server)).map(({ name }) => name);
  if (others.length > 0) console.log(`${scenario.name} leaves out ${others.join(', ')}`);
  if (servers.length === 0) throw new Error('no server is left');
  checkMachine({ canShare: false });
  const outcome = await play({ scenario, options, servers, directory: createWorkspace(options) });
  console.log(`\n${describe(scenario, options, outcome)}`);
  console.log(`\nWritten to ${await save(RESULTS, scenario, options, outcome)}.{json,md}`);
  return outcome.failures.length === 0;
}

/** All runs of the suite; whether nobody failed. */
async function playAll(args: readonly string[], keep: boolean): Promise<boolean> {
  const runs = planSuite(args);
  checkMachine({ canShare: false });
  const words = args.join(' ');
  const name = suiteName(new Date(), words);
  const suite = { runs, args: words, directory: createWorkspace({ keep }) };
  const results = await playSuite(suite, (played) => saveSuite(RESULTS, name, played));
  console.log(`\nWritten to ${join(RESULTS, name)}.{json,md}`);
  return results.runs.every(({ failures }) => failures.length === 0);
}

function publishLatest(): boolean {
  const file = latestResults(RESULTS);
  const written = publish(join(import.meta.dirname, '..'), file);
  console.log(`${file} is now in ${written.join(', ')}`);
  return true;
}

async function main(args: readonly string[]): Promise<boolean> {
  if (isComparison(args)) return compare(args, SCENARIOS, RESULTS);
  const { values, positionals } = parseArguments(args);
  if (positionals.length > 0) return playOne([...(values.quick ? QUICK : []), ...args]);
  if (values.publish) return publishLatest();
  if (!values.smoke) return playAll(args, values.keep);
  checkMachine({ canShare: true });
  return playSmoke(args, createWorkspace({ keep: values.keep }));
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
