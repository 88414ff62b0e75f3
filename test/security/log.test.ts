import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { UNSAFE } from '../../src/lib/unsafe-text.ts';
import { Attacker, BIND, SASL } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';
import { clientFinal, encode, readServerFirst } from './support/scram.ts';

/** Stands in everything that the log is not to hold. */
const MARK = 'plughmark';
const NEW_PASSWORD = `${MARK}-password`;

/** The mark, and what is left of it within base64 at any offset. */
const TRACES = [
  MARK,
  ...[0, 1, 2].map((offset) => encode('x'.repeat(offset) + MARK).slice(offset + 2, -4)),
  Buffer.from(MARK).toString('hex'),
];

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

const set = (content: string) => `<iq type='set' id='s'>${content}</iq>`;
const plain = (user: string, password: string) =>
  `<auth xmlns='${SASL}' mechanism='PLAIN'>${encode(`\0${user}\0${password}`)}</auth>`;
const begin = (mechanism: string, text: string) =>
  `<auth xmlns='${SASL}' mechanism='${mechanism}'>${text}</auth>`;

/** Everything that one opened stream says; most of it ends the stream. */
async function stranger(...says: string[]): Promise<void> {
  const attacker = await Attacker.connect(fortress.open);
  await attacker.opens();
  for (const each of says) {
    attacker.says(each);
    await attacker.hears('</failure>', '</challenge>', '</stream:stream>', '<failure');
  }
  attacker.leaves();
}

/** SCRAM with a nonce that bears the mark, and a proof that is right or wrong. */
async function scram(user: string, password: string): Promise<void> {
  const attacker = await Attacker.connect(fortress.open);
  await attacker.opens();
  const firstBare = `n=${user},r=${MARK}${MARK}`;
  attacker.says(begin('SCRAM-SHA-256', encode(`n,,${firstBare}`)));
  const challenge = /<challenge[^>]*>(.*)<\/challenge>/.exec(await attacker.hears('</challenge>'));
  const server = readServerFirst(challenge![1]!);
  const final = clientFinal({ hash: 'sha256', password, firstBare, server });
  attacker.says(`<response xmlns='${SASL}'>${encode(final)}</response>`);
  await attacker.hears('</failure>', '</success>');
  attacker.leaves();
}

async function signsIn(): Promise<void> {
  await stranger(plain('attacker', `${MARK} wrong`));
  await stranger(plain(`${MARK} nobody`, MARK), begin('PLAIN', `${MARK}=!`), begin(MARK, MARK));
  await stranger(begin('SCRAM-SHA-1', encode(MARK)), begin('SCRAM-SHA-1', encode(`n,,${MARK}`)));
  await scram('attacker', `${MARK} wrong`);
  await scram('attacker', PASSWORD);
}

/** Ends of streams that repeat what was sent. */
async function breaksOff(): Promise<void> {
  for (const text of [`<${MARK}`, `<!-- ${MARK} -->`, `<message>&${MARK};</message>`]) {
    const session = await fortress.signIn('attacker');
    session.says(`<message to='victim@open.example'><body>${MARK}</body></message>${text}<`);
    await session.hearsTheEnd();
    session.leaves();
  }
}

async function talks(): Promise<void> {
  const victim = await fortress.signIn('victim');
  victim.says('<presence/>');
  await victim.fence();
  const session = await fortress.signIn('attacker');
  for (const to of ['victim', 'absent', 'nobody'].map((name) => `${name}@open.example`)) {
    session.says(
      `<message to='${to}' id='${MARK}'><subject>${MARK}</subject><body>${MARK}</body></message>`,
    );
  }
  session.says(`<message to='${MARK}@@'><body>${MARK}</body></message>`);
  session.says(`<presence><status>${MARK}</status></presence>`);
  session.says(`<iq type='get' id='i'><${MARK} xmlns='${MARK}'>${MARK}</${MARK}></iq>`);
  session.says(set(`<query xmlns='jabber:iq:private'><x xmlns='${MARK}'>${MARK}</x></query>`));
  session.says(set(`<vCard xmlns='vcard-temp'><FN>${MARK}</FN><PHOTO>${MARK}</PHOTO></vCard>`));
  session.says(
    set(`<query xmlns='jabber:iq:roster'><item jid='victim@open.example' name='${MARK}'/></query>`),
  );
  await session.fence();
  session.leaves();
  victim.leaves();
}

