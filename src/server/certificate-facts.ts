import { X509Certificate } from 'node:crypto';
import type { HostCertificate } from './certificates.ts';

/** What operators are told of a host's certificate. */
export interface CertificateFacts {
  readonly host: string;
  /** Whom it is for, its subject alternative names: `example.org`, `IP Address:127.0.0.1`. */
  readonly names: readonly string[];
  /** `C=US, O=Let's Encrypt, CN=R11` */
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly isSelfSigned: boolean;
  /** SHA-256 of the certificate: `AB:CD:…`. */
  readonly fingerprint: string;
  /** What clients will mind; one sentence each. */
  readonly warnings: readonly string[];
}

export function certificateFacts(host: string, certificate: HostCertificate): CertificateFacts {
  const leaf = new X509Certificate(certificate.cert);
  return {
    host,
    names: namesOf(leaf),
    issuer: leaf.issuer.trim().replaceAll('\n', ', '),
    validFrom: leaf.validFromDate.getTime(),
    validTo: certificate.validTo,
    isSelfSigned: certificate.isSelfSigned,
    fingerprint: leaf.fingerprint256,
    warnings: certificate.warnings,
  };
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.split(', ').map((name) => name.replace(/^DNS:/, ''));
  return names.filter((name) => name !== '');
}
