import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { parseConfig } from '../../../src/server/config/load.ts';
import type { ConfigError } from '../../../src/server/config/problems.ts';
import { selfSigned } from '../../support/self-signed.ts';

const parse = (text: string) => parseConfig('/etc/epode.yaml', text, builtinModules);
const SITE = 'http: { url: "https://site.example/ask", secret: s }';

const SPKI = { type: 'spki', format: 'pem' } as const;
const KEPT_IN_FILES = `
hosts:
  a.example:
    accounts: { source: ldap, ldap: { url: "ldap://a.example", base: dc=a, ca: "file:a.crt" } }
  b.example:
    accounts: { source: jwt, jwt: { issuer: i, audience: a, publicKey: "file:a.pem" } }
`;

function problemsOf(accounts: string): string[] {
  try {
    parse(`hosts: { a.example: }\naccounts: ${accounts}`);
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

describe('where accounts are kept', () => {
  test('is here by default, and another place for one host', () => {
    const { hosts } = parse(`
hosts:
  a.example: { accounts: { source: http } }
  b.example:
accounts: { ${SITE} }`);
    expect(hosts.map(({ source }) => source)).toEqual([
      {
        type: 'http',
        url: 'https://site.example/ask',
        secret: 's',
        timeout: 5_000,
        hasScramKeys: false,
        takesChanges: false,
      },
      { type: 'internal' },
    ]);
  });

  test.each([
    ['{ source: http }', ['2: accounts.source needs a section "http" beside it']],
    [
      '{ source: htpp }',
      [expect.stringContaining('accounts.source must be one of internal, http')],
    ],
    [
      '{ source: http, http: { url: "https://a/" } }',
      [expect.stringContaining('accounts.http.secret')],
    ],
    ['{ http: { url: "ftp://a/", secret: s } }', [expect.stringContaining('accounts.http.url')]],
    [
      '{ source: ldap, ldap: { url: "http://a/", base: b, filter: "(uid=x)", bindDn: c } }',
      [
        '2: accounts.ldap needs both of bindDn and password, or neither',
        '2: accounts.ldap.url must be an address that begins with ldaps:// or ldap://',
        '2: accounts.ldap.filter must hold {name}, where the name goes',
      ],
    ],
    [
      '{ source: ldap, ldap: { url: "ldap://a/", base: b, bindDn: c, ca: d } }',
      [
        '2: accounts.ldap needs both of bindDn and password, or neither',
        '2: accounts.ldap.ca must be a certificate in PEM',
      ],
    ],
    [
      '{ source: jwt, jwt: { issuer: i, audience: a } }',
      ['2: accounts.jwt needs one of jwks and publicKey'],
    ],
    [
      '{ source: jwt, jwt: { issuer: i, audience: a, publicKey: x } }',
      ['2: accounts.jwt.publicKey must be a public key in PEM, or a JWKS'],
    ],
    [
      '{ jwt: { issuer: i, audience: a, jwks: "https://a/", algorithms: [HS256] } }',
      [expect.stringContaining('accounts.jwt.algorithms[0] must be one of RS256')],
    ],
    [
      '{ http: { url: "https://a/", secret: "file:/nowhere" } }',
      [expect.stringContaining('accounts.http.secret: no secret to be had')],
    ],
  ])('%s is refused, with its place', (accounts, problems) => {
    expect(problemsOf(accounts)).toEqual(problems);
  });

  test.each([
    ['[SCRAM-SHA-1]', 'http', 'add PLAIN'],
    ['[OAUTHBEARER]', 'internal', 'add SCRAM-SHA-512 or SCRAM-SHA-256 or SCRAM-SHA-1 or PLAIN'],
  ])('has to leave a way to sign in: %s, %s', (mechanisms, source, hint) => {
    const text = `hosts: { a.example: }
signIn: { mechanisms: ${mechanisms} }
accounts: { source: ${source}, ${SITE} }`;
    const message = `nobody can sign in to a.example: none of these goes with accounts.source ${source}`;
    expect(() => parse(text)).toThrow(`/etc/epode.yaml:2:23: ${message}; ${hint}`);
  });

  test('may be described with files that hold keys and certificates', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'epode-sources-'));
    const { cert, key } = await selfSigned('a.example');
    writeFileSync(join(directory, 'a.crt'), cert);
    writeFileSync(join(directory, 'a.pem'), createPublicKey(key).export(SPKI));
    const file = join(directory, 'epode.yaml');
    const { hosts } = parseConfig(file, KEPT_IN_FILES, builtinModules);
    rmSync(directory, { recursive: true });
    expect(hosts[0]!.source).toMatchObject({ type: 'ldap', ca: cert.trimEnd(), bindDn: '' });
    const keys = { text: expect.stringContaining('BEGIN PUBLIC KEY') };
    expect(hosts[1]!.source).toMatchObject({ type: 'jwt', keys, clockTolerance: 30_000 });
  });

  test.each([
    ['http://site.example/', 1],
    ['http://127.0.0.1:8080/', 0],
    ['http://[::1]/', 0],
    ['http://localhost/', 0],
    ['https://site.example/', 0],
  ])('%s brings %i warnings', (url, count) => {
    const { warnings } = parse(`
hosts: { a.example: }
accounts: { source: http, http: { url: "${url}", secret: s } }`);
    expect(warnings.filter((warning) => warning.includes('unencrypted'))).toHaveLength(count);
  });
});
