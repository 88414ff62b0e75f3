import { expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { compareConfigs, withLiveParts } from '../../../src/server/config/changes.ts';
import { parseConfig } from '../../../src/server/config/load.ts';

const parse = (text: string) => parseConfig('/etc/epode.yaml', text, builtinModules);
const BEFORE = 'hosts: { a.example: , b.example: }\n';

test.each([
  ['nothing at all', '', []],
  ['what is said by default', 'log: { level: info }', []],
  ['the log level', 'log: { level: debug }', ['log.level']],
  ['TLS', 'tls: { minVersion: TLSv1.3 }', ['tls.minVersion']],
  ['connections', 'limits: { connections: 5 }', ['limits']],
  ['stanzas', 'limits: { afterLogin: { stanza: 20 KB } }', ['limits']],
  [
    'accounts',
    'accounts: { nameRetirement: 1d }',
    ['accounts (a.example)', 'accounts (b.example)'],
  ],
  ['signing in', 'signIn: { maxAttempts: 3 }', ['signIn (a.example)', 'signIn (b.example)']],
  ['sessions', 'signIn: { sessionsPerAccount: 3 }', ['signIn (a.example)', 'signIn (b.example)']],
])('%s changes at once', (_, text, live) => {
  const [running, next] = [parse(BEFORE), parse(BEFORE + text)];
  expect(compareConfigs(running, next)).toEqual({ live, needsRestart: [] });
  expect(withLiveParts(running, next)).toEqual(next);
});

test.each([
  ['data', 'data: /elsewhere', ['data', 'control.socket']],
  ['listeners', 'listeners: [{ type: c2s, port: 5 }]', ['listeners']],
  ['log format', 'log: { format: json }', ['log.format']],
  ['control', 'control: { socket: /run/x }', ['control.socket']],
  ['metrics', 'metrics: { port: 9 }', ['metrics']],
  [
    'a module',
    'modules: { ping: false }',
    ['modules.ping (a.example)', 'modules.ping (b.example)'],
  ],
  [
    'the accounts’ source',
    'accounts: { source: http, http: { url: "https://a.example/", secret: s } }',
    ['accounts.source (a.example)', 'accounts.source (b.example)'],
  ],
])('%s needs a restart, until which all is as it was', (_, text, needsRestart) => {
  const [running, next] = [parse(BEFORE), parse(BEFORE + text)];
  expect(compareConfigs(running, next)).toEqual({ live: [], needsRestart });
  expect(withLiveParts(running, next)).toEqual(running);
});

test('hosts that come or go need a restart, those that stay change', () => {
  const running = parse(BEFORE);
  const next = parse(
    'hosts: { b.example: { certificate: { cert: b.crt, key: b.key } }, c.example: }',
  );
  expect(compareConfigs(running, next)).toEqual({
    live: ['certificate (b.example)'],
    needsRestart: ['hosts'],
  });
  const { hosts } = withLiveParts(running, next);
  expect(hosts.map(({ domain }) => domain)).toEqual(['a.example', 'b.example']);
  expect(hosts[1]!.certificate).toEqual({ cert: '/etc/b.crt', key: '/etc/b.key' });
});

test('of one host alone', () => {
  const next = parse(
    'hosts: { a.example: { signIn: { mechanisms: [PLAIN] }, modules: { offline: { maxMessages: 5 } } }, b.example: }',
  );
  expect(compareConfigs(parse(BEFORE), next)).toEqual({
    live: ['signIn (a.example)'],
    needsRestart: ['modules.offline (a.example)'],
  });
});
