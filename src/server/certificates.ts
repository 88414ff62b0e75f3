import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { domainToASCII } from 'node:url';
import { makeSecureContext } from '../transports/secure-context.ts';
import type { CertificateFiles, HostConfig, TlsConfig } from './config/config.ts';
import { displayPath } from './config/problems.ts';
import { makeSelfSigned } from './self-signed.ts';

const DAY = 86_400_000;
/** The longest that Apple's systems accept of a certificate made by hand. */
const SELF_SIGNED_DAYS = 825;
const RENEWAL_DAYS = 30;
const EXPIRY_WARNING_DAYS = 14;

/** A certificate cannot be used. `message` says why, `mend` what to do about it. */
export class CertificateError extends Error {
  readonly mend: string;

  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}

/** A certificate with its key, both in PEM, checked to belong together. */
export interface HostCertificate {
  readonly cert: string;
  readonly key: string;
  readonly isSelfSigned: boolean;
  /** Milliseconds since 1970. */
  readonly validTo: number;
  /** What clients will mind; for people, one sentence each. */
  readonly warnings: readonly string[];
}

/** What opening a host's certificate needs to know. */
export interface CertificateSurroundings {
  readonly tls: TlsConfig;
  readonly dataDirectory: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The host's certificate ready for use: the configured one, or else a
 * self-signed one that is made at the first start and kept in the data directory.
 * @throws {CertificateError}
 */
export async function openCertificate(
  host: Pick<HostConfig, 'domain' | 'certificate' | 'clientAuthority'>,
  { tls, dataDirectory, now }: CertificateSurroundings,
): Promise<HostCertificate & { readonly secureContext: SecureContext }> {
  const certificate = host.certificate
    ? readCertificate(host.certificate, host.domain, now)
    : await ensureLocalCertificate(localDirectory(dataDirectory), host.domain, now);
  const authority = host.clientAuthority ? readAuthority(host.clientAuthority, now) : null;
  const warnings = [...certificate.warnings, ...(authority?.warnings ?? [])];
  const clientAuthority = authority?.certs ?? null;
  try {
    const secureContext = makeSecureContext({ ...certificate, ...tls, clientAuthority });
    return { ...certificate, warnings, secureContext };
  } catch (error) {
    throw new CertificateError(
      `${host.domain}: TLS refuses the certificate: ${(error as Error).message}`,
      'Renew it with an ECDSA P-256 key, or an RSA key of 2048 bits or more.',
    );
  }
}

/**
 * The host's certificate as its files have it; null where a self-signed one has yet to be made.
 * Changes nothing.
 * @throws {CertificateError}
 */
export function lookAtCertificate(
  { domain, certificate }: Pick<HostConfig, 'domain' | 'certificate'>,
  dataDirectory: string,
  now: number,
): HostCertificate | null {
  if (certificate) return readCertificate(certificate, domain, now);
  const files = localFiles(localDirectory(dataDirectory), domain);
  if (!existsSync(files.cert)) return null;
  const kept = readCertificate(files, domain, now);
  return { ...kept, warnings: [...localWarnings(domain), ...kept.warnings] };
}

/**
 * Reads a configured certificate and checks it for `domain`.
 * @throws {CertificateError}
 */
export function readCertificate(
  files: CertificateFiles,
  domain: string,
  now: number,
): HostCertificate {
  const cert = readPem(files.cert, 'certificate');
  const key = readPem(files.key, 'key');
  refuseWrongContent(files, cert, key);
  const leaf = parseCertificate(files.cert, cert);
  if (!leaf.checkPrivateKey(parseKey(files.key, key))) throw mismatch(files, cert, key);
  return {
    cert,
    key,
    isSelfSigned: leaf.verify(leaf.publicKey),
    validTo: leaf.validToDate.getTime(),
    warnings: [
      ...nameWarnings(leaf, domain),
      ...dateWarnings(leaf, domain, now),
      ...exposure(files.key),
    ],
  };
}

/**
 * The self-signed certificate of a domain in `directory`, made when there is none,
 * and anew within 30 days of its expiry. A warning says so for every domain but
 * localhost, where nobody else could vouch.
 * @throws {CertificateError} when the directory cannot be written.
 */
export async function ensureLocalCertificate(
  directory: string,
  domain: string,
  now: number,
): Promise<HostCertificate> {
  const files = localFiles(directory, domain);
  const kept = keptCertificate(files, domain, now) ?? (await makeCertificate(files, domain, now));
  return { ...kept, warnings: localWarnings(domain) };
}

/**
 * Reads the certificates of the authority that vouches for clients.
 * @throws {CertificateError}
 */
export function readAuthority(
  path: string,
  now: number,
): { readonly certs: string; readonly warnings: readonly string[] } {
  const certs = readPem(path, 'certificate');
  const found = chainOf(path, certs);
  const name = displayPath(path);
  if (found.length === 0) throw new CertificateError(`${name} holds no certificate.`, '');
  if (!found.every(({ ca }) => ca)) {
    throw new CertificateError(
      `${name} holds a certificate that cannot vouch for others.`,
      'Put the certificates of the authority itself there, and none of a client.',
    );
  }
  const isOver = found.some(({ validToDate }) => validToDate.getTime() < now);
  const expired = `an authority in ${name} has expired; clients cannot sign in by its certificates`;
  return { certs, warnings: isOver ? [expired] : [] };
}

/** What `ensureLocalCertificate` warns of, for a host that has no certificate. */
export function selfSignedWarning(domain: string): string {
  return `${domain} has no certificate and uses a self-signed one, which clients distrust; set hosts."${domain}".certificate`;
}

function localWarnings(domain: string): string[] {
  return domain === 'localhost' ? [] : [selfSignedWarning(domain)];
}

function localDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'certificates');
}

