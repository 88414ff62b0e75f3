import { randomBytes } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import type { ServerStatus } from '../../server/admin/ports.ts';
import type { Config, HostConfig } from '../../server/config/config.ts';
import { loadConfig } from '../../server/config/load.ts';
import { ConfigError } from '../../server/config/problems.ts';
import type { ModuleDefinition } from '../../server/module.ts';
import { version } from '../../server/version.ts';
import { ControlError } from '../../transports/control.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { runInServer } from '../admin.ts';
import { CliError, EXIT, explainFailure } from '../failure.ts';
import { count, formatSpan } from '../text.ts';
import { checkCertificate } from './certificates.ts';
import type { Credentials } from './client.ts';
import { type Finding, Findings } from './finding.ts';
import { checkComponents, checkPorts, visit } from './listeners.ts';
import { checkDiskAndClock, checkLimits } from './machine.ts';
import { checkNames, type NameSource } from './names.ts';

/** Milliseconds that the running server has for one answer. */
const ANSWER_TIMEOUT = 10_000;
/** Of the name server: milliseconds for one question, and how often it is asked. */
const RESOLVER = { timeout: 2_000, tries: 1 };
/** The oldest Node.js that will do. */
const NODE = [22, 18] as const;

export interface DoctorOptions {
  /** Only this host; undefined: all. */
  readonly host?: string;
  /** Sign in as this account instead of one made for the purpose. */
  readonly account?: { readonly jid: Jid; readonly password: string };
}

/** Everything that can be found out about an installation, by what it is about. */
export async function examine(
  file: string,
  modules: readonly ModuleDefinition[],
  options: DoctorOptions,
  names: NameSource = new Resolver(RESOLVER),
): Promise<readonly Finding[]> {
  const config = readConfig(file, modules);
  if (config instanceof ConfigError) return [...checkVersion(null), ...problemsOf(config)];
  const hosts = hostsOf(config, options);
  const { status, findings } = await askServer(config);
  return [
    ...checkVersion(status),
    ...warningsOf(config),
    ...findings,
    ...(await namesOf(hosts, config, names)),
    ...(await checkPorts(config.listeners, status)),
    ...checkComponents(config.components, status),
    ...(await visitAll(hosts, config, status, options)),
    ...checkDiskAndClock(config, status),
    ...checkLimits(config, status),
  ];
}

