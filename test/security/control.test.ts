import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Fortress, PASSWORD } from './support/fortress.ts';

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());
afterEach(() => fortress.stands());

/** What the control socket says to some lines until it hangs up. */
async function say(...lines: readonly string[]): Promise<string[]> {
  const socket = connect({ path: join(fortress.data, 'epode.sock'), allowHalfOpen: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.end(lines.map((line) => `${line}\n`).join(''));
  let answers = '';
  for await (const chunk of socket) answers += chunk;
  return answers.split('\n').slice(0, -1);
}

const asked = (command: string, params: unknown) => JSON.stringify({ command, params });

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Asks each; the answers. */
async function ask(...requests: readonly [command: string, params: unknown][]): Promise<Answer[]> {
  const answers = await say(...requests.map(([command, params]) => asked(command, params)));
  expect(answers).toHaveLength(requests.length);
  return answers.map((answer) => JSON.parse(answer) as Answer);
}

/** Nothing that an operator's program sends is the server's own fault. */
function expectNoDefect(answers: readonly Answer[]): void {
  const codes = answers.map(({ error }) => error?.code);
  expect(codes).not.toContain('failed');
  expect(JSON.stringify(answers)).not.toMatch(/\bat \S+ \(|node:|\.ts:\d|SQLITE/);
}

const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  [],
  {},
  '',
  '\0',
  '\ud800',
  '%@open.example',
  "'; DROP TABLE accounts; --@open.example",
  '__proto__@open.example',
  'constructor',
  'a@b@c/d@e',
  '@',
  `${'a'.repeat(1024)}@open.example`,
  'x'.repeat(100_000),
  '../../etc/passwd@open.example',
  'nobody@[::1]',
  'nobody@127.0.0.1',
];

const jid = 'nobody@open.example';
const COMMANDS: readonly (readonly [command: string, params: Record<string, unknown>])[] = [
  ['session.list', { account: jid }],
  ['session.kick', { jid }],
  ['user.add', { jid, password: PASSWORD, reuse: false }],
  ['user.passwd', { jid, password: PASSWORD }],
  ['user.disable', { jid }],
  ['user.enable', { jid }],
  ['user.delete', { jid }],
  ['user.show', { jid }],
  ['user.list', { domain: 'open.example', after: jid, notUpgraded: false, limit: 1 }],
  ['user.export', { domain: 'open.example', after: jid, limit: 1 }],
  ['roster.list', { jid }],
  ['roster.add', { jid, contact: 'c@far.example', name: 'C', groups: [] }],
  ['roster.remove', { jid, contact: 'c@far.example' }],
  ['explain', { kind: 'message' }],
  ['user.import', { accounts: [], dryRun: false, reuse: false }],
];

describe('a command', () => {
  test.each(COMMANDS)('%s with anything in place of its parameters', async (command, params) => {
    const wrong = Object.keys(params).flatMap((key) =>
      VALUES.map((value): [string, unknown] => [command, { ...params, [key]: value }]),
    );
    const whole = VALUES.map((value): [string, unknown] => [command, value]);
    expectNoDefect(await ask(...wrong, ...whole));
    const [users] = await ask(['user.list', { domain: 'open.example', limit: 1000 }]);
    for (const name of ['victim', 'absent']) expect(JSON.stringify(users)).toContain(`"${name}@`);
  });

  test('that there is not, by names that objects have', async () => {
    const names = ['__proto__', 'constructor', 'toString', '', 'user', 'x'.repeat(100_000)];
    const answers = await ask(...names.map((name): [string, unknown] => [name, {}]));
    expect(answers.map(({ error }) => error?.code)).toEqual(names.map(() => 'unknown-command'));
  });

  test.each([
    ['a hundred thousand lists in each other', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['as many as parameters', `{"command":"status","params":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
    ['no text', '{"command":1}'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['half an object', '{'],
    ['HTTP', 'POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{"command":"stop"}'],
  ])('that is none is refused: %s', async (_, line) => {
    const [answer = ''] = await say(line, asked('status', {}));
    expect(JSON.parse(answer)).toHaveProperty('error');
    expectNoDefect([JSON.parse(answer) as Answer]);
  });
});

describe('an import', () => {
  const stamps = ['9999-12-31T23:59:59Z', '-0001-01-01T00:00:00Z', '2016-12-31T23:59:60Z', 'now'];
  const message = (stamp: string) =>
    `<message xmlns='jabber:client' from='victim@open.example'><body>old</body>` +
    `<delay xmlns='urn:xmpp:delay' stamp='${stamp}'/></message>`;

  test.each<[string, Record<string, unknown>, string]>([
    ['times that are none', { offline: stamps.map(message) }, 'created'],
    ['XML that is none', { offline: ['<message>', ''], private: ['<a/>'], vcard: '<' }, 'created'],
    ['properties of objects', JSON.parse('{"__proto__":{"jid":1},"constructor":1}'), 'refused'],
    [
      'values of all kinds',
      { nickname: 1, roster: [{ jid: null }], blocked: [[]], scram: {} },
      'refused',
    ],
    [
      'itself as a contact',
      { roster: [{ jid: 'odd@open.example', subscription: 'both' }] },
      'created',
    ],
  ])('of an account with %s takes what it can or nothing', async (_, pieces, outcome) => {
    const account = { jid: 'odd@open.example', password: PASSWORD };
    await ask(['user.delete', { jid: account.jid }]);
    const params = { accounts: [account, { ...account, ...pieces }], reuse: true };
    expectNoDefect(await ask(['user.import', params]));
    await ask(['user.delete', { jid: account.jid }]);
    const answers = await ask(['user.import', { ...params, accounts: params.accounts.slice(1) }]);
    expectNoDefect(answers);
    expect(JSON.stringify(answers)).toContain(`"outcome":"${outcome}"`);
    expectNoDefect(await ask(['user.add', { ...account, reuse: true }]));
    const session = await fortress.signIn('odd');
    session.says("<presence/><iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    expect(await session.fence()).toContain(" id='r'");
    session.leaves();
  });
});
