import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Album } from './profile/album.ts';
import { type ProfileOptions, readProfileOptions } from './profile/options.ts';
import { type RecordedWindow, Recorder } from './profile/recorder.ts';
import { epode } from './rivals/epode.ts';
import { named, UsageError } from './run/options.ts';
import { commonPlace, prepare } from './run/prepare.ts';
import { checkMachine } from './run/requirements.ts';
import type { Entrant, Sample, Scenario } from './run/scenario.ts';
import { createWorkspace } from './run/workspace.ts';
import { SCENARIOS } from './scenarios.ts';

const RESULTS = join(import.meta.dirname, 'results', 'profiles');

/** Plays the scenario once while it is recorded. */
async function pass(
  record: 'cpu' | 'heap',
  entrant: Entrant,
  scenario: Scenario,
  generator: string,
  { run, intervals }: ProfileOptions,
): Promise<{ readonly sample: Sample; readonly windows: readonly RecordedWindow[] }> {
  const recorder = await Recorder.open(entrant.place.directory, record, intervals[record]);
  const command = { ...entrant.command, env: { ...entrant.command.env, ...recorder.environment } };
  try {
    const watched = { ...entrant, command, watcher: recorder };
    const sample = await scenario.measure(watched, run, generator);
    return { sample, windows: recorder.windows };
  } finally {
    recorder.close();
  }
}

async function main(): Promise<void> {
  const options = readProfileOptions(process.argv.slice(2));
  const scenario = named(SCENARIOS, options.run.scenario);
  const { windows } = scenario;
  if (!windows) throw new UsageError(`${scenario.name} has nothing to profile`);
  checkMachine({ canShare: true });
  const directory = createWorkspace(options.run);
  const generator = (await scenario.build?.(directory, options.run)) ?? '';
  const common = await commonPlace(directory, scenario, options.run);
  await mkdir(RESULTS, { recursive: true });
  const album = new Album(RESULTS, scenario, options.run);
  for (const record of options.records) {
    console.log(`${scenario.name}: ${record}`);
    // Each pass has its own server with its own data.
    const entrant = await prepare({ ...epode, name: `epode-${record}` }, directory, common);
    const { sample, windows } = await pass(record, entrant, scenario, generator, options);
    await album.add(record, sample, windows);
  }
  console.log(`\n${await album.close()}`);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
