import { expect, test } from '@jest/globals';
import externalServices from '../../../src/modules/external-services/module.ts';
import {
  keyOf,
  type Settings,
  servicesOf,
} from '../../../src/modules/external-services/settings.ts';
import { parseConfig } from '../../../src/server/config/load.ts';
import { ConfigError } from '../../../src/server/config/problems.ts';

/** How operators describe STUN and TURN servers. */

const read = (section: string): Settings => {
  const text = `hosts: { a.example: }\nmodules:\n  external-services: ${section}\n`;
  const { hosts } = parseConfig('epode.yaml', text, [externalServices]);
  return hosts[0]!.modules.get('external-services') as Settings;
};

function mistakeIn(section: string): string {
  try {
    read(section);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

test.each([
  ['stun', 'stun:a.example:3478?transport=udp'],
  ['turn', 'turn:a.example:3478?transport=udp'],
  ['stuns', 'stuns:a.example:5349?transport=tcp'],
  ['turns', 'turns:a.example:5349?transport=tcp'],
])('%s is at its usual port [RFC8656 4]', (type, key) => {
  const [service] = servicesOf(
    read(`{ secret: x, services: [{ type: ${type}, host: A.example }] }`),
  );
  expect(keyOf(service!)).toBe(key);
});

test('a service takes the common secret and lifetime, or has its own', () => {
  const turn = '{ type: turn, host: a.example }';
  const own = '{ type: turns, host: a.example, secret: y, lifetime: 1h }';
  const fixed = '{ type: turn, host: b.example, username: u, password: p }';
  const stun = '{ type: stun, host: b.example }';
  const section = `{ secret: x, services: [${[turn, own, fixed, stun].join(', ')}] }`;
  expect(servicesOf(read(section)).map(({ access }) => access)).toEqual([
    { kind: 'shared-secret', secret: 'x', lifetime: 6 * 3_600_000 },
    { kind: 'shared-secret', secret: 'y', lifetime: 3_600_000 },
    { kind: 'fixed', username: 'u', password: 'p' },
    null,
  ]);
});

test('a secret may stand elsewhere', () => {
  process.env.TURN_SECRET = 'x';
  const service = '{ type: turn, host: a.example, secret: "env:TURN_SECRET" }';
  const [turn] = servicesOf(read(`{ services: [${service}] }`));
  delete process.env.TURN_SECRET;
  expect(turn!.access).toMatchObject({ secret: 'x' });
});

test.each([
  ['{ type: turn, host: a.example }', 'needs a secret'],
  ['{ type: turn, host: a.example, username: u }', 'both of username and password'],
  [
    '{ type: turn, host: a.example, username: u, password: p, secret: s }',
    'a secret, or a username with its password',
  ],
  ['{ type: relay, host: a.example }', 'services[0].type must be'],
  ['{ type: stun, host: "a b" }', 'must be a domain name or an IP address'],
  ['{ type: stun, host: a.example, port: 0 }', 'services[0].port must be'],
  ['{ type: turn, host: a.example, secret: "env:TURN_NOWHERE" }', 'TURN_NOWHERE is not set'],
  ['{ type: stun, host: a.example, lifetime: 1m }', 'services[0].lifetime must be'],
])('%s is a mistake, and the file says where', (service, message) => {
  const found = mistakeIn(`{ services: [${service}] }`);
  expect(found).toContain(message);
  expect(found).toMatch(/^epode\.yaml:3:\d+: /);
});

test('the same service twice is a mistake', () => {
  const stun = '{ type: stun, host: a.example }';
  expect(mistakeIn(`{ services: [${stun}, ${stun}] }`)).toContain('services[1] is there twice');
});
