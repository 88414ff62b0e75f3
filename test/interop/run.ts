// Plays real clients against a real server; docs/interop.md says how and with which versions.
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boshScenario } from './scenarios/bosh.ts';
import { callsScenario } from './scenarios/calls.ts';
import { componentsScenario } from './scenarios/components.ts';
import { devicesScenario } from './scenarios/devices.ts';
import { dinoScenario } from './scenarios/dino.ts';
import { embeddingScenario } from './scenarios/embedding.ts';
import { gajimScenario } from './scenarios/gajim.ts';
import { historyScenario } from './scenarios/history.ts';
import { importedScenario } from './scenarios/imported.ts';
import { libraryScenario } from './scenarios/library.ts';
import { profanityScenario } from './scenarios/profanity.ts';
import { resumptionScenario } from './scenarios/resumption.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { sendersScenario } from './scenarios/senders.ts';
import { signInScenario } from './scenarios/sign-in.ts';
import { sourcesScenario } from './scenarios/sources.ts';
import { terminalsScenario } from './scenarios/terminals.ts';
import { tokensScenario } from './scenarios/tokens.ts';
import { uploadsScenario } from './scenarios/uploads.ts';
import { webScenario } from './scenarios/web.ts';
import { Checks, Failed, indent } from './support/checks.ts';
import { startEpodeWith } from './support/epode.ts';
import { aioxmpp, nbxmpp, slixmpp, xmppJs } from './support/libraries.ts';
import { started } from './support/process.ts';
import { startProsody } from './support/prosody.ts';
import type { StartTarget, Target } from './support/target.ts';

const SCENARIO_MS = 120_000;
const RUN_MS = 600_000;
const SHOWN_CHARACTERS = 6_000;

const scenarios: readonly Scenario[] = [
  libraryScenario(slixmpp),
  libraryScenario(xmppJs),
  libraryScenario(aioxmpp),
  libraryScenario(nbxmpp),
  resumptionScenario,
  sendersScenario,
  signInScenario,
  tokensScenario,
  importedScenario,
  sourcesScenario,
  componentsScenario,
  callsScenario,
  uploadsScenario,
  devicesScenario,
  historyScenario,
  webScenario,
  boshScenario,
  embeddingScenario,
  profanityScenario,
  terminalsScenario,
  gajimScenario,
  dinoScenario,
];

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: 'epode' },
    program: {
      type: 'string',
      default: fileURLToPath(new URL('../../bin/epode', import.meta.url)),
    },
    only: { type: 'string', default: scenarios.map(({ name }) => name).join(',') },
    screenshots: { type: 'string' },
  },
});
const servers = new Map<string, StartTarget>([
  ['epode', startEpodeWith(resolve(options.program))],
  ['prosody', startProsody],
]);
const checks = new Checks();
const folder = await mkdtemp(join(tmpdir(), 'interop-'));

async function playAll(): Promise<void> {
  const startServer = servers.get(options.server);
  if (startServer === undefined) throw new Error(`no such server: ${options.server}`);
  const only = options.only.split(',');
  const unknown = only.filter((name) => !scenarios.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown}`);
  if (options.screenshots !== undefined) await mkdir(options.screenshots, { recursive: true });
  // Clients that run as another user must read the certificates.
  await chmod(folder, 0o755);
  const target = await startServer(await subfolder('server'));
  for (const scenario of scenarios) {
    if (only.includes(scenario.name)) await play(scenario, target, startServer);
  }
  await target.stop();
}

/** Plays one scenario within its time; on failure shows what everybody said. */
async function play(scenario: Scenario, target: Target, startServer: StartTarget): Promise<void> {
  const first = started.length;
  const logged = target.log().length;
  const stage = {
    target,
    startAnother: async (env: Readonly<Record<string, string>>) =>
      startServer(await subfolder(`${scenario.name}-server`), env),
    folder: await subfolder(scenario.name),
    screenshots: options.screenshots,
    check: checks.check.bind(checks),
  };
  const work = scenario.play(stage).then(() => assertNoFault(scenario, target, logged));
  const failed = await within(scenario.timeoutMs ?? SCENARIO_MS, work).then(
    () => false,
    (error) => {
      if (!(error instanceof Failed)) checks.fail(scenario.name, 'plays to its end', error);
      return true;
    },
  );
  const cast = started.slice(first);
  await Promise.all(cast.map((each) => each.end()));
  if (!failed) return;
  for (const { command, output } of cast) show(command, output);
  show(`log of ${target.name}`, target.log().slice(logged));
}

/** Whatever the clients made of it, the server has no fault to report. */
async function assertNoFault({ name }: Scenario, target: Target, logged: number): Promise<void> {
  await checks.check(name, `${target.name} logs no error`, async () => {
    const lines = target.log().slice(logged).split('\n');
    const faults = lines.filter((line) => target.isFault(line));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
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
await within(RUN_MS, playAll()).catch((error) => checks.fail('run', 'plays to its end', error));
await Promise.all(started.map((each) => each.end()));
console.log(checks.summary());
process.exit(checks.failed === 0 ? 0 : 1);
