import { X509Certificate } from 'node:crypto';
import { certificateFacts } from '../../server/certificate-facts.ts';
import { CertificateError, lookAtCertificate } from '../../server/certificates.ts';
import type { Config, HostConfig } from '../../server/config/config.ts';
import { commonAuthorities } from '../../transports/client-wire.ts';
import { formatTime } from '../text.ts';
import { type Finding, Findings } from './finding.ts';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What the file of one host's certificate holds. */
export interface CertificateReport {
  readonly findings: readonly Finding[];
  /** SHA-256, `AB:CD:…`; null where it cannot be used or has not been made. */
  readonly fingerprint: string | null;
}

/** Looks at a host's certificate as clients will: names, dates, key, chain. */
export function checkCertificate(host: HostConfig, { dataDirectory }: Config): CertificateReport {
  const { domain } = host;
  const findings = new Findings('certificates');
  try {
    const found = lookAtCertificate(host, dataDirectory, Date.now());
    if (!found) {
      findings.warning(
        `${domain} has no certificate; the first start makes a self-signed one.`,
        `Clients distrust it: set hosts."${domain}".certificate.`,
      );
      return { findings: findings.all, fingerprint: null };
    }
    const facts = certificateFacts(domain, found);
    tell(facts, findings);
    if (!found.isSelfSigned) checkChain(domain, found.cert, findings);
    return { findings: findings.all, fingerprint: facts.fingerprint };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    findings.error(`${domain}: ${error.message}`, error.mend);
    return { findings: findings.all, fingerprint: null };
  }
}

/** Those that clients refuse are errors. */
function tell(facts: ReturnType<typeof certificateFacts>, findings: Findings): void {
  const { host, validFrom, validTo, warnings } = facts;
  for (const warning of warnings) {
    const message = `${host}: ${warning}.`;
    const isFatal = /not valid|has expired/.test(warning);
    if (isFatal) findings.error(message, mendOf(warning));
    else findings.warning(message, mendOf(warning));
  }
  if (warnings.length > 0) return;
  const from = formatTime(validFrom);
  findings.ok(`${host}: the certificate is for it, from ${from} to ${formatTime(validTo)} (UTC).`);
}

const MENDS: readonly (readonly [RegExp, string])[] = [
  [
    /not valid before/,
    'Clients refuse it. Is the clock right? Else use the one from before until then.',
  ],
  [/not valid for/, 'Clients refuse it: get one whose names include the domain.'],
  [/has expired/, 'Clients refuse it: renew it, then run: epode cert reload'],
  [/expires on/, 'Renew it in time, then run: epode cert reload'],
  [/may read the key/, 'Close it: chmod o-r, and better, chmod 600.'],
];

/** '' where the warning says it itself. */
function mendOf(warning: string): string {
  return MENDS.find(([pattern]) => pattern.test(warning))?.[1] ?? '';
}

/** RFC 5246 §7.4.2: each certificate by the next one, the last by an authority. */
function checkChain(domain: string, pem: string, findings: Findings): void {
  const chain = (pem.match(PEM) ?? []).map((block) => new X509Certificate(block));
  const gap = chain.findIndex((each, at) => at > 0 && !isIssuedBy(chain[at - 1]!, each));
  if (gap > 0) {
    findings.error(
      `${domain}: certificate ${gap + 1} in the file has not issued the one before it.`,
      'Put into the file the own certificate, then the one of its issuer, and so on (fullchain.pem).',
    );
    return;
  }
  const last = chain.at(-1)!;
  if (isAuthority(last)) return;
  const issuer = last.issuer.replaceAll('\n', ', ');
  findings.warning(
    `${domain}: the chain ends with a certificate of ${issuer}, none of the authorities that programs commonly trust.`,
    chain.length === 1
      ? 'Certificates in between are probably missing: use the file with the whole chain (fullchain.pem).'
      : 'Right only if every client was told to trust that authority.',
  );
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isAuthority(certificate: X509Certificate): boolean {
  return commonAuthorities()
    .map((pem) => new X509Certificate(pem))
    .some(
      (root) => root.fingerprint256 === certificate.fingerprint256 || isIssuedBy(certificate, root),
    );
}
