import { join } from 'node:path';
import { compare } from './compare/compare.ts';
import { isComparison } from './compare/options.ts';
import { SERVERS } from './rivals/servers.ts';
import { named, readRunOptions } from './run/options.ts';
import { play, suited } from './run/play.ts';
import { describe, save } from './run/report.ts';
import { createWorkspace } from './run/workspace.ts';
import { SCENARIOS } from './scenarios.ts';

const RESULTS = join(import.meta.dirname, 'results');

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (isComparison(args)) {
    if (!(await compare(args, SCENARIOS, RESULTS))) process.exitCode = 1;
    return;
  }
  const options = readRunOptions(args);
  const scenario = named(SCENARIOS, options.scenario);
  const all = options.servers.map((name) => named(SERVERS, name));
  const servers = suited(scenario, all);
  const others = all.filter((server) => !servers.includes(server)).map(({ name }) => name);
  if (others.length > 0) console.log(`${scenario.name} leaves out ${others.join(', ')}`);
  if (servers.length === 0) throw new Error('no server is left');
  const outcome = await play({ scenario, options, servers, directory: createWorkspace(options) });
  console.log(`\n${describe(scenario, options, outcome)}`);
  console.log(`\nWritten to ${await save(RESULTS, scenario, options, outcome)}.{json,md}`);
  if (outcome.failures.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