function localFiles(directory: string, domain: string): CertificateFiles {
  const name = encodeURIComponent(asciiDomain(domain));
  return { cert: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
}

function keptCertificate(files: CertificateFiles, domain: string, now: number) {
  try {
    const kept = readCertificate(files, domain, now);
    return kept.validTo - now > RENEWAL_DAYS * DAY ? kept : null;
  } catch {
    // Absent, or spoilt: either way a new one is made.
    return null;
  }
}

async function makeCertificate(
  files: CertificateFiles,
  domain: string,
  now: number,
): Promise<HostCertificate> {
  const validTo = now + SELF_SIGNED_DAYS * DAY;
  const addresses = domain === 'localhost' ? LOOPBACK : [];
  const dnsNames = [asciiDomain(domain)];
  const dates = { notBefore: now - DAY, notAfter: validTo };
  const made = await makeSelfSigned({ dnsNames, addresses, ...dates });
  try {
    makeDirectory(dirname(dirname(files.cert)));
    makeDirectory(dirname(files.cert));
    writeWhole(files.key, made.key, 0o600);
    writeWhole(files.cert, made.cert, 0o644);
  } catch (error) {
    throw new CertificateError(
      `The self-signed certificate of ${domain} cannot be kept: ${(error as Error).message}`,
      'Let this user write to the data directory.',
    );
  }
  return { ...made, isSelfSigned: true, validTo, warnings: [] };
}

const LOOPBACK = ['127.0.0.1', '::1'];

// Not what it lies in: a missing parent hints at a disk that is not mounted.
function makeDirectory(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

// Whoever reads meanwhile finds the old file or the new one, never a part.
function writeWhole(path: string, content: string, mode: number): void {
  writeFileSync(`${path}.new`, content, { mode });
  renameSync(`${path}.new`, path);
}

function asciiDomain(domain: string): string {
  return domainToASCII(domain) || domain;
}

function readPem(path: string, what: 'certificate' | 'key'): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, what, error as NodeJS.ErrnoException);
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new CertificateError(
    `The ${what} file ${displayPath(path)} is not in PEM form ("-----BEGIN …").`,
    'Convert it: openssl x509 -inform der … for a certificate, openssl pkcs12 -nodes … for a .p12 or .pfx.',
  );
}

