import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { Attacker, SASL } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';
import { clientFinal, encode, readServerFirst } from './support/scram.ts';

const COST = 6;
const FAILURE = `<failure xmlns="${SASL}"><not-authorized/></failure>`;
const SCRAM = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'];
const ALL = [...SCRAM.map((name) => `${name}-PLUS`), ...SCRAM, 'PLAIN'];

let fortress: Fortress;
let imported = 0;
let name = '';
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

/** Somebody whose password only a bcrypt hash tells, imported into the running server. */
beforeEach(async () => {
  name = `newcomer${++imported}`;
  const hash = (await bcrypt.hash(PASSWORD, COST)).replace('$2b$', '$2y$');
  const accounts = [
    { jid: `${name}@localhost`, hash },
    { jid: `${name}-disabled@localhost`, hash, disabled: true },
  ];
  expect(await fortress.command('user.import', { accounts })).toMatchObject({
    results: [{ outcome: 'created' }, { outcome: 'created' }],
  });
});

/** Leaves nobody behind who was not upgraded. */
const forget = async () => {
  for (const jid of [`${name}@localhost`, `${name}-disabled@localhost`]) {
    await fortress.command('user.delete', { jid });
  }
};

/** Those of SASL and of SASL2, each once; but for tokens, which are the same everywhere. */
const mechanismsIn = (features: string) => {
  const others = features.replace(/<fast .*<\/fast>/, '');
  return [...new Set([...others.matchAll(/<mechanism>([^<]*)/g)].map(([, name]) => name))];
};
const knock = async () => {
  const attacker = await Attacker.connectTls(fortress.direct);
  return { attacker, mechanisms: mechanismsIn(await attacker.opens()) };
};
const plain = (user: string, password: string) =>
  `<auth xmlns='${SASL}' mechanism='PLAIN'>${encode(`\0${user}\0${password}`)}</auth>`;

/** Whether SCRAM lets the account in. */
async function tryScram(user: string): Promise<string> {
  const { attacker } = await knock();
  const firstBare = `n=${user},r=abc`;
  attacker.says(
    `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${encode(`n,,${firstBare}`)}</auth>`,
  );
  const heard = await attacker.hears('</challenge>');
  const server = readServerFirst(/>([^<]*)<\/challenge>$/.exec(heard)?.[1] ?? '');
  const final = clientFinal({ hash: 'sha256', password: PASSWORD, firstBare, server });
  attacker.says(`<response xmlns='${SASL}'>${encode(final)}</response>`);
  const answer = await attacker.hears('>');
  attacker.leaves();
  return answer;
}

test('the first sign-in is by PLAIN, which alone is offered; then SCRAM is, and works', async () => {
  const first = await knock();
  expect(first.mechanisms).toEqual(['PLAIN']);
  expect(await first.attacker.authenticates(name, PASSWORD)).toContain(`${name}@localhost/`);
  await fortress.command('user.delete', { jid: `${name}-disabled@localhost` });
  const second = await knock();
  expect(second.mechanisms).toEqual(ALL);
  second.attacker.leaves();
  expect(await tryScram(name)).toContain(`<success xmlns="${SASL}"`);
  await fortress.stands(first.attacker);
  first.attacker.leaves();
  await forget();
});

test('a client that begins SCRAM all the same is refused, with what is known in advance', async () => {
  const { attacker } = await knock();
  attacker.says(
    `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${encode(`n,,n=${name},r=a`)}</auth>`,
  );
  expect(await attacker.hears('</failure>')).toContain('<invalid-mechanism/>');
  attacker.leaves();
  await forget();
});

describe('the same failure', () => {
  test.each([
    ['a wrong password', () => name, 'other'],
    ['the hash as the password', () => name, '$2y$06$abcdefghijklmnopqrstuu'],
    ['a disabled account', () => `${name}-disabled`, PASSWORD],
    ['a name without account', () => 'nobody', PASSWORD],
    ['an account with SCRAM keys', () => 'victim', 'other'],
    ['a password that SASLprep forbids', () => name, 'a\u0007b'],
    ['a password of 5,000 characters', () => name, PASSWORD.padEnd(5_000, 'x')],
  ])('for %s, and nothing is upgraded', async (_, user, password) => {
    const { attacker, mechanisms } = await knock();
    expect(mechanisms).toEqual(['PLAIN']);
    attacker.says(plain(user(), password));
    expect(await attacker.hears('</failure>')).toBe(FAILURE);
    expect(await fortress.command('user.list', { notUpgraded: true })).toMatchObject({
      users: [{ jid: `${name}@localhost` }, { jid: `${name}-disabled@localhost` }],
    });
    await fortress.stands(attacker);
    attacker.leaves();
    await forget();
  });
});

test('in clear text nothing is offered that shows the password', async () => {
  const attacker = await Attacker.connect(fortress.strict);
  expect(mechanismsIn(await attacker.opens())).toEqual([]);
  attacker.says(plain(name, PASSWORD));
  expect(await attacker.hears('</failure>')).toContain('<encryption-required/>');
  attacker.leaves();
  await forget();
});

test('a password that the operator sets meanwhile is the one that counts', async () => {
  await fortress.command('user.passwd', { jid: `${name}@localhost`, password: 'sesame2' });
  const { attacker } = await knock();
  attacker.says(plain(name, PASSWORD));
  expect(await attacker.hears('</failure>')).toBe(FAILURE);
  expect(await attacker.authenticates(name, 'sesame2')).toContain(name);
  attacker.leaves();
  await forget();
});

test('a flood of guesses at hashes keeps nobody waiting who is signed in', async () => {
  const guessers = await Promise.all(Array.from({ length: 60 }, knock));
  for (const { attacker } of guessers) attacker.says(plain(name, 'guess').repeat(2));
  await fortress.stands();
  for (const { attacker } of guessers) {
    await attacker.hears('</failure>');
    attacker.leaves();
  }
  await forget();
}, 60_000);

test('what is no import leaves the server as it is', async () => {
  const { users: before } = (await fortress.command('user.list', {})) as { users: unknown[] };
  for (const params of [
    null,
    { accounts: 'all' },
    { accounts: [null] },
    { accounts: Array(101).fill({ jid: 'a@localhost', password: 'x' }) },
    { accounts: [{ jid: 'a@localhost', password: 'x' }], more: 1 },
  ]) {
    expect(await fortress.command('user.import', params as object)).toBeUndefined();
  }
  expect(await fortress.command('user.list', {})).toMatchObject({ users: before });
  await fortress.stands();
  await forget();
});

test('names and texts that mean something to programs are just names and texts', async () => {
  const accounts = [
    { jid: '__proto__@localhost', password: 'x', roster: [{ jid: '__proto__@localhost' }] },
    { jid: "'; DROP TABLE user; --@localhost", password: 'x' },
    { jid: 'constructor@localhost', password: 'x', nickname: "'); DROP TABLE user; --" },
  ];
  expect(await fortress.command('user.import', { accounts })).toMatchObject({
    results: [{ outcome: 'created' }, { outcome: 'refused' }, { outcome: 'created' }],
  });
  await fortress.stands();
  await forget();
});
