import { join } from 'node:path';
import { runToEnd } from '../rivals/process.ts';
import type { CertificateFiles } from '../rivals/server.ts';
import { GENERATOR_CORE } from './scenario.ts';

/** Makes a self-signed P-256 certificate, the same for every server. */
export async function createCertificate(
  directory: string,
  domain: string,
): Promise<CertificateFiles> {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '30'];
  const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`];
  const argv = [
    'openssl',
    'req',
    '-x509',
    ...kind,
    ...subject,
    '-keyout',
    key,
    '-out',
    certificate,
  ];
  await runToEnd({ argv }, GENERATOR_CORE, 30_000);
  return { key, certificate };
}
