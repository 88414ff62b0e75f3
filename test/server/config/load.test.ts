import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { loadConfig, parseConfig } from '../../../src/server/config/load.ts';
import type { ConfigurableModule } from '../../../src/server/config/modules.ts';
import { secret } from '../../../src/server/config/secret.ts';

const FILE = `${process.cwd()}/conf/epode.yaml`;

const MODULES: readonly ConfigurableModule[] = [
  { name: 'ping' },
  {
    name: 'offline',
    config: z.strictObject({
      limit: z.int().min(0).default(100),
      away: z.strictObject({ text: z.string().default('-') }).prefault({}),
    }),
  },
];

function parse(text: string, modules: readonly ConfigurableModule[] | 'unchecked' = MODULES) {
  return parseConfig(FILE, text, modules);
}

/** The problems of a file, one per line, without its name. */
function problems(text: string, modules?: readonly ConfigurableModule[]): string[] {
  try {
    parse(text, modules);
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace('conf/epode.yaml:', ''));
  }
  return [];
}

describe('a sound file', () => {
  test('of one word has defaults for everything', () => {
    const config = parse('hosts: { localhost: }');
    expect(config).toMatchObject({
      file: FILE,
      dataDirectory: `${process.cwd()}/conf/data`,
      controlSocket: `${process.cwd()}/conf/data/epode.sock`,
      listeners: [
        { type: 'c2s', address: null, port: 5222 },
        { type: 'c2s-tls', address: null, port: 5223 },
        { type: 'http', address: '127.0.0.1', port: 5280 },
        { type: 'https', address: null, port: 5281 },
      ],
      http: { publicUrl: null, trustedProxies: [], forwardedHeader: 'X-Forwarded-For' },
      tls: { minVersion: 'TLSv1.2' },
      limits: { connections: 100_000, connectionsPerAddress: 1_000, queueBytes: 4_194_304 },
      log: { level: 'info', format: 'auto' },
      metrics: null,
      warnings: [],
    });
    expect(config.hosts).toHaveLength(1);
  });

  test('gives a host the safe rules of signing in [RFC6120 13.12]', () => {
    const [host] = parse('hosts: { localhost: }').hosts;
    expect(host).toMatchObject({ domain: 'localhost', certificate: null });
    expect(host?.sessions).toEqual({ perAccount: 50, resourceConflict: 'replace' });
    expect(host?.policy).toEqual({
      beforeLogin: { bytes: 10_000, tagBytes: 4_096, depth: 16, elements: 100, attributes: 32 },
      afterLogin: {
        bytes: 262_144,
        tagBytes: 16_384,
        depth: 100,
        elements: 10_000,
        attributes: 64,
      },
      requiresTls: true,
      allowsPlainLoopback: false,
      negotiationTimeout: 60_000,
      idleTimeout: 300_000,
      maxAuthAttempts: 5,
      maxFailureDelay: 5_000,
      scramIterations: 10_000,
      mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'OAUTHBEARER', 'PLAIN'],
      tokens: { lifetime: 21 * 86_400_000, rotateAfter: 86_400_000, clientsPerAccount: 20 },
    });
  });

  test('lays a host over the common sections', () => {
    const config = parse(`
signIn: { maxAttempts: 4, mechanisms: [PLAIN, SCRAM-SHA-1] }
modules:
  ping: false
  offline: { limit: 7, away: { text: hello } }
hosts:
  A.Example:
    certificate: { cert: a.crt, key: /keys/a.key }
    signIn: { mechanisms: [SCRAM-SHA-256] }
    modules: { ping: true, offline: { limit: 9 } }
  b.example:
    modules: { offline: false }
`);
    const [a, b] = config.hosts;
    expect(a?.domain).toBe('a.example');
    expect(a?.certificate).toEqual({ cert: `${process.cwd()}/conf/a.crt`, key: '/keys/a.key' });
    expect(a?.policy).toMatchObject({ maxAuthAttempts: 4, mechanisms: ['SCRAM-SHA-256'] });
    expect(Object.fromEntries(a!.modules)).toEqual({
      ping: {},
      offline: { limit: 9, away: { text: 'hello' } },
    });
    expect(b?.policy.mechanisms).toEqual(['PLAIN', 'SCRAM-SHA-1']);
    expect(Object.fromEntries(b!.modules)).toEqual({ ping: false, offline: false });
  });

  test('may leave sections empty and repeat itself by aliases', () => {
    const config = parse(`
tls:
signIn:
limits:
  beforeLogin:
modules:
  offline:
hosts:
  a.example: &same
    modules: { ping: false }
  b.example: *same
`);
    expect(config.hosts.map((host) => host.modules.get('ping'))).toEqual([false, false]);
    expect(config.hosts[0]?.modules.get('offline')).toMatchObject({ limit: 100 });
  });

  test('is warned of when it lets passwords go unencrypted', () => {
    const text = (rule: string) => `{ hosts: { localhost: }, signIn: { ${rule} } }`;
    expect(parse(text('allowPlainOnLoopback: true')).warnings).toEqual([
      'localhost: programs on this machine may sign in without TLS (signIn.allowPlainOnLoopback: true)',
    ]);
    expect(parse(text('requireTls: false')).warnings).toEqual([
      'localhost: signing in without TLS is allowed (signIn.requireTls: false); anyone on the way can read along',
    ]);
  });

  test('serves metrics where it says so, and is warned of when others can see them', () => {
    const parsed = (metrics: string) => parse(`{ hosts: { localhost: }, metrics: ${metrics} }`);
    expect(parsed('{ port: 9100 }')).toMatchObject({
      metrics: { address: '127.0.0.1', port: 9100 },
      warnings: [],
    });
    expect(parsed("{ address: '::', port: 9100 }").warnings).toEqual([
      'metrics are served to whoever reaches ::, unencrypted and without password',
    ]);
  });

  test('names the proxies whose word on addresses is taken', () => {
    const text = (more: string) =>
      `{ hosts: { localhost: }, listeners: [{ type: c2s, port: 1, proxyProtocol: { from: [10.0.0.0/8, '::1'] ${more} } }] }`;
    const [plain] = parse(text('')).listeners;
    expect(plain).toMatchObject({ proxy: { from: ['10.0.0.0/8', '::1'], endsTls: false } });
    expect(parse(text(', endsTls: true')).listeners[0]?.proxy?.endsTls).toBe(true);
    expect(parse('hosts: { localhost: }').listeners[0]?.proxy).toBeNull();
  });

  test('may name modules that a command does not care for', () => {
    expect(parse('{ hosts: { a.b: }, modules: { other: 3 } }', 'unchecked').hosts).toHaveLength(1);
  });
});