function unreadable(path: string, what: string, error: NodeJS.ErrnoException): CertificateError {
  const name = displayPath(path);
  if (error.code === 'ENOENT') {
    return new CertificateError(`The ${what} file ${name} does not exist.`, 'Correct its path.');
  }
  if (error.code !== 'EACCES') {
    return new CertificateError(`The ${what} file ${name} cannot be read: ${error.message}.`, '');
  }
  const mend = 'Give the user that runs Epode the right to read it, for example through a group.';
  return new CertificateError(`This user may not read the ${what} file ${name}.`, mend);
}

function refuseWrongContent(files: CertificateFiles, cert: string, key: string): void {
  const hasCert = cert.includes('-----BEGIN CERTIFICATE-----');
  const hasKey = key.includes('PRIVATE KEY-----');
  const isSwapped = !hasCert && !hasKey && cert.includes('PRIVATE KEY-----');
  if (isSwapped) {
    const mend = 'Exchange the two paths under "certificate".';
    throw new CertificateError('The certificate and the key file are swapped.', mend);
  }
  if (!hasCert) throw new CertificateError(`${displayPath(files.cert)} holds no certificate.`, '');
  if (!hasKey) throw new CertificateError(`${displayPath(files.key)} holds no private key.`, '');
}

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    const mend = 'Copy it anew, from "-----BEGIN" to "-----END CERTIFICATE-----".';
    throw new CertificateError(`The certificate in ${displayPath(path)} is damaged.`, mend);
  }
}

function parseKey(path: string, pem: string): KeyObject {
  const name = displayPath(path);
  if (pem.includes('ENCRYPTED')) {
    const mend = `Store it without: openssl pkey -in ${name} -out ${name}.plain`;
    throw new CertificateError(`The key in ${name} is protected by a passphrase.`, mend);
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CertificateError(`The key in ${name} is damaged.`, 'Copy it anew.');
  }
}

function mismatch(files: CertificateFiles, cert: string, key: string): CertificateError {
  const [certName, keyName] = [displayPath(files.cert), displayPath(files.key)];
  const private_ = createPrivateKey(key);
  const isLater = chainOf(files.cert, cert).some((each) => each.checkPrivateKey(private_));
  if (isLater) {
    const mend = 'Put it before the certificates of its issuers.';
    return new CertificateError(
      `The host's own certificate is not the first in ${certName}.`,
      mend,
    );
  }
  return new CertificateError(
    `The key in ${keyName} does not belong to the certificate in ${certName}.`,
    'Take both from the same issue; after a renewal, replace both.',
  );
}

function chainOf(path: string, pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => parseCertificate(path, block));
}

function nameWarnings(leaf: X509Certificate, domain: string): string[] {
  if (leaf.checkHost(asciiDomain(domain), { subject: 'never' })) return [];
  const names =
    leaf.subjectAltName ?? 'no name at all: it has no subjectAltName, where alone clients look';
  return [`the certificate of ${domain} is not valid for that domain, but for ${names}`];
}

function dateWarnings(leaf: X509Certificate, domain: string, now: number): string[] {
  const [from, to] = [leaf.validFromDate, leaf.validToDate];
  if (now < from.getTime())
    return [`the certificate of ${domain} is not valid before ${day(from)}`];
  if (now > to.getTime()) return [`the certificate of ${domain} has expired on ${day(to)}`];
  const isNear = to.getTime() - now < EXPIRY_WARNING_DAYS * DAY;
  return isNear ? [`the certificate of ${domain} expires on ${day(to)}`] : [];
}

function exposure(keyFile: string): string[] {
  const isPublic = (statSync(keyFile).mode & 0o004) !== 0;
  return isPublic ? [`every user of this machine may read the key ${displayPath(keyFile)}`] : [];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
