import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { effectiveConfig, writeConfig } from '../../../src/server/config/effective.ts';
import { loadConfig } from '../../../src/server/config/load.ts';
import type { ConfigurableModule } from '../../../src/server/config/modules.ts';
import { secret } from '../../../src/server/config/secret.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'epode-effective-'));
  file = join(directory, 'epode.yaml');
});
afterEach(() => rmSync(directory, { recursive: true }));

function effective(text: string, modules: readonly ConfigurableModule[] = builtinModules) {
  writeFileSync(file, text);
  return effectiveConfig(file, modules);
}

const VARIED = `
data: ./here
hosts:
  a.example:
  b.example:
    certificate: { cert: b.crt, key: b.key }
    signIn: { mechanisms: [PLAIN] }
    accounts: { nameRetirement: 1d }
    modules: { offline: { maxMessages: 3 }, version: true, ping: false }
signIn: { maxAttempts: 9 }
limits: { afterLogin: { stanza: 1 MiB } }
modules:
  offline: { expireAfter: 30d, maxBytes: 1 MiB }
  version: false
  blocking:
log:
metrics: { port: 9 }
`;

test.each([
  ['the least', 'hosts: { localhost: }'],
  ['a varied file', VARIED],
])('%s, with defaults, means the same as without', (_, text) => {
  const whole = effective(text);
  const before = loadConfig(file, builtinModules);
  writeFileSync(file, writeConfig(whole));
  expect(loadConfig(file, builtinModules)).toEqual(before);
  expect(effectiveConfig(file, builtinModules)).toEqual(whole);
});

test('the secret of an account source is hidden', () => {
  const http = '{ url: "https://a.example/", secret: hush }';
  const whole = effective(`hosts: { a.example: }\naccounts: { source: http, http: ${http} }`);
  expect(whole).toMatchObject({
    hosts: { 'a.example': { accounts: { source: 'http', http: { secret: '(hidden)' } } } },
  });
});

test('every key has a value, of each host its own', () => {
  expect(effective(VARIED)).toMatchObject({
    data: './here',
    log: { level: 'info', format: 'auto' },
    limits: { afterLogin: { stanza: '1 MiB', depth: 100 }, idleTimeout: '5m' },
    metrics: { address: '127.0.0.1', port: 9 },
    hosts: {
      'a.example': {
        signIn: { maxAttempts: 9, requireTls: true },
        accounts: { nameRetirement: '90d' },
        modules: {
          offline: { maxMessages: 1000, maxBytes: '1 MiB', expireAfter: '30d' },
          version: false,
          ping: true,
        },
      },
      'b.example': {
        certificate: { cert: 'b.crt', key: 'b.key' },
        signIn: { maxAttempts: 9, mechanisms: ['PLAIN'] },
        accounts: { nameRetirement: '1d' },
        modules: {
          offline: { maxMessages: 3, maxBytes: '1 MiB' },
          version: { showVersion: true },
          ping: false,
        },
      },
    },
  });
});

test('a secret is hidden, where it stands is not', () => {
  const config = z.strictObject({
    key: secret().optional(),
    nested: z.strictObject({ key: secret() }).optional(),
  });
  const modules = [{ name: 'gate', config }];
  writeFileSync(join(directory, 'gate.key'), 'hunter2');
  const written = (section: string) =>
    writeConfig(effective(`{ hosts: { a.b: }, modules: { gate: ${section} } }`, modules));
  expect(written('{ key: hunter2, nested: { key: hunter3 } }')).not.toContain('hunter');
  expect(written('{ key: "file:gate.key" }')).toContain('key: file:gate.key');
});

test('a file with problems has none', () => {
  expect(() => effective('hosts: { a.b: }\nlog: { level: loud }')).toThrow('log.level must be');
});

test('the secrets of a list are hidden, and what stands elsewhere is shown', () => {
  const services =
    '[{ type: turn, host: a.example, secret: hush }, { type: turn, host: b.example, secret: "env:TURN" }]';
  process.env.TURN = 'hush';
  const whole = effective(
    `hosts: { a.example: }\nmodules: { external-services: { services: ${services} } }`,
  );
  delete process.env.TURN;
  expect(JSON.stringify(whole)).not.toContain('hush');
  expect(whole).toMatchObject({
    hosts: {
      'a.example': {
        modules: {
          'external-services': {
            services: [{ secret: '(hidden)', restricted: false }, { secret: 'env:TURN' }],
          },
        },
      },
    },
  });
});
