import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectStreamError } from './support/attack.ts';
import { Attacker, SASL, STREAM } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

// Peers that are slow or silent, and a server with little patience.

const PLAIN = Buffer.from(`\0attacker\0${PASSWORD}`).toString('base64');

let impatient: Fortress;
beforeAll(async () => {
  impatient = await Fortress.build('limits: { negotiationTimeout: 1s, idleTimeout: 10s }');
}, 30_000);
afterAll(() => impatient.raze());

/** Writes until the server ends the connection; resolves with what it said. */
async function dribble(attacker: Attacker, piece: string): Promise<string> {
  const timer = setInterval(() => attacker.says(piece), 50);
  const end = await attacker.hearsTheEnd();
  clearInterval(timer);
  return end;
}

const dribbled: readonly [string, string, string][] = [
  ['white space', '', ' '],
  ['an endless stanza', '<message><body>', 'x'],
  ['failing sign-ins that are none', `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'/>`, ' '],
  ['an endless value', "<message id='", 'x'],
];
test.each(dribbled)('%s before signing in does not move the deadline', async (_, first, piece) => {
  const attacker = await Attacker.connect(impatient.open);
  await attacker.opens();
  const end = await dribble(attacker.says(first), piece);
  expect(end).toMatch(/<stream:error><connection-timeout .*<\/stream:stream>$/);
  await impatient.stands(attacker);
  attacker.leaves();
});

test.each([
  ['a silent peer', ''],
  ['an unfinished header', "<stream:stream to='"],
])('%s is dropped at the deadline', async (_, first) => {
  const attacker = await Attacker.connect(impatient.open);
  if (first) attacker.says(first);
  expectStreamError(await attacker.hearsTheEnd(), 'connection-timeout');
  await impatient.stands(attacker);
  attacker.leaves();
});

test('a peer that signs in and never binds is dropped at the deadline', async () => {
  const attacker = await Attacker.connect(impatient.open);
  await attacker.opens();
  attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${PLAIN}</auth>`);
  await attacker.hears('<success');
  await attacker.opens();
  expect(await dribble(attacker, ' ')).toContain('<connection-timeout ');
  await impatient.stands(attacker);
  attacker.leaves();
});

test('a peer that never shakes hands is dropped at the deadline', async () => {
  const silent = connectTcp({ port: impatient.direct.port, host: '127.0.0.1' });
  silent.on('error', () => {});
  await once(silent, 'close');
  const stalled = connectTls({
    port: impatient.direct.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  stalled.on('error', () => {});
  await once(stalled, 'secureConnect');
  stalled.resume();
  await once(stalled, 'end');
  stalled.destroy();
  await impatient.stands();
}, 15_000);

test('a peer that has ended its side gets its answers, then the end', async () => {
  const attacker = await Attacker.connect(impatient.open);
  attacker.says(STREAM('open.example'));
  attacker.socket.end();
  expect(await attacker.hearsTheEnd()).toContain('</stream:features>');
  await impatient.stands(attacker);
  attacker.leaves();
});
