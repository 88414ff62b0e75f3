import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Attack, testAttacks } from './support/attack.ts';
import type { Attacker } from './support/attacker.ts';
import { Fortress } from './support/fortress.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const MAX_ELEMENTS = 20;

let fortress: Fortress;
beforeAll(async () => {
  const settings = `modules: { private-xml: { maxElements: ${MAX_ELEMENTS}, maxBytes: 64 KiB } }`;
  fortress = await Fortress.build(settings, { accounts: ['keeper', 'owner', 'holder'] });
}, 30_000);
afterAll(() => fortress.raze());

const present: Attacker[] = [];
afterEach(async () => {
  for (const attacker of present.splice(0)) attacker.leaves();
  await fortress.stands();
});

async function signIn(user: string): Promise<Attacker> {
  const attacker = await fortress.signIn(user);
  present.push(attacker);
  return attacker;
}

const iq = (type: string, content: string, to = '') =>
  `<iq type='${type}' id='1'${to && ` to='${to}'`}>${content}</iq>`;
const card = (content: string) => `<vCard xmlns='vcard-temp'>${content}</vCard>`;
const photo = (binval: string) => `<PHOTO><TYPE>image/png</TYPE><BINVAL>${binval}</BINVAL></PHOTO>`;
const kept = (content: string) => `<query xmlns='jabber:iq:private'>${content}</query>`;
const LAST = "<query xmlns='jabber:iq:last'/>";
const GET_CARD = iq('get', card(''));

/** The answer to what is said, which comes at once. */
async function answer(attacker: Attacker, said: string): Promise<string> {
  attacker.says(said);
  return await attacker.fence();
}

const ATTACKS: readonly (readonly [name: string, bytes: string, expected: Attack['expected']])[] = [
  [
    'a megabyte',
    iq('set', card(`<DESC>${'x'.repeat(MEBIBYTE)}</DESC>`)),
    { stream: 'policy-violation' },
  ],
  [
    'more than a card may have',
    iq('set', card(`<DESC>${'x'.repeat(160 * KIBIBYTE)}</DESC>`)),
    { stanza: 'policy-violation' },
  ],
  [
    'a card that grows when it is written anew',
    iq('set', card(`<DESC>${'>'.repeat(100 * KIBIBYTE)}</DESC>`)),
    { stanza: 'policy-violation' },
  ],
  [
    'more than a picture may have',
    iq('set', card(photo(Buffer.alloc(101 * KIBIBYTE).toString('base64')))),
    { stanza: 'policy-violation' },
  ],
  ['half a base64', iq('set', card(photo('AAAAA'))), { stanza: 'bad-request' }],
  ['base64 of another alphabet', iq('set', card(photo('-_-_'))), { stanza: 'bad-request' }],
  [
    'base64 with more behind its end',
    iq('set', card(photo('AA==AAAA'))),
    { stanza: 'bad-request' },
  ],
  [
    'two hundred thousand signs that are none of base64',
    iq('set', card(photo('='.repeat(150 * KIBIBYTE)))),
    { stanza: 'bad-request' },
  ],
  [
    'more elements than a stanza may have',
    iq('set', card('<PHOTO/>'.repeat(20_000))),
    { stream: 'policy-violation' },
  ],
  ["somebody's card", iq('set', card(''), 'victim@open.example'), { stanza: 'forbidden' }],
  ["the server's card", iq('set', card(''), 'open.example'), { stanza: 'forbidden' }],
  ['private XML without an element', iq('set', kept('')), { stanza: 'not-acceptable' }],
  ['private XML of no namespace', iq('set', kept("<a xmlns=''/>")), { stanza: 'not-acceptable' }],
  [
    'private XML in private XML',
    iq('set', kept(kept('<a xmlns="n"/>'))),
    { stanza: 'not-acceptable' },
  ],
  [
    'five thousand private elements at once',
    iq('set', kept(Array.from({ length: 5000 }, (_, n) => `<e${n} xmlns='n'/>`).join(''))),
    { stanza: 'resource-constraint' },
  ],
  [
    'a question for five thousand private elements',
    iq('get', kept(Array.from({ length: 5000 }, (_, n) => `<e${n} xmlns='n'/>`).join(''))),
    { stanza: 'resource-constraint' },
  ],
  [
    'a private element of many bytes',
    iq('set', kept(`<a xmlns='n'>${'x'.repeat(65 * KIBIBYTE)}</a>`)),
    { stanza: 'resource-constraint' },
  ],
];
describe('what is to be kept', () => {
  testAttacks(
    ATTACKS.map(([name, bytes, expected]) => ({ name, phase: 'signed-in', bytes, expected })),
    () => fortress,
  );

  test('leaves no trace where it was refused', async () => {
    const attacker = await signIn('attacker');
    for (const [, bytes, expected] of ATTACKS) {
      if (typeof expected === 'object' && 'stanza' in expected) await answer(attacker, bytes);
    }
    expect(await answer(attacker, GET_CARD)).toContain('<item-not-found ');
    for (const name of ['a', 'e0']) {
      const asked = iq('get', kept(`<${name} xmlns='n'/>`));
      expect(await answer(attacker, asked)).toContain(
        kept(`<${name} xmlns="n"/>`).replaceAll("'", '"'),
      );
    }
  });
});

