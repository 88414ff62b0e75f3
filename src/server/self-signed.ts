import { webcrypto } from 'node:crypto';

/** The longest name that fits the common name (RFC 5280 appendix A.1). */
const MAX_COMMON_NAME = 64;

export interface SelfSignedRequest {
  /** A-labels: what clients compare with. */
  readonly dnsNames: readonly string[];
  /** IP addresses as text. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Makes a P-256 key and a certificate that it signs itself (RFC 5280 §4.1), both in PEM. */
export async function makeSelfSigned(
  request: SelfSignedRequest,
): Promise<{ cert: string; key: string }> {
  const x509 = await loadX509();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = [
    ...request.dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...request.addresses.map((value) => ({ type: 'ip', value }) as const),
  ];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName(request.dnsNames[0] ?? '')] }],
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: x509.PemConverter.encode(key, 'PRIVATE KEY').concat('\n'),
  };
}

// Needed once in two years, and slow to load; it cannot do without the metadata.
async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function commonName(name: string): string {
  return name.length > MAX_COMMON_NAME ? 'Epode' : name;
}
