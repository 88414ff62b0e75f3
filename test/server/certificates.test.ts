import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  CertificateError,
  ensureLocalCertificate,
  openCertificate,
  readAuthority,
  readCertificate,
} from '../../src/server/certificates.ts';
import { makeSelfSigned } from '../../src/server/self-signed.ts';
import { asksForCertificate } from '../../src/transports/secure-context.ts';
import { Authority } from '../support/authority.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const TLS = { minVersion: 'TLSv1.2' } as const;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'epode-certificates-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

function made(domain = 'a.example', notAfter = NOW + 90 * DAY) {
  return makeSelfSigned({ dnsNames: [domain], addresses: [], notBefore: NOW - DAY, notAfter });
}

function files(pems: { cert: string; key: string }) {
  return { cert: file('a.crt', pems.cert), key: file('a.key', pems.key) };
}

async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof CertificateError) return `${error.message} ${error.mend}`;
    throw error;
  }
  throw new Error('nothing failed');
}

async function refusal(pems: { cert: string; key: string }): Promise<string> {
  const said = await failure(() => readCertificate(files(pems), 'a.example', NOW));
  return said.replaceAll(`${directory}/`, '');
}

describe('a configured certificate', () => {
  test('in order gives no warnings and opens for TLS', async () => {
    const opened = await openCertificate(
      { domain: 'a.example', certificate: files(await made()), clientAuthority: null },
      { tls: TLS, dataDirectory: directory, now: NOW },
    );
    expect(opened.warnings).toEqual([]);
    expect(opened.validTo).toBe(NOW + 90 * DAY);
    expect(opened.secureContext.context).toBeDefined();
  });

  test('for another domain, or out of date, is warned of', async () => {
    const warnings = (pems: { cert: string; key: string }) =>
      readCertificate(files(pems), 'a.example', NOW).warnings;
    expect(warnings(await made('b.example'))).toEqual([
      'the certificate of a.example is not valid for that domain, but for DNS:b.example',
    ]);
    expect(warnings(await made('a.example', NOW - 1000))).toEqual([
      'the certificate of a.example has expired on 2026-06-01',
    ]);
    expect(warnings(await made('a.example', NOW + 3 * DAY))).toEqual([
      'the certificate of a.example expires on 2026-06-04',
    ]);
  });

  test('is compared by A-labels [RFC6120 13.7.1.2]', async () => {
    const ours = files(await made('xn--bcher-kva.example'));
    expect(readCertificate(ours, 'bücher.example', NOW).warnings).toEqual([]);
  });

  test('with a key that everybody may read is warned of', async () => {
    const { cert, key } = files(await made());
    const open = join(directory, 'open.key');
    writeFileSync(open, readFileSync(key), { mode: 0o644 });
    expect(readCertificate({ cert, key: open }, 'a.example', NOW).warnings).toEqual([
      `every user of this machine may read the key ${open}`,
    ]);
  });

  test('that is not there', async () => {
    const absent = { cert: join(directory, 'none'), key: join(directory, 'none') };
    expect(await failure(() => readCertificate(absent, 'a.example', NOW))).toBe(
      `The certificate file ${directory}/none does not exist. Correct its path.`,
    );
  });

  test('swapped with its key', async () => {
    const { cert, key } = await made();
    expect(await refusal({ cert: key, key: cert })).toContain(
      'are swapped. Exchange the two paths',
    );
  });

  test('with another key', async () => {
    expect(await refusal({ cert: (await made()).cert, key: (await made()).key })).toContain(
      'The key in a.key does not belong to the certificate in a.crt.',
    );
  });

  test('behind another in its file', async () => {
    const own = await made();
    expect(await refusal({ cert: (await made()).cert + own.cert, key: own.key })).toContain(
      "The host's own certificate is not the first in a.crt.",
    );
  });

  test('with a key under a passphrase', async () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    expect(await refusal({ cert: (await made()).cert, key: privateKey })).toBe(
      'The key in a.key is protected by a passphrase. Store it without: openssl pkey -in a.key -out a.key.plain',
    );
  });

  test('that is damaged, or no PEM', async () => {
    const { cert, key } = await made();
    expect(await refusal({ cert: cert.replace('MII', 'AII'), key })).toContain('is damaged');
    expect(await refusal({ cert: '0\x82\x01', key })).toContain('is not in PEM form');
    expect(await refusal({ cert: key, key })).toContain('a.crt holds no certificate');
  });
});