describe('mistakes', () => {
  test('are all told at once, in order, each with its place and its mend', () => {
    expect(
      problems(`hosts:
  localhost:
    signin: {}
    modules:
      offlin: {}
      offline: { limit: -1 }
listners: []
listeners:
  - { type: c2s-tsl, port: 522222 }
  - { type: c2s }
tls:
  minVersion: TLSv1.1
signIn:
  requireTls: no
  maxAttempts: "3"
  scramIterations: 100
limits:
  idleTimeout: 300
  negotiationTimeout: 60 seconds
  afterLogin: { stanza: 256k }
log: debug
`),
    ).toEqual([
      '3:5: unknown key "signin"; did you mean "signIn"?',
      '5:7: unknown module "offlin"; did you mean "offline"?',
      '6:25: hosts.localhost.modules.offline.limit must be at least 0',
      '7:1: unknown key "listners"; did you mean "listeners"?',
      '9:13: listeners[0].type must be one of c2s, c2s-tls, component, http, https, not the text "c2s-tsl"; did you mean "c2s-tls"?',
      '9:28: listeners[0].port must be at most 65535',
      '10:5: listeners[1].port is missing',
      '12:15: tls.minVersion must be one of TLSv1.2, TLSv1.3, not the text "TLSv1.1"; did you mean "TLSv1.2"?',
      '14:15: signIn.requireTls must be true or false, not the text "no"; write false',
      '15:16: signIn.maxAttempts must be a number, not the text "3"; remove the quotes',
      '16:20: signIn.scramIterations must be at least 4096',
      '18:16: limits.idleTimeout must be a time span such as 60s or 5m; add the unit: 300s',
      '19:23: limits.negotiationTimeout must be a time span such as 60s or 5m; units: ms, s, m, h, d',
      '20:25: limits.afterLogin.stanza must be a size such as 256 KiB; units: B, KB, MB, GB, KiB, MiB, GiB',
      '21:6: log must be a section (indented keys), not the text "debug"',
    ]);
  });

  test.each([
    ['nothing', '', '1:1: hosts is missing'],
    ['a list', '- hosts', '1:1: the file must hold sections such as "hosts:"'],
    ['no hosts', 'log: {}', '1:1: hosts is missing'],
    ['empty hosts', 'hosts: {}', '1:8: hosts must name at least one domain'],
    [
      'a list of hosts',
      'hosts: [localhost]',
      '1:8: hosts must be a section (indented keys), not a list',
    ],
    [
      'a key twice',
      'hosts:\n  a.b:\n  a.b:',
      '3:3: the key "a.b" stands here twice; keep one of them',
    ],
    ['a tab', 'hosts:\n\tlocalhost:', '2:1: a tab indents this line; YAML wants spaces'],
    [
      'two documents',
      'hosts: {a.b: }\n---\nlog:',
      '2:1: a second document begins here; remove the line "---"',
    ],
    ['an alias of nothing', 'hosts: *others', '1:8: nothing is anchored as "&others"'],
    [
      'a tag',
      'hosts: !!js/function x',
      '1:8: not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function',
    ],
    [
      'a domain twice',
      'hosts:\n  a.example:\n  A.Example:',
      '3:3: "A.Example" is the same domain as "a.example"; keep one of them',
    ],
    [
      'a port twice',
      'hosts: {a.b: }\nlisteners:\n  - {type: c2s, port: 1}\n  - {type: c2s-tls, port: 1, address: 127.0.0.1}',
      '4:27: port 1 has a listener already',
    ],
    [
      'TLS that ends twice',
      'hosts: {a.b: }\nlisteners: [{ type: c2s-tls, port: 1, proxyProtocol: { from: [10.0.0.1], endsTls: true } }]',
      '2:83: this listener begins with TLS, which the proxy then cannot have ended; use type c2s',
    ],
    [
      'a proxy that is no address',
      'hosts: {a.b: }\nlisteners: [{ type: c2s, port: 1, proxyProtocol: { from: [10.0.0.0/33] } }]',
      '2:59: listeners[0].proxyProtocol.from[0] must be an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      'metrics on a port for clients',
      'hosts: {a.b: }\nmetrics: { port: 5222 }',
      '2:18: port 5222 has a listener for clients',
    ],
    [
      'half a certificate',
      'hosts:\n  a.b:\n    certificate: { cert: x }',
      '3:5: hosts."a.b".certificate.key is missing',
    ],
    [
      'a module that is a word',
      'hosts: {a.b: }\nmodules:\n  ping: off',
      '3:9: modules.ping must be a section, or false to turn the module off; write false',
    ],
    [
      'settings for a module without',
      'hosts: {a.b: }\nmodules:\n  ping: { every: 1 }',
      '3:11: unknown key "every"',
    ],
    [
      'a limit on stanzas below the standard [RFC6120 13.12]',
      'hosts: {a.b: }\nlimits: { afterLogin: { stanza: 9999 } }',
      '2:33: limits.afterLogin.stanza must be from 10 KB to 16 MiB',
    ],
    [
      'an address that is none',
      'hosts: {a.b: }\nlisteners: [{ type: c2s, port: 1, address: 300.1.1.1 }]',
      '2:44: listeners[0].address must be an IP address, or "*" for all',
    ],
    ['aliases that multiply', bomb(), '1:1: the aliases (*name) expand to too much'],
    ['bottomless nesting', '['.repeat(10_000), '1:'],
  ])('%s', (_, text, expected) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('in a common section are told once, however many hosts there are', () => {
    const text = 'hosts: { a.b: , c.d: }\nsignIn: { maxAttempts: 0 }\nmodules: { ping: 3 }';
    expect(problems(text)).toEqual([
      '2:24: signIn.maxAttempts must be at least 1',
      '3:18: modules.ping must be a section, or false to turn the module off',
    ]);
  });

  test('a file that is not there', () => {
    expect(() => loadConfig('/nowhere/epode.yaml', [])).toThrow(
      '/nowhere/epode.yaml:1:1: there is no such file; name another with --config',
    );
  });
});

describe('secrets', () => {
  const modules = [
    { name: 'gate', config: z.strictObject({ secret: secret(), note: z.string() }) },
  ];
  const text = (value: string, note = 'file:x') =>
    `hosts: { a.b: }\nmodules: { gate: { secret: ${value}, note: ${note} } }`;

  test('come from the environment, and only where a secret belongs', () => {
    process.env.EPODE_TEST_SECRET = 'sesame';
    const section = parse(text('env:EPODE_TEST_SECRET'), modules).hosts[0]?.modules.get('gate');
    expect(section).toEqual({ secret: 'sesame', note: 'file:x' });
  });

  test('that are missing are told of, with the place', () => {
    expect(problems(text('env:EPODE_NOT_SET'), modules)).toEqual([
      '2:28: modules.gate.secret: no secret to be had: the environment variable EPODE_NOT_SET is not set',
    ]);
    expect(problems(text('file:/nowhere/x'), modules)[0]).toContain('ENOENT');
  });

  test('of the wrong kind are not repeated in the message', () => {
    expect(problems(text('12345'), modules)).toEqual([
      '2:28: modules.gate.secret must be text, not this; put it between quotes',
    ]);
  });
});

function bomb(): string {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [before, name] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map((pair) => [...pair])) {
    lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
  }
  return lines.join('\n');
}