export function readConfig(
  file: string,
  modules: readonly ModuleDefinition[],
): Config | ConfigError {
  try {
    return loadConfig(file, modules);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Those that are to be looked at. Throws `CliError` where the file has none of that name. */
export function hostsOf(
  config: Config,
  { host }: Pick<DoctorOptions, 'host'>,
): readonly HostConfig[] {
  const hosts = config.hosts.filter(({ domain }) => (host ?? domain) === domain);
  if (hosts.length === 0) throw unknownHost(host!, config);
  return hosts;
}

function unknownHost(host: string, { hosts }: Config): CliError {
  const served = hosts.map(({ domain }) => domain).join(', ');
  return new CliError(`The file has no host ${host}.`, `It has: ${served}.`, EXIT.usage);
}

export function problemsOf(error: ConfigError): readonly Finding[] {
  const config = new Findings('config');
  for (const line of error.message.split('\n')) {
    config.error(line, 'The server cannot start with that, and a reload changes nothing.');
  }
  return config.all;
}

function warningsOf({ warnings }: Config): readonly Finding[] {
  const config = new Findings('config');
  for (const warning of warnings) config.warning(`${warning}.`, '');
  if (warnings.length === 0) config.ok('The configuration has no mistakes.');
  return config.all;
}

function checkVersion(status: ServerStatus | null): readonly Finding[] {
  const findings = new Findings('version');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < NODE[0] || (major === NODE[0] && minor < NODE[1]);
  if (isOld) {
    findings.error(
      `Node.js ${process.versions.node} is too old.`,
      `Install ${NODE.join('.')} or newer.`,
    );
  } else findings.ok(`Epode ${version} on Node.js ${process.versions.node}.`);
  if (status && status.version !== version) {
    findings.warning(
      `The running server is Epode ${status.version}, this program ${version}.`,
      'Restart the server, so that it is the installed one.',
    );
  }
  return findings.all;
}

async function askServer(
  config: Config,
): Promise<{ status: ServerStatus | null; findings: readonly Finding[] }> {
  const findings = new Findings('server');
  try {
    const status = await runInServer<ServerStatus>(config, 'status', {}, ANSWER_TIMEOUT);
    const age = formatSpan(Date.now() - status.started);
    findings.ok(`The server has been running for ${age} (process ${status.pid}).`);
    return { status, findings: findings.all };
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    if (error.code === 'not-running') {
      const mend = 'So nobody has signed in; all else was looked at. Start it: epode start';
      findings.warning('The server is not running.', mend);
    } else findings.error(error.message, error.mend);
    return { status: null, findings: findings.all };
  }
}

async function namesOf(
  hosts: readonly HostConfig[],
  { listeners }: Config,
  names: NameSource,
): Promise<Finding[]> {
  const found = await Promise.all(hosts.map(({ domain }) => checkNames(domain, listeners, names)));
  return found.flat();
}

/** Each host's certificate, then how clients fare with it on every listener. */
async function visitAll(
  hosts: readonly HostConfig[],
  config: Config,
  status: ServerStatus | null,
  { account }: DoctorOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const host of hosts) {
    const { findings: onFile, fingerprint } = checkCertificate(host, config);
    findings.push(...onFile);
    if (!status) continue;
    const isAsked = account === undefined || account.jid.domain === host.domain;
    if (!status.hosts.includes(host.domain)) findings.push(...notServed(host));
    else if (isAsked) findings.push(...(await visitHost(host, config, fingerprint, account)));
  }
  return findings;
}

function notServed({ domain }: HostConfig): readonly Finding[] {
  const findings = new Findings('sign-in');
  findings.error(
    `The file has the host ${domain}, but the running server does not serve it.`,
    'Hosts come and go with a restart: restart the server.',
  );
  return findings.all;
}

async function visitHost(
  { domain }: HostConfig,
  config: Config,
  fingerprint: string | null,
  account: DoctorOptions['account'],
): Promise<Finding[]> {
  if (account) {
    const credentials = { username: account.jid.local, password: account.password };
    return await visitListeners(domain, config, fingerprint, credentials);
  }
  const guest = { username: `doctor-${hex(8)}`, password: hex(24) };
  const jid = `${guest.username}@${domain}`;
  try {
    const params = { jid, password: guest.password };
    await runInServer(config, 'user.add', params, ANSWER_TIMEOUT);
  } catch (error) {
    const findings = new Findings('sign-in');
    const [message = '', mend = ''] = explainFailure(error).split('\n');
    findings.error(`${domain}: no account could be made to sign in with: ${message}`, mend);
    return [...findings.all, ...(await visitListeners(domain, config, fingerprint, null))];
  }
  return await withRemoval(config, jid, () => visitListeners(domain, config, fingerprint, guest));
}

/** Whatever happens, the account goes: also when a signal ends this program. */
async function withRemoval<T>(config: Config, jid: string, work: () => Promise<T>): Promise<T> {
  const params = { jid, retire: false };
  const remove = () => runInServer(config, 'user.delete', params, ANSWER_TIMEOUT);
  const onSignal = () => void remove().finally(() => process.exit(EXIT.failed));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    await remove();
  }
}

async function visitListeners(
  domain: string,
  { listeners }: Config,
  fingerprint: string | null,
  credentials: Credentials | null,
): Promise<Finding[]> {
  const places = listeners.filter(({ type }) => type !== 'component');
  const visits = await Promise.all(places.map((each) => visit(each, domain, credentials)));
  const stale = visits.filter((each) => each.fingerprint && each.fingerprint !== fingerprint);
  const certificates = new Findings('certificates');
  if (fingerprint && stale.length > 0) {
    const where = stale.map(({ place }) => place).join(' and ');
    certificates.warning(
      `${domain}: on ${where} the server sends another certificate than the file holds.`,
      'Clients get the old one until: epode cert reload',
    );
  }
  return [...certificates.all, ...visits.map(({ finding }) => finding)];
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** `1 error, 2 warnings` */
export function countByLevel(findings: readonly Finding[]): string {
  const number = (level: Finding['level']) =>
    findings.filter((each) => each.level === level).length;
  return `${count(number('error'), 'error')}, ${count(number('warning'), 'warning')}`;
}
