import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readAuthority, readCertificate, selfSignedWarning } from '../server/certificates.ts';
import type { Config, HostConfig } from '../server/config/config.ts';
import { loadConfig } from '../server/config/load.ts';
import type { ConfigurableModule } from '../server/config/modules.ts';
import { ConfigError, displayPath } from '../server/config/problems.ts';
import { refuseLongPath } from '../transports/control.ts';
import { CliError, explainFailure } from './failure.ts';
import type { Report } from './users.ts';

export interface CheckResult {
  readonly file: string;
  /** What keeps the server from starting. */
  readonly problems: readonly string[];
  /** What it starts with, and somebody should look at. */
  readonly warnings: readonly string[];
}

/** Looks at everything that a start would need, and changes nothing. */
export function checkInstallation(
  file: string,
  modules: readonly ConfigurableModule[],
): CheckResult {
  try {
    const config = loadConfig(file, modules);
    const problems: string[] = [];
    const warnings = [...config.warnings];
    for (const host of config.hosts) attempt(problems, () => warnings.push(...hostWarnings(host)));
    attempt(problems, () => warnings.push(...directoryWarnings(config.dataDirectory)));
    attempt(problems, () => refuseLongPath(config.controlSocket));
    return { file, problems, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file, problems: error.message.split('\n'), warnings: [] };
  }
}

export function describeCheck(result: CheckResult): Report {
  const { file, problems, warnings } = result;
  const verdict =
    problems.length === 0
      ? `${displayPath(file)}: the server can start.`
      : `${displayPath(file)}: the server cannot start.`;
  const lines = [...problems, ...warnings.map((warning) => `warning: ${warning}`), verdict];
  return { text: lines.join('\n'), data: result };
}

function attempt(problems: string[], check: () => void): void {
  try {
    check();
  } catch (error) {
    problems.push(explainFailure(error).replaceAll('\n', ' '));
  }
}

function hostWarnings({ domain, certificate, clientAuthority }: HostConfig): readonly string[] {
  const now = Date.now();
  const own = certificate
    ? readCertificate(certificate, domain, now).warnings
    : [selfSignedWarning(domain)].filter(() => domain !== 'localhost');
  return clientAuthority ? [...own, ...readAuthority(clientAuthority, now).warnings] : own;
}

function directoryWarnings(directory: Config['dataDirectory']): string[] {
  const stats = statSync(directory, { throwIfNoEntry: false });
  // The server makes the directory itself, but not what it lies in.
  requireWritable(stats ? directory : dirname(directory));
  const isOpen = stats !== undefined && (stats.mode & 0o007) !== 0;
  return isOpen
    ? [`other users of this machine may look into ${displayPath(directory)}; chmod 700 closes it`]
    : [];
}

function requireWritable(directory: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const name = displayPath(directory);
    throw isAbsent
      ? new CliError(`The directory ${name} does not exist.`, 'Create it, or correct "data".')
      : new CliError(`This user may not write to ${name}.`, 'Give it to the user that runs Epode.');
  }
}
