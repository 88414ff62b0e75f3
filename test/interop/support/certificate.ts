import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.ts';

export type Certificates = {
  /** PEM file of the authority that clients are told to trust. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
};

/**
 * Makes a certificate authority and a server certificate for `domain` in `folder`, valid
 * for a few days: clients then validate as they would on the Internet.
 */
export async function issueCertificates(folder: string, domain: string): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const made = { authority: file('ca.pem'), certificate: file('server.pem'), key: file('key.pem') };
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', [
    ...request,
    ...['-x509', '-days', '3', '-subj', '/CN=Interoperability test authority'],
    ...['-keyout', file('ca-key.pem'), '-out', made.authority],
  ]);
  await run('openssl', [
    ...request,
    ...['-subj', `/CN=${domain}`, '-keyout', made.key, '-out', file('server.csr')],
  ]);
  await writeFile(file('server.ext'), extensions(domain));
  await run('openssl', [
    ...['x509', '-req', '-days', '3', '-in', file('server.csr'), '-out', made.certificate],
    ...['-CA', made.authority, '-CAkey', file('ca-key.pem'), '-CAcreateserial'],
    ...['-extfile', file('server.ext')],
  ]);
  return made;
}

function extensions(domain: string): string {
  return [
    `subjectAltName=DNS:${domain}`,
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    '',
  ].join('\n');
}
