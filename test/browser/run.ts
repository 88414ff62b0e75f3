// Plays the web client in a real browser against a real server; docs/browser-tests.md says how.
import { rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Checks, Failed, indent } from '../interop/support/checks.ts';
import { started } from '../interop/support/process.ts';
import { callEndsScenario } from './scenarios/call-ends.ts';
import { callsScenario } from './scenarios/calls.ts';
import { chatScenario } from './scenarios/chat.ts';
import { comesBackScenario } from './scenarios/comes-back.ts';
import { converseScenario } from './scenarios/converse.ts';
import { dinoCallScenario } from './scenarios/dino-call.ts';
import { dinoFilesScenario } from './scenarios/dino-files.ts';
import { embeddingScenario } from './scenarios/embedding.ts';
import { filesScenario } from './scenarios/files.ts';
import { keyboardScenario } from './scenarios/keyboard.ts';
import { markupScenario } from './scenarios/markup.ts';
import { noticesScenario } from './scenarios/notices.ts';
import { peerFilesScenario } from './scenarios/peer-files.ts';
import { relayedCallScenario } from './scenarios/relayed-call.ts';
import type { Scenario, Stage } from './scenarios/scenario.ts';
import { unsentScenario } from './scenarios/unsent.ts';
import { Browser } from './support/browser.ts';
import type { Person } from './support/person.ts';
import { type Site, startSite } from './support/site.ts';

const SCENARIO_MS = 90_000;
const RUN_MS = 900_000;
const SHOWN_CHARACTERS = 6_000;

const scenarios: readonly Scenario[] = [
  chatScenario,
  comesBackScenario,
  unsentScenario,
  noticesScenario,
  filesScenario,
  markupScenario,
  keyboardScenario,
  callsScenario,
  callEndsScenario,
  relayedCallScenario,
  peerFilesScenario,
  dinoCallScenario,
  dinoFilesScenario,
  embeddingScenario,
  converseScenario,
];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: scenarios.map(({ name }) => name).join(',') },
    /** Where pictures are kept that the documents show. */
    screenshots: { type: 'string' },
    /** Where transcripts and pictures of failures are kept. */
    failures: { type: 'string' },
  },
});
const checks = new Checks();
const folder = await mkdtemp(join(tmpdir(), 'browser-'));

/** Those that are asked for, with all that they need. */
async function prepared(): Promise<readonly Scenario[]> {
  const only = options.only.split(',');
  const unknown = only.filter((name) => !scenarios.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown}`);
  const chosen = scenarios.filter(({ name }) => only.includes(name));
  for (const { prepare } of chosen) await prepare?.();
  return chosen;
}

async function playAll(chosen: readonly Scenario[]): Promise<void> {
  // Clients that run as another user must read the certificates.
  await chmod(folder, 0o755);
  const site = await startSite(await subfolder('server'));
  const browser = await Browser.start();
  for (const scenario of chosen) await play(scenario, site, browser);
  await browser.close();
  await site.stop();
}

/** Plays one scenario within its time; on failure keeps what everybody said and saw. */
async function play(scenario: Scenario, site: Site, browser: Browser): Promise<void> {
  const first = started.length;
  const logged = site.log().length;
  const { name } = scenario;
  const stage = await stageFor(scenario, site, browser);
  const work = scenario.play(stage).then(() => assertNoFault(name, site, logged));
  const failed = await within(scenario.timeoutMs ?? SCENARIO_MS, work).then(
    () => false,
    (error) => {
      if (!(error instanceof Failed)) checks.fail(name, 'plays to its end', error);
      return true;
    },
  );
  const people = browser.takePeople();
  if (failed) await keepFailure(name, people, site.log().slice(logged));
  else await assertNoComplaint(name, people);
  await Promise.all(people.map((each) => each.leave()));
  const cast = started.slice(first);
  await Promise.all(cast.map((each) => each.end()));
  if (failed) for (const { command, output } of cast) show(command, output);
}

async function stageFor({ name }: Scenario, site: Site, browser: Browser): Promise<Stage> {
  const folder = await subfolder(name);
  return {
    site,
    browser,
    folder,
    startAnother: async (options) => await startSite(await subfolder(`${name}-server`), options),
    check: checks.check.bind(checks),
    measured: (what, ms) => console.log(`   ${name}: ${what}: ${Math.round(ms)} ms`),
    photograph: async (picture, page) => {
      if (options.screenshots === undefined) return;
      await mkdir(options.screenshots, { recursive: true });
      await page.screenshot({ path: join(options.screenshots, `${picture}.png`) });
    },
  };
}

/** Whatever the pages made of it, the server has no fault to report. */
async function assertNoFault(name: string, site: Site, logged: number): Promise<void> {
  await checks.check(name, 'the server logs no error', async () => {
    const lines = site.log().slice(logged).split('\n');
    const faults = lines.filter((line) => site.isFault(line));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
}

/** Neither script errors nor anything that the content security policy refused. */
async function assertNoComplaint(name: string, people: readonly Person[]): Promise<void> {
  const complaints = people.flatMap((each) => each.complaints.map((it) => `${each.name}: ${it}`));
  const nothing = checks.check(name, 'no page complains', async () => {
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  });
  await nothing.catch(() => keepFailure(name, people, ''));
}

async function keepFailure(name: string, people: readonly Person[], log: string): Promise<void> {
  for (const person of people) {
    show(`${name}: ${person.name}`, person.transcript);
    if (options.failures === undefined) continue;
    await mkdir(options.failures, { recursive: true });
    const file = join(options.failures, `${name}-${person.name}`);
    await writeFile(`${file}.log`, person.transcript);
    const picture = await person.photograph(folder).catch(() => undefined);
    if (picture !== undefined) await copyFile(picture, `${file}.png`);
  }
  show(`${name}: the server`, log);
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const alarm = delay(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${limitMs} ms`);
  });
  alarm.catch(() => {});
  return await Promise.race([work, alarm]).finally(() => stop.abort());
}

function show(title: string, text: string): void {
  console.log(`  --- ${title}`);
  console.log(indent(text.slice(-SHOWN_CHARACTERS)));
}

async function subfolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
const played = prepared().then((chosen) => within(RUN_MS, playAll(chosen)));
await played.catch((error) => checks.fail('run', 'plays to its end', error));
await Promise.all(started.map((each) => each.end()));
console.log(checks.summary());
process.exit(checks.failed === 0 ? 0 : 1);
