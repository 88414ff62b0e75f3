import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bosh } from './bosh/bosh.ts';
import { chat, fixedRate } from './chat/chat.ts';
import { idle } from './idle/idle.ts';
import { login } from './login/login.ts';
import { presence } from './presence/presence.ts';
import { reload } from './reload/reload.ts';
import { ejabberd } from './rivals/ejabberd.ts';
import { epode, epodeByTcp } from './rivals/epode.ts';
import { endAll, runToEnd } from './rivals/process.ts';
import { prosody } from './rivals/prosody.ts';
import { relay } from './rivals/relay.ts';
import type { Place, Server, Transport } from './rivals/server.ts';
import { createCertificate } from './run/certificate.ts';
import { named, type RunOptions, readRunOptions, UsageError } from './run/options.ts';
import { describe, type Round, save } from './run/report.ts';
import { type Entrant, GENERATOR_CORE, type Sample, type Scenario } from './run/scenario.ts';
import { startUp } from './run/start-up.ts';
import { storm } from './storm/storm.ts';

const SERVERS: readonly Server[] = [epode, epodeByTcp, prosody, ejabberd, relay];
const SCENARIOS: readonly Scenario[] = [
  ...[chat, bosh, fixedRate, presence, login, storm],
  ...[reload, idle, startUp],
];
const PREPARE_TIMEOUT_MS = 120_000;

/** A port of the loopback address that nobody listens on now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Gives a server its directory, port, configuration and accounts. */
async function prepare(
  server: Server,
  directory: string,
  common: Omit<Place, 'directory' | 'port' | 'webPort'>,
  hasWeb: boolean,
): Promise<Entrant> {
  const place: Place = {
    directory: join(directory, server.name),
    port: await freePort(),
    webPort: hasWeb ? await freePort() : null,
    ...common,
    transport: server.transport ?? common.transport,
  };
  mkdirSync(place.directory);
  // On the generator's core: nothing is measured yet, and the servers' core stays cool.
  await server.prepare(place, (command) => runToEnd(command, GENERATOR_CORE, PREPARE_TIMEOUT_MS));
  const logFile = join(place.directory, 'output.log');
  return { server, place, command: server.command(place), logFile };
}

/** The servers that were asked for, but for those that the scenario makes no sense with. */
function chosen(scenario: Scenario, { servers }: RunOptions): Server[] {
  const all = servers.map((name) => named(SERVERS, name));
  const suited = all.filter((server) => scenario.suits?.(server) ?? true);
  const others = all.filter((server) => !suited.includes(server)).map(({ name }) => name);
  if (others.length > 0) console.log(`${scenario.name} leaves out ${others.join(', ')}`);
  if (suited.length === 0) throw new Error('no server is left');
  return suited;
}

/** @throws {UsageError} when the scenario's clients cannot come by what was asked for. */
function transportOf(scenario: Scenario, { transport, tls }: RunOptions): Transport {
  const { name, transports = ['tcp'] } = scenario;
  const chosen = transport ?? transports[0]!;
  if (!transports.includes(chosen)) throw new UsageError(`${name} is not by ${chosen}`);
  if (tls && chosen !== 'tcp') throw new UsageError(`--tls is not for ${chosen}`);
  return chosen;
}

async function prepareAll(directory: string, scenario: Scenario, options: RunOptions) {
  const count = scenario.accounts(options);
  const { areContacts = false, stored = 'password' } = scenario;
  const names = { prefix: 'bench', domain: 'localhost', password: 'secret' };
  const accounts = { count, ...names, areContacts, stored };
  const tls = options.tls ? await createCertificate(directory, accounts.domain) : null;
  const metricsPort = scenario.readsMetrics ? await freePort() : null;
  const transport = transportOf(scenario, options);
  const { modules, archive } = options;
  const common = { transport, accounts, tls, modules, archive, metricsPort };
  const entrants: Entrant[] = [];
  for (const server of chosen(scenario, options))
    entrants.push(await prepare(server, directory, common, transport !== 'tcp'));
  return entrants;
}

/** One turn of every server, each freshly started, so that all meet the same machine. */
async function playRound(
  scenario: Scenario,
  entrants: readonly Entrant[],
  options: RunOptions,
  generator: string,
): Promise<Round> {
  const round: Record<string, Sample> = {};
  for (const entrant of entrants) {
    const sample = await scenario.measure(entrant, options, generator);
    round[entrant.server.name] = sample;
    const figures = scenario.columns.map(
      ({ key, title, digits }) => `${title} ${sample[key]?.toFixed(digits)}`,
    );
    console.log(`  ${entrant.server.name}: ${figures.join(', ')}`);
  }
  return round;
}

async function play(scenario: Scenario, directory: string, options: RunOptions): Promise<void> {
  const generator = (await scenario.build?.(directory, options)) ?? '';
  const entrants = await prepareAll(directory, scenario, options);
  const rounds: Round[] = [];
  while (rounds.length < options.rounds) {
    console.log(`round ${rounds.length + 1} of ${options.rounds}`);
    rounds.push(await playRound(scenario, entrants, options, generator));
  }
  console.log(`\n${describe(scenario, options, rounds)}`);
  const results = join(import.meta.dirname, 'results');
  console.log(`\nWritten to ${await save(results, scenario, options, rounds)}.{json,md}`);
}

async function main(): Promise<void> {
  const options = readRunOptions(process.argv.slice(2));
  const scenario = named(SCENARIOS, options.scenario);
  const directory = mkdtempSync(join(tmpdir(), 'epode-bench-'));
  // Runs at every end: of the work, by an error, by process.exit in a signal handler.
  process.once('exit', () => {
    endAll();
    if (options.keep) console.log(`Left in place: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  await play(scenario, directory, options);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