describe('a self-signed certificate', () => {
  test('of localhost is valid for its name and both loopback addresses', async () => {
    const { cert, warnings } = await ensureLocalCertificate(
      join(directory, 'new'),
      'localhost',
      NOW,
    );
    const parsed = new X509Certificate(cert);
    expect(parsed.checkHost('localhost')).toBe('localhost');
    expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(parsed.checkIP('::1')).toBe('::1');
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(warnings).toEqual([]);
    expect(statSync(join(directory, 'new/localhost.key')).mode & 0o777).toBe(0o600);
  });

  test('of any other domain is warned of', async () => {
    const opened = await openCertificate(
      { domain: 'bücher.example', certificate: null, clientAuthority: null },
      { tls: TLS, dataDirectory: directory, now: NOW },
    );
    expect(opened.warnings).toHaveLength(1);
    expect(new X509Certificate(opened.cert).checkHost('xn--bcher-kva.example')).toBeDefined();
  });

  test('is kept until 30 days before its end, then made anew', async () => {
    const at = (days: number) => ensureLocalCertificate(directory, 'localhost', NOW + days * DAY);
    const first = await at(0);
    expect((await at(794)).cert).toBe(first.cert);
    expect((await at(796)).cert).not.toBe(first.cert);
  });

  test('is made anew when its files do not fit', async () => {
    const first = await ensureLocalCertificate(directory, 'localhost', NOW);
    writeFileSync(join(directory, 'localhost.key'), (await made()).key);
    const second = await ensureLocalCertificate(directory, 'localhost', NOW);
    expect(second.key).not.toBe(first.key);
    expect(readFileSync(join(directory, 'localhost.key'), 'utf8')).toBe(second.key);
  });

  test('that cannot be kept', async () => {
    const blocked = file('blocked', '');
    expect(await failure(() => ensureLocalCertificate(blocked, 'localhost', NOW))).toContain(
      'Let this user write to the data directory.',
    );
  });
});

describe('the authority of client certificates', () => {
  const read = async (content: string) =>
    (await failure(() => readAuthority(file('ca.crt', content), NOW))).replaceAll(
      `${directory}/`,
      '',
    );

  test('in order gives no warnings, and opens for TLS', async () => {
    const { cert } = await Authority.found();
    const clientAuthority = file('ca.crt', cert);
    expect(readAuthority(clientAuthority, Date.now())).toEqual({ certs: cert, warnings: [] });
    const { secureContext } = await openCertificate(
      { domain: 'a.example', certificate: files(await made()), clientAuthority },
      { tls: TLS, dataDirectory: directory, now: NOW },
    );
    expect(asksForCertificate(secureContext)).toBe(true);
  });

  test('that has expired is warned of', async () => {
    const { cert } = await Authority.found();
    const path = file('ca.crt', cert);
    expect(readAuthority(path, Date.now() + 2 * DAY).warnings[0]).toMatch(/has expired/);
  });

  test('must be there, and one that may vouch for others', async () => {
    const said = await failure(() => readAuthority(join(directory, 'ca.crt'), NOW));
    expect(said).toMatch(/^The certificate file .*ca.crt does not exist\. Correct its path\.$/);
    expect(await read('-----BEGIN KEY-----')).toBe('ca.crt holds no certificate. ');
    expect(await read((await made()).cert)).toMatch(
      /^ca.crt holds a certificate that cannot vouch/,
    );
    const garbled = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(await read(garbled)).toMatch(/^The certificate in ca.crt is damaged/);
  });
});