async function changesPasswords(): Promise<void> {
  const session = await fortress.signIn('guest');
  const change = (password: string) =>
    set(
      `<query xmlns='jabber:iq:register'><username>guest</username><password>${password}</password></query>`,
    );
  session.says(change(`${MARK}\u2028`));
  await session.hears('</iq>');
  session.says(change(NEW_PASSWORD));
  await session.hears("type='result'", 'type="result"');
  session.leaves();
  const again = await Attacker.connect(fortress.open);
  await again.signsIn('guest', NEW_PASSWORD);
  again.leaves();
  await fortress.command('user.passwd', { jid: 'guest@open.example', password: PASSWORD });
}

async function operates(): Promise<void> {
  const jid = 'operated@localhost';
  const hash = await bcrypt.hash(MARK, 4);
  for (const [command, params] of [
    ['user.add', { jid, password: NEW_PASSWORD }],
    ['user.add', { jid, password: { [MARK]: MARK } }],
    ['user.add', { jid, secret: MARK, [MARK]: MARK }],
    ['user.passwd', { jid: 'nobody@localhost', password: NEW_PASSWORD }],
    ['user.import', { accounts: [{ jid: 'a@localhost', password: NEW_PASSWORD }] }],
    ['user.import', { accounts: [{ jid: 'b@localhost', hash, [MARK]: MARK }] }],
    [MARK, { password: MARK }],
  ] as const) {
    await fortress.command(command, params);
  }
}

/** The base64 of every private key that the server has made, line by line. */
function keyLines(): string[] {
  const directory = join(fortress.data, 'certificates');
  const keys = readdirSync(directory).filter((name) => name.endsWith('.key'));
  const lines = keys.flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'));
  return lines.filter((line) => line.length > 20 && !line.startsWith('-'));
}

test('the log holds no password, payload of SASL, body or key, whatever happens', async () => {
  await signsIn();
  await talks();
  await breaksOff();
  await changesPasswords();
  await operates();
  await fortress.stands();
  // It was listened to, and at its most talkative.
  expect(await fortress.logged('sign-in failed')).toBeGreaterThan(4);
  expect(await fortress.logged('signed in')).toBeGreaterThan(4);
  const text = fortress.log + fortress.told;
  expect(keyLines().length).toBeGreaterThan(1);
  const found = [...TRACES, ...keyLines()].filter((trace) => text.includes(trace));
  expect(found).toEqual([]);
});

describe('a line of the log is not forged by', () => {
  const forged = 'x\r\n{"level":60,"msg":"forged"}\u001b[2J\u009b2J\u2028\u202e\u200f';
  /** The same, of characters that XML can bear. */
  const inXml =
    'x&#xA;{&quot;level&quot;:60,&quot;msg&quot;:&quot;forged&quot;}&#x9b;&#x2028;&#x202e;&#x200f;';

  test.each<[string, string]>([
    ['a user name', plain(forged, PASSWORD)],
    [
      'a user name of SCRAM',
      begin('SCRAM-SHA-1', encode(`n,,n=${forged.replaceAll(',', '=2C')},r=x`)),
    ],
    ['a mechanism', begin(inXml, '')],
  ])('%s', async (_, says) => {
    await stranger(says);
  });

  test('a resource, an address, a type', async () => {
    const session = await Attacker.connect(fortress.open);
    await session.opens();
    session.says(plain('attacker', PASSWORD));
    await session.hears('<success');
    await session.opens();
    session.says(set(`<bind xmlns='${BIND}'><resource>${inXml}</resource></bind>`));
    await session.hears('</iq>');
    session.says(set(`<bind xmlns='${BIND}'><resource>sound</resource></bind>`));
    await session.hears('<jid>');
    session.says(
      `<message to='victim@open.example/${inXml}' type='${inXml}' xml:lang='${inXml}'/>`,
    );
    session.says(`<iq type='${inXml}' id='${inXml}'/><presence type='${inXml}'/>`);
    await session.hears('</iq>', '</presence>', '</stream:stream>');
    session.leaves();
  });

  test('a name in the handshake of TLS', async () => {
    const over = await Attacker.connectTls(fortress.direct, { servername: 'xn--forged-.example' });
    over.leaves();
  });

  afterAll(async () => {
    await fortress.stands();
    const lines = fortress.log.split('\n').slice(0, -1);
    const said = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(said.filter(({ level, msg }) => level > 50 || msg === 'forged')).toEqual([]);
    expect(lines.filter((line) => line.search(UNSAFE) >= 0)).toEqual([]);
  });
});
