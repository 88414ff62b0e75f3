import { type CertificateFacts, certificateFacts } from '../server/certificate-facts.ts';
import { CertificateError, lookAtCertificate } from '../server/certificates.ts';
import type { Config, HostConfig } from '../server/config/config.ts';
import { ControlError } from '../transports/control.ts';
import { runInServer } from './admin.ts';
import { count, formatTime, printable } from './text.ts';
import type { Report } from './users.ts';

/** What there is to tell of one host's certificate. */
interface HostReport {
  readonly host: string;
  /** Null where it cannot be used, or has not been made. */
  readonly certificate: CertificateFacts | null;
  /** Why it cannot be used; '' where it can. */
  readonly problem: string;
  /** Whether the running server shows this one; null when none runs. */
  readonly isInUse: boolean | null;
}

/** Shows what the files hold, and whether the running server uses that. */
export async function showCertificates(config: Config): Promise<Report> {
  const used = await certificatesInUse(config);
  const data = config.hosts.map((host) => reportOn(host, config, used));
  return { text: data.map(describe).join('\n\n'), data };
}

/** Makes the running server use what the files hold. */
export async function reloadCertificates(config: Config): Promise<Report> {
  const data = await runInServer<readonly CertificateFacts[]>(config, 'cert.reload', {});
  const done = `New connections get ${count(data.length, 'certificate')} as the files have them now.`;
  const warnings = data.flatMap((each) => each.warnings.map((warning) => `warning: ${warning}`));
  return { text: [...warnings, done].map(printable).join('\n'), data };
}

/** By host; null when no server runs. */
async function certificatesInUse(config: Config): Promise<Map<string, CertificateFacts> | null> {
  try {
    const used = await runInServer<readonly CertificateFacts[]>(config, 'cert.show', {});
    return new Map(used.map((each) => [each.host, each]));
  } catch (error) {
    if (error instanceof ControlError && error.code === 'not-running') return null;
    throw error;
  }
}

function reportOn(
  host: HostConfig,
  { dataDirectory }: Config,
  used: Map<string, CertificateFacts> | null,
): HostReport {
  const { domain } = host;
  try {
    const found = lookAtCertificate(host, dataDirectory, Date.now());
    const certificate = found && certificateFacts(domain, found);
    const isInUse = used && used.get(domain)?.fingerprint === certificate?.fingerprint;
    return { host: domain, certificate, problem: '', isInUse };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const problem = `${error.message} ${error.mend}`.trim();
    return { host: domain, certificate: null, problem, isInUse: used && false };
  }
}

function describe({ host, certificate, problem, isInUse }: HostReport): string {
  const rows = certificate ? rowsOf(certificate) : [['', problem || 'is made at the first start']];
  const use = isInUse ? 'yes' : 'no; epode cert reload takes it into use';
  const all = isInUse === null || problem ? rows : [...rows, ['in use', use]];
  return [host, ...all.map(([name, value]) => `  ${name!.padEnd(11)} ${value}`.trimEnd())]
    .map(printable)
    .join('\n');
}

function rowsOf(facts: CertificateFacts): string[][] {
  const { names, issuer, validFrom, validTo, isSelfSigned, fingerprint, warnings } = facts;
  return [
    ['names', names.join(', ') || 'none'],
    ['issuer', isSelfSigned ? 'self-signed' : issuer],
    ['valid', `${formatTime(validFrom)} to ${formatTime(validTo)} (UTC)`],
    ['SHA-256', fingerprint],
    ...warnings.map((warning) => ['warning', warning]),
  ];
}
