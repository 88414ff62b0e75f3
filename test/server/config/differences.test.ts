import { expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  differences,
  type KeyChange,
  valuesOf,
  withLiveValues,
} from '../../../src/server/config/differences.ts';
import { secret } from '../../../src/server/config/secret.ts';

const modules = [
  { name: 'door', config: z.strictObject({ key: secret().optional(), wait: z.int().default(1) }) },
  { name: 'slow', config: z.strictObject({ wait: z.int().default(1) }) },
  { name: 'bare' },
];
const waits = (module: string) => module === 'slow';
const read = (text: string) => valuesOf('/etc/epode.yaml', text, modules);

const BEFORE = 'hosts: { a.example: }\n';

function changes(before: string, after: string): string[] {
  const line = ({ key, from, to, effect }: KeyChange) => `${effect} ${key}: ${from} -> ${to}`;
  return differences(read(before), read(after), waits).map(line);
}

const AT = 'hosts."a.example"';

test.each([
  ['what is said by default', 'limits: { connections: 100000 }', []],
  ['limits', 'limits: { queue: 1 MiB }', ['live limits.queue: 4 MiB -> 1 MiB']],
  ['TLS', 'tls: { minVersion: TLSv1.3 }', ['live tls.minVersion: TLSv1.2 -> TLSv1.3']],
  ['signing in', 'signIn: { maxAttempts: 1 }', [`live ${AT}.signIn.maxAttempts: 5 -> 1`]],
  [
    'whether everybody is anonymous',
    'signIn: { anonymous: true }',
    [`restart ${AT}.signIn.anonymous: false -> true`],
  ],
  ['a module', 'modules: { door: { wait: 2 } }', [`live ${AT}.modules.door.wait: 1 -> 2`]],
  [
    'a module that waits',
    'modules: { slow: { wait: 2 } }',
    [`restart ${AT}.modules.slow.wait: 1 -> 2`],
  ],
  [
    'a module that goes',
    'modules: { door: false }',
    [`restart ${AT}.modules.door: null -> false`, `restart ${AT}.modules.door.wait: 1 -> null`],
  ],
  [
    'one without settings',
    'modules: { bare: false }',
    [`restart ${AT}.modules.bare: true -> false`],
  ],
  ['data', 'data: /elsewhere', ['restart data: ./data -> /elsewhere']],
  ['metrics', 'metrics: { port: 9 }', ['restart metrics.port: null -> 9']],
])('%s', (_, more, expected) => {
  expect(changes(BEFORE, BEFORE + more)).toEqual(expected);
});

test('a certificate comes at once, a host with a restart', () => {
  const own = 'hosts: { a.example: { certificate: { cert: a.crt, key: a.key } } }';
  expect(changes(BEFORE, own)).toEqual([
    `live ${AT}.certificate.cert: null -> a.crt`,
    `live ${AT}.certificate.key: null -> a.key`,
  ]);
  const more = changes(BEFORE, 'hosts: { a.example: , b.example: }');
  expect(more.length).toBeGreaterThan(5);
  expect(more.filter((each) => !each.startsWith('restart hosts."b.example".'))).toEqual([]);
});

test('that a secret has changed is told, but neither the old nor the new one', () => {
  const [one, other] = ['s3cret', 'other'].map((key) => `modules: { door: { key: ${key} } }`);
  expect(changes(BEFORE + one, BEFORE + other)).toEqual([
    `live ${AT}.modules.door.key: (hidden) -> (hidden)`,
  ]);
});

test('what waits for a restart is not at work yet', () => {
  const next = read(`${BEFORE}limits: { connections: 7 }\ndata: /elsewhere\n`);
  const at = withLiveValues(read(BEFORE), next, waits);
  expect(differences(at, next, waits).map(({ key }) => key)).toEqual(['data']);
  const own = read('hosts: { a.example: { certificate: { cert: a.crt, key: a.key } } }');
  expect(differences(withLiveValues(own, read(BEFORE), waits), read(BEFORE), waits)).toEqual([]);
});
