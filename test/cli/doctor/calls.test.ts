import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { checkCalls } from '../../../src/cli/doctor/calls.ts';
import { TestTurnServer, type TurnManners } from '../../support/turn-server.ts';
import { Installation } from '../installation.ts';

/** What is found of STUN and TURN servers that behave, and of others. */

const SECRET = 'wherefore';
const HOUR = 3_600_000;

let epode: Installation;
const servers: TestTurnServer[] = [];
beforeEach(() => {
  epode = new Installation();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  epode.remove();
});

async function start(manners: Partial<TurnManners> = {}): Promise<TestTurnServer> {
  const server = await TestTurnServer.started({ secret: SECRET, ...manners });
  servers.push(server);
  return server;
}

/** Writes a configuration with these services; the secret is common to them. */
function configure(...services: readonly string[]): void {
  const section = `{ secret: ${SECRET}, lifetime: 1h, services: [${services.join(', ')}] }`;
  epode.configure(`hosts: { localhost: }\nmodules: { external-services: ${section} }\n`);
}

const turnAt = (port: number, more = '') => `{ type: turn, host: 127.0.0.1, port: ${port}${more} }`;

async function check(addresses = ['127.0.0.1']): Promise<string[]> {
  const file = join(epode.directory, 'epode.yaml');
  const findings = await checkCalls(file, builtinModules, {}, async () => addresses);
  return findings.map(({ level, message }) => `${level} ${message}`);
}

/** What is found of one server with these manners. */
async function findingsOf(manners: Partial<TurnManners>, more = ''): Promise<string[]> {
  const { port } = await start(manners);
  configure(turnAt(port, more));
  const name = new RegExp(`turn:127\\.0\\.0\\.1:${port}\\?transport=(udp|tcp): `);
  return (await check()).map((line) => line.replace(name, ''));
}

const DENIES = 'ok relays nothing to loopback and private addresses.';
const KEEPS_TIME = 'ok credentials are made out, and end in time.';
const RELAYS = 'ok relays at 203.0.113.5:49152.';

test.each(['udp', 'tcp'])(
  'a good server is good over %s, and nothing stays there [RFC8656 7]',
  async (transport) => {
    expect(await findingsOf({}, `, transport: ${transport}`)).toEqual([RELAYS, DENIES, KEEPS_TIME]);
    const [server] = servers;
    expect(server!.relays).toBe(0);
    expect(server!.usernames[0]).toMatch(/^\d{10}:doctor-[0-9a-f]{16}$/);
  },
);

test('a STUN server says how one looks from outside [RFC8489 7.3.1]', async () => {
  const { port } = await start();
  configure(turnAt(port), `{ type: stun, host: localhost, port: ${port} }`);
  expect(await check()).toContain(
    `ok stun:localhost:${port}?transport=udp at 127.0.0.1: tells clients how they look from outside (127.0.0.1 for this machine).`,
  );
});

test('without a TURN server many calls fail', async () => {
  configure();
  expect(await check()).toEqual([
    'warning localhost: clients are told of no TURN server, so calls fail where both are behind firewalls.',
  ]);
});

const TROUBLES: readonly (readonly [string, Partial<TurnManners>, readonly string[]])[] = [
  [
    'another secret',
    { secret: 'other' },
    ['error refuses the credentials that are made of the secret.'],
  ],
  [
    'a clock that is far ahead',
    { ahead: 2 * HOUR },
    ["error its clock is ahead of this machine's by more than the credentials last."],
  ],
  [
    'a clock that is ahead',
    { ahead: 600_000 },
    [
      RELAYS,
      DENIES,
      "warning its clock is more than 5 minutes ahead of this machine's, so credentials end early.",
    ],
  ],
  [
    'a clock that is behind',
    { ahead: -600_000 },
    [RELAYS, DENIES, 'warning takes credentials that ended 5 minutes ago.'],
  ],
  [
    'a relay for anybody',
    { isFree: true },
    [
      'error relays for anybody, without credentials.',
      RELAYS,
      DENIES,
      'warning takes credentials that ended 5 minutes ago.',
    ],
  ],
  [
    'a private address',
    { relay: '10.1.2.3' },
    ['warning relays at 10.1.2.3, so calls work only within this network.', DENIES, KEEPS_TIME],
  ],
  [
    'peers behind it',
    { peers: ['127.0.0.1', '169.254.169.254'] },
    [
      RELAYS,
      'warning relays to 127.0.0.1, 169.254.169.254, so that who has an account reaches machines behind it.',
      KEEPS_TIME,
    ],
  ],
  [
    'too many relays',
    { error: [486, 'Allocation Quota Reached'] },
    ['error the account has as many relays as it may.'],
  ],
  ['no ports left', { error: [508, ''] }, ['error has no room for another relay.']],
  [
    'an error that nobody foresees',
    { error: [599, 'Oops'] },
    ['error answers with an error: 599 Oops.'],
  ],
  ['silence', { isSilent: true }, ['error nobody answers.']],
];
for (const [what, manners, found] of TROUBLES) {
  test(`${what} is found [RFC8656 19]`, async () => {
    expect(await findingsOf(manners)).toEqual(found);
    expect(servers[0]!.relays).toBe(0);
  });
}

test('what is no answer is passed over [RFC8489 6.3]', async () => {
  const noise = Buffer.from('0101000021 12a442 no answer of anybody, but long enough');
  expect(await findingsOf({ noise })).toEqual([RELAYS, DENIES, KEEPS_TIME]);
});

test.each(['udp', 'tcp'])('nobody at the port is found over %s', async (transport) => {
  const server = await start();
  servers.splice(0);
  server.close();
  configure(turnAt(server.port, `, transport: ${transport}`));
  expect(await check()).toEqual([
    `error turn:127.0.0.1:${server.port}?transport=${transport}: nobody listens on ${transport.toUpperCase()} port ${server.port}.`,
  ]);
});

test('a fixed password that is wrong is found', async () => {
  expect(await findingsOf({}, ', username: u, password: p')).toEqual([
    'error refuses the username and password of the file.',
  ]);
});

test('a name without address is found, and what cannot be looked at is named', async () => {
  configure(
    '{ type: turn, host: nowhere.invalid }',
    '{ type: turns, host: 127.0.0.1, transport: udp }',
  );
  expect(await check([])).toEqual([
    'error turn:nowhere.invalid:3478?transport=udp: nowhere.invalid has no address.',
    'warning turns:127.0.0.1:5349?transport=udp: TLS over UDP was not looked at.',
  ]);
});

test('the command says it in lines, and its status tells how grave it is', async () => {
  const { port } = await start({ peers: ['10.0.0.1'] });
  configure(turnAt(port));
  const { code, out } = await epode.run(['doctor', 'calls']);
  expect(code).toBe(3);
  expect(out).toContain('Deny these networks (coturn: denied-peer-ip');
  expect(out).toMatch(/\n1 warning\.\n$|0 errors, 1 warning\.\n$/);
  const unknown = await epode.run(['doctor', 'calls', '--host', 'b.example']);
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('The file has no host b.example.');
});

test('mistakes of the file come first', async () => {
  writeFileSync(join(epode.directory, 'epode.yaml'), 'hosts: {}\n');
  expect(await check()).toEqual([expect.stringMatching(/^error .*epode\.yaml:1:8/)]);
});