describe('odd cards', () => {
  test.each([
    ['thousands of pictures', photo('AAAA').repeat(1000) + photo('?').repeat(1000)],
    ['deep ones', '<A>'.repeat(90) + '</A>'.repeat(90)],
    ['names of prototypes', '<__proto__ __proto__="1"/><constructor/><hasOwnProperty/>'],
    ['prefixes that hide names', "<v:FN xmlns:v='vcard-temp'>A</v:FN><v:N xmlns:v='urn:v'/>"],
    ['markup in names', '<FN>&lt;script>\u202e&amp;#0;&#x2028;</FN>'],
  ])('come back as they went: %s', async (_, content) => {
    const attacker = await signIn('attacker');
    expect(await answer(attacker, iq('set', card(content)))).toContain(" type='result' ");
    const heard = Buffer.from(await answer(attacker, GET_CARD), 'latin1').toString();
    expect(heard).toContain(" type='result' ");
    const elements = (text: string) => text.match(/<[\w:]+/g);
    expect(elements(/<vCard.*<\/vCard>/s.exec(heard)?.[0] ?? '')).toEqual(elements(card(content)));
    await fortress.stands(attacker);
    await answer(attacker, iq('set', card('')));
  });
});

describe('strangers', () => {
  // Of these hosts nobody has a card, and nobody but the bystander is available.
  const asked: readonly [string, string][] = [
    ['a card', iq('get', card(''), 'WHO')],
    ['to change a card', iq('set', card('<FN>Mallory</FN>'), 'WHO')],
    ['for private XML', iq('get', kept("<a xmlns='n'/>"), 'WHO')],
    ['to change private XML', iq('set', kept("<a xmlns='n'/>"), 'WHO')],
    ['since when one is away', iq('get', LAST, 'WHO')],
    ['to change that', iq('set', LAST, 'WHO')],
    ['a resource since when it is idle', iq('get', LAST, 'WHO/r')],
  ];
  for (const domain of ['open.example', 'localhost']) {
    test.each(asked)(`cannot tell accounts of ${domain} from none by asking %s`, async (_, ask) => {
      const attacker = await signIn('attacker');
      const answers: string[] = [];
      for (const name of ['victim', 'absent', 'nobody', 'xn--nobody']) {
        const jid = `${name}@${domain}`;
        const heard = await answer(attacker, ask.replace('WHO', jid));
        expect(heard).toContain(" type='error' ");
        answers.push(heard.replace(jid, 'WHO'));
      }
      expect(new Set(answers).size).toBe(1);
    });
  }

  test('cannot reach a resource that is there, and hear what they hear of none', async () => {
    const victim = await fortress.signIn('victim', 'r');
    present.push(victim);
    victim.says('<presence/>');
    await victim.fence();
    const attacker = await signIn('attacker');
    const [there, nowhere] = ['victim', 'nobody'].map((name) => `${name}@open.example/r`);
    const heard = await answer(attacker, iq('get', LAST, there));
    expect(heard).toContain('<forbidden ');
    expect(await answer(attacker, iq('get', LAST, nowhere))).toBe(heard.replace(there!, nowhere!));
    expect(await victim.fence()).toBe('');
  });
});

