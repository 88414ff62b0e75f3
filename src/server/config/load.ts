import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isLoopback } from '../../transports/address.ts';
import { componentWarnings, resolveComponents } from './components.ts';
import type {
  ComponentConfig,
  Config,
  HostConfig,
  ListenerConfig,
  MetricsConfig,
} from './config.ts';
import { ConfigDocument } from './document.ts';
import { readHosts, resolveHost } from './hosts.ts';
import { httpWarnings, refuseOpenHttp, refuseSharedUrls, resolveHttp } from './http.ts';
import type { ConfigurableModule } from './modules.ts';
import { ConfigError } from './problems.ts';
import { fillEmptySections, isSection, type RawSection } from './raw.ts';
import { type FileConfig, fileSchema } from './schema.ts';
import { SectionReader } from './sections.ts';
import { sourceWarnings } from './sources.ts';

/**
 * Reads and checks a configuration file. `modules` are those that it may name;
 * 'unchecked' leaves the modules' sections alone, for commands that need none.
 * @throws {ConfigError} with every problem of the file.
 */
export function loadConfig(
  path: string,
  modules: readonly ConfigurableModule[] | 'unchecked',
): Config {
  const file = resolve(path);
  return parseConfig(file, readText(file), modules);
}

/** As `loadConfig`, for the text of the file at the absolute path `file`. */
export function parseConfig(
  file: string,
  text: string,
  modules: readonly ConfigurableModule[] | 'unchecked',
): Config {
  const document = new ConfigDocument(file, text);
  const directory = dirname(file);
  const reader = new SectionReader(document, directory);
  const raw = rootSection(document);
  const common = readCommon(reader, raw);
  const drafts = readHosts(reader, raw, modules);
  const domains = drafts.map(({ domain }) => domain);
  const components = common ? resolveComponents(reader, common, domains) : [];
  if (!common || reader.problems.length > 0) throw new ConfigError(reader.problems);
  const hosts = drafts.map((draft) => resolveHost(draft, common, directory));
  return resolveConfig(file, common, hosts, components);
}

/** @throws {ConfigError} for a file that cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const text = READ_FAILURES.get(code ?? '') ?? `cannot be read: ${message}`;
    const hint = code === 'ENOENT' ? 'name another with --config' : '';
    throw new ConfigError([{ file, line: 1, column: 1, message: text, hint }]);
  }
}

const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'this is a directory, not a file'],
]);

function rootSection(document: ConfigDocument): RawSection {
  const root = fillEmptySections(document.value, fileSchema);
  if (isSection(root)) return root;
  const message = 'the file must hold sections such as "hosts:"';
  throw new ConfigError([document.atValue([], message)]);
}

// Everything but the hosts' own words; null when it has problems.
function readCommon(reader: SectionReader, raw: RawSection): FileConfig | null {
  const common = reader.read(fileSchema, { path: [], value: raw });
  if (common) {
    refuseSharedPorts(reader, common);
    refuseTlsTwice(reader, common);
    refuseOpenHttp(reader, common);
    refuseSharedUrls(reader, common);
  }
  return common;
}

function refuseSharedPorts(reader: SectionReader, { listeners, metrics }: FileConfig): void {
  for (const [index, { port, address }] of listeners.entries()) {
    const before = listeners.slice(0, index).filter((each) => each.port === port);
    if (!before.some((each) => [address, '*'].includes(each.address) || address === '*')) continue;
    const message = `port ${port} has a listener already`;
    reader.problems.push(reader.document.atValue(['listeners', index, 'port'], message));
  }
  if (!listeners.some(({ port }) => port === metrics.port)) return;
  const message = `port ${metrics.port} has a listener for clients`;
  reader.problems.push(reader.document.atValue(['metrics', 'port'], message));
}

function resolveConfig(
  file: string,
  common: FileConfig,
  hosts: readonly HostConfig[],
  components: readonly ComponentConfig[],
): Config {
  const directory = dirname(file);
  const dataDirectory = resolve(directory, common.data);
  const { connections, connectionsPerAddress, queue } = common.limits;
  const { socket } = common.control;
  return {
    file,
    dataDirectory,
    hosts,
    listeners: common.listeners.map(resolveListener),
    components,
    tls: common.tls,
    http: resolveHttp(common.http),
    limits: { connections, connectionsPerAddress, queueBytes: queue },
    log: common.log,
    controlSocket: socket ? resolve(directory, socket) : join(dataDirectory, 'epode.sock'),
    metrics: resolveMetrics(common.metrics),
    warnings: [
      ...hosts.flatMap(warningsOf),
      ...hosts.flatMap(({ domain, source }) => sourceWarnings(domain, source)),
      ...exposure(common.metrics),
      ...componentWarnings(common),
      ...httpWarnings(common),
    ],
  };
}

function refuseTlsTwice(reader: SectionReader, { listeners }: FileConfig): void {
  for (const [index, { type, proxyProtocol }] of listeners.entries()) {
    if (type !== 'c2s-tls' || !proxyProtocol?.endsTls) continue;
    const path = ['listeners', index, 'proxyProtocol', 'endsTls'];
    const message = 'this listener begins with TLS, which the proxy then cannot have ended';
    reader.problems.push(reader.document.atValue(path, message, 'use type c2s'));
  }
}

function resolveListener(listener: FileConfig['listeners'][number]): ListenerConfig {
  const { type, address, port, proxyProtocol: proxy = null } = listener;
  return { type, port, address: address === '*' ? null : address, proxy };
}

function resolveMetrics({ address, port }: FileConfig['metrics']): MetricsConfig | null {
  return port === undefined ? null : { address, port };
}

function exposure({ address, port }: FileConfig['metrics']): string[] {
  if (port === undefined || isLoopback(address)) return [];
  return [`metrics are served to whoever reaches ${address}, unencrypted and without password`];
}

function warningsOf({ domain, policy }: HostConfig): string[] {
  if (!policy.requiresTls) {
    return [
      `${domain}: signing in without TLS is allowed (signIn.requireTls: false); anyone on the way can read along`,
    ];
  }
  if (!policy.allowsPlainLoopback) return [];
  return [
    `${domain}: programs on this machine may sign in without TLS (signIn.allowPlainOnLoopback: true)`,
  ];
}
