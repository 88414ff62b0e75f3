import { expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { compareConfigs, withLiveParts } from '../../../src/server/config/changes.ts';
import { parseConfig } from '../../../src/server/config/load.ts';

const parse = (text: string) => parseConfig('/etc/epode.yaml', text, builtinModules);
/** As if those who wrote this module had wanted that. */
const waits = (module: string) => module === 'vcard';
const BEFORE = 'hosts: { a.example: , b.example: }\n';

test.each([
  ['nothing at all', '', []],
  ['what is said by default', 'log: { level: info }', []],
  ['the log level', 'log: { level: debug }', ['log.level']],
  ['TLS', 'tls: { minVersion: TLSv1.3 }', ['tls.minVersion']],
  ['components', 'components: { c.example: { secret: s } }', ['components']],
  ['connections', 'limits: { connections: 5 }', ['limits']],
  ['stanzas', 'limits: { afterLogin: { stanza: 20 KB } }', ['limits']],
  [
    'accounts',
    'accounts: { nameRetirement: 1d }',
    ['accounts (a.example)', 'accounts (b.example)'],
  ],
  ['signing in', 'signIn: { maxAttempts: 3 }', ['signIn (a.example)', 'signIn (b.example)']],
  [
    'what a module may be set to',
    'modules: { roster: { maxItems: 5 } }',
    ['modules.roster (a.example)', 'modules.roster (b.example)'],
  ],
  ['sessions', 'signIn: { sessionsPerAccount: 3 }', ['signIn (a.example)', 'signIn (b.example)']],
])('%s changes at once', (_, text, live) => {
  const [running, next] = [parse(BEFORE), parse(BEFORE + text)];
  expect(compareConfigs(running, next, waits)).toEqual({ live, needsRestart: [] });
  expect(withLiveParts(running, next, waits)).toEqual(next);
});

test.each([
  ['data', 'data: /elsewhere', ['data', 'control.socket']],
  ['listeners', 'listeners: [{ type: c2s, port: 5 }]', ['listeners']],
  ['what holds for HTTP', 'http: { trustedProxies: [10.0.0.1] }', ['http']],
  ['log format', 'log: { format: json }', ['log.format']],
  ['control', 'control: { socket: /run/x }', ['control.socket']],
  ['metrics', 'metrics: { port: 9 }', ['metrics']],
  [
    'a module that is turned off',
    'modules: { ping: false }',
    ['modules.ping (a.example)', 'modules.ping (b.example)'],
  ],
  [
    'the accounts’ source',
    'accounts: { source: http, http: { url: "https://a.example/", secret: s } }',
    ['accounts.source (a.example)', 'accounts.source (b.example)'],
  ],
  [
    'a module that wants it so',
    'modules: { vcard: { maxSize: 2 KiB } }',
    ['modules.vcard (a.example)', 'modules.vcard (b.example)'],
  ],
])('%s needs a restart, until which all is as it was', (_, text, needsRestart) => {
  const [running, next] = [parse(BEFORE), parse(BEFORE + text)];
  expect(compareConfigs(running, next, waits)).toEqual({ live: [], needsRestart });
  expect(withLiveParts(running, next, waits)).toEqual(running);
});

test('hosts that come or go need a restart, those that stay change', () => {
  const running = parse(BEFORE);
  const next = parse(
    'hosts: { b.example: { certificate: { cert: b.crt, key: b.key } }, c.example: }',
  );
  expect(compareConfigs(running, next, waits)).toEqual({
    live: ['certificate (b.example)'],
    needsRestart: ['hosts'],
  });
  const { hosts } = withLiveParts(running, next, waits);
  expect(hosts.map(({ domain }) => domain)).toEqual(['a.example', 'b.example']);
  expect(hosts[1]!.certificate).toEqual({ cert: '/etc/b.crt', key: '/etc/b.key' });
});

test('of one host alone', () => {
  const next = parse(
    'hosts: { a.example: { signIn: { mechanisms: [PLAIN] }, modules: { offline: { maxMessages: 5 } } }, b.example: }',
  );
  expect(compareConfigs(parse(BEFORE), next, waits)).toEqual({
    live: ['signIn (a.example)', 'modules.offline (a.example)'],
    needsRestart: [],
  });
});