describe('many', () => {
  test('private elements of several devices: so many are kept, the others refused', async () => {
    const devices = await Promise.all([signIn('keeper'), signIn('keeper'), signIn('keeper')]);
    for (let n = 0; n < 1000; n++) {
      for (const [d, device] of devices.entries()) {
        device.says(iq('set', kept(`<e${n} xmlns='urn:d${d}'/>`)));
      }
    }
    const heard = await Promise.all(devices.map((device) => device.fence()));
    const count = (what: string) => heard.join('').split(what).length - 1;
    expect([count(" type='result' "), count('<resource-constraint ')]).toEqual([
      MAX_ELEMENTS,
      3000 - MAX_ELEMENTS,
    ]);
    const first = "<e0 xmlns='urn:d0'>";
    const change = iq('set', kept(`${first}new</e0>`));
    expect(await answer(devices[0]!, change)).toContain(" type='result' ");
  }, 20_000);

  test('large cards, one after the other, cost no memory', async () => {
    const attacker = await signIn('owner');
    attacker.says('<presence/>');
    await attacker.fence();
    const bomb = async (rounds: number) => {
      for (let n = 0; n < rounds; n++) {
        const data = Buffer.alloc(95 * KIBIBYTE, n).toString('base64');
        expect(await answer(attacker, iq('set', card(photo(data))))).toContain(" type='result' ");
        expect(await answer(attacker, GET_CARD)).toContain(data);
      }
    };
    await bomb(20);
    const before = fortress.residentMemory();
    await bomb(60);
    expect(fortress.residentMemory() - before).toBeLessThan(64 * MEBIBYTE);
  }, 20_000);

  test('questions for a large card by one who does not read end the session', async () => {
    const holder = await signIn('holder');
    const data = Buffer.alloc(95 * KIBIBYTE, 'x').toString('base64');
    await answer(holder, iq('set', card(photo(data))));
    const attacker = await signIn('attacker');
    attacker.socket.pause();
    const before = fortress.residentMemory();
    for (let n = 0; n < 500; n++) attacker.says(iq('get', card(''), 'holder@open.example'));
    // Others go on meanwhile.
    for (let n = 0; n < 20; n++) await holder.fence();
    attacker.socket.resume();
    await attacker.hearsTheEnd();
    expect(fortress.residentMemory() - before).toBeLessThan(64 * MEBIBYTE);
    expect(await fortress.logged('client dropped, it does not read')).toBe(1);
  }, 20_000);
});

test('what has been answered outlives the end of the process', async () => {
  const holder = await signIn('holder');
  const CARD = card(`<FN>Holder</FN>${photo('iVBORw0KGgo=')}`);
  const NOTE = "<note xmlns='urn:n'>remember</note>";
  expect(await answer(holder, iq('set', CARD))).toContain(" type='result' ");
  expect(await answer(holder, iq('set', kept(NOTE)))).toContain(" type='result' ");
  await fortress.end('SIGKILL');
  await fortress.start();
  const again = await signIn('holder');
  again.says('<presence/>');
  expect(await again.fence()).toMatch(/<photo>[0-9a-f]{40}<\/photo>/);
  const plain = (text: string) => text.replaceAll('"', "'");
  expect(plain(await answer(again, GET_CARD))).toContain(CARD);
  expect(plain(await answer(again, iq('get', kept("<note xmlns='urn:n'/>"))))).toContain(NOTE);
}, 20_000);
