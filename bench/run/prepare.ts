import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { runToEnd } from '../rivals/process.ts';
import type { Place, Server, Transport } from '../rivals/server.ts';
import { createCertificate } from './certificate.ts';
import { type RunOptions, UsageError } from './options.ts';
import { isInstalled } from './requirements.ts';
import { type Entrant, GENERATOR_CORE, type Scenario } from './scenario.ts';

const PREPARE_TIMEOUT_MS = 120_000;

/** What the places of all servers of a run have in common. */
export type CommonPlace = Omit<Place, 'directory' | 'port' | 'webPort'>;

/** A port of the loopback address that nobody listens on now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** @throws {UsageError} when the scenario's clients cannot come by what was asked for. */
function transportOf(scenario: Scenario, { transport, tls }: RunOptions): Transport {
  const { name, transports = ['tcp'] } = scenario;
  const chosen = transport ?? transports[0]!;
  if (!transports.includes(chosen)) throw new UsageError(`${name} is not by ${chosen}`);
  if (tls && chosen !== 'tcp') throw new UsageError(`--tls is not for ${chosen}`);
  return chosen;
}

/** @throws {UsageError} when the options are not for this scenario. */
export async function commonPlace(
  directory: string,
  scenario: Scenario,
  options: RunOptions,
): Promise<CommonPlace> {
  const { modules, store, search } = options;
  const archive = scenario.archives || options.archive;
  const { areContacts = false, stored = 'password', managesStreams = false } = scenario;
  const transport = transportOf(scenario, options);
  const names = { prefix: 'bench', domain: 'localhost', password: 'secret' };
  const hash = options.mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-1';
  const count = scenario.accounts(options);
  const accounts = {
    count,
    ...names,
    areContacts,
    circle: scenario.circle ?? count,
    stored,
    hash,
  } as const;
  const tls = options.tls ? await createCertificate(directory, accounts.domain) : null;
  const metricsPort = scenario.readsMetrics ? await freePort() : null;
  const archived = scenario.readsArchives ? options.archived : 0;
  const kept = { archive, archived, search, store, managesStreams };
  return { transport, accounts, tls, modules, ...kept, metricsPort };
}

function checkInstalled({ needs }: Server): void {
  if (!needs || isInstalled(needs.program)) return;
  throw new Error(`not installed: apt-get install ${needs.package}`);
}

/** Gives a server a directory below `directory`, ports, its configuration and its accounts. */
export async function prepare(
  server: Server,
  directory: string,
  common: CommonPlace,
): Promise<Entrant> {
  checkInstalled(server);
  const place: Place = {
    directory: join(directory, server.name),
    port: await freePort(),
    webPort: common.transport === 'tcp' ? null : await freePort(),
    ...common,
    transport: server.transport ?? common.transport,
  };
  mkdirSync(place.directory);
  // On the generator's core: nothing is measured yet, and the servers' core stays cool.
  await server.prepare(place, (command) => runToEnd(command, GENERATOR_CORE, PREPARE_TIMEOUT_MS));
  const logFile = join(place.directory, 'output.log');
  return { server, place, command: server.command(place), logFile };
}
