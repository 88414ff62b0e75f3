import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testAttacks } from './support/attack.ts';
import { Attacker, BIND, SASL } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

const UNUSUAL = [
  '__proto__',
  'constructor',
  'tostring',
  'hasownproperty',
  'straße',
  'ßeta',
  'null',
];

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build('', { accounts: UNUSUAL });
}, 30_000);
afterAll(() => fortress.raze());

async function tryToSignIn(name: string): Promise<string> {
  const attacker = await Attacker.connect(fortress.open);
  await attacker.opens();
  const plain = Buffer.from(`\0${name}\0${PASSWORD}`).toString('base64');
  attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
  const heard = await attacker.hears(`xmlns="${SASL}"`);
  const jid = heard.includes('<success') ? await attacker.binds() : 'refused';
  await fortress.stands(attacker);
  attacker.leaves();
  return jid.replace(/\/.*/, '');
}

describe('[RFC7622 3.3] one name is one account, however it is written', () => {
  test.each([
    ['capitals', 'ATTACKER'],
    ['full-width letters', 'ａｔｔａｃｋｅｒ'],
  ])('%s are mapped', async (_, name) => {
    expect(await tryToSignIn(name)).toBe('attacker@open.example');
  });

  test.each([
    ['the Kelvin sign', 'attac\u212Aer'],
    ['a long s', 'gue\u017Ft'],
    ['a ligature', '\uFB01nder'],
    ['a soft hyphen', 'attack\u00ADer'],
    ['a zero-width joiner', 'attack\u200Der'],
    ['a zero-width space', 'attack\u200Ber'],
    ['a right-to-left override', '\u202Eattacker'],
    ['letters of both directions', 'attacker\u05D0'],
    ['Cyrillic look-alikes', '\u0430ttacker'],
    ['a dotless i', 'v\u0131ctim'],
    ['a combining mark behind', 'attacker\u0301'],
    ['an unassigned character', 'attacker\u{E0080}'],
    ['a private-use character', 'attacker\uE000'],
    ['a trailing space', 'attacker '],
    ['a no-break space', 'attacker\u00A0'],
    ['a superscript', 'attacker\u00B2'],
    ['an emoji', 'attacker\u{1F600}'],
    ['SQL', "attacker' --"],
    ['SQL', 'attacker%'],
    ['a whole address', 'attacker@open.example'],
    ['a resource', 'attacker/x'],
  ])('%s: nobody else’s account', async (_, name) => {
    expect(await tryToSignIn(name)).toBe('refused');
  });

  test.each(UNUSUAL)('the account %s works as any other', async (name) => {
    const signedIn = await fortress.signIn(name);
    signedIn.says('<presence/>');
    signedIn.says(
      "<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='a@b.example'/></query></iq>",
    );
    expect(await signedIn.fence()).toContain("type='result' id='s'");
    await fortress.stands(signedIn);
    signedIn.leaves();
  });
});

describe('resources', () => {
  async function bind(resource: string): Promise<string> {
    const attacker = await Attacker.connect(fortress.open);
    await attacker.opens();
    const plain = Buffer.from(`\0attacker\0${PASSWORD}`).toString('base64');
    attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
    await attacker.hears('<success');
    await attacker.opens();
    attacker.says(
      `<iq type='set' id='b'><bind xmlns='${BIND}'><resource>${resource}</resource></bind></iq>`,
    );
    const answer = await attacker.hears('</iq>');
    const ended = /<jid>[^/]*\/(.*)<\/jid>/.exec(answer)?.[1];
    await fortress.stands(attacker);
    attacker.leaves();
    return ended ?? /<error [^>]*><([a-z-]+)/.exec(answer)?.[1] ?? answer;
  }

  test.each(['__proto__', 'constructor', "'; DROP TABLE user; --", 'a/b@c', '100%', 'Capital'])(
    '%s is one',
    async (resource) => {
      const bound = await bind(resource);
      expect(bound.replaceAll('&apos;', "'")).toBe(resource);
    },
  );

  test.each([
    ['too long', 'x'.repeat(1024)],
    ['of 100 KB', 'x'.repeat(100_000)],
    ['with a control character', 'a&#9;b'],
    ['of unassigned characters', '\u{E0080}'],
    ['with a leading space', ' a'],
  ])('one %s is refused, and the client may try again', async (_, resource) => {
    expect(await bind(resource)).toBe('bad-request');
  });
});

describe('roster items', () => {
  const set = (item: string) =>
    `<iq type='set' id='s'><query xmlns='jabber:iq:roster'>${item}</query></iq>`;
  testAttacks(
    [
      ['two items', "<item jid='a@b.example'/><item jid='c@b.example'/>", 'bad-request'],
      ['no item', '', 'bad-request'],
      ['an item without address', '<item/>', 'bad-request'],
      ['an item for no address', "<item jid='@'/>", 'bad-request'],
      [
        'an item for an address of 10 KB',
        `<item jid='${'x'.repeat(10_000)}@b.example'/>`,
        'bad-request',
      ],
      ['oneself', "<item jid='attacker@open.example'/>", 'not-allowed'],
      [
        'a name that is too long',
        `<item jid='a@b.example' name='${'x'.repeat(10_000)}'/>`,
        'not-acceptable',
      ],
      ['an empty group', "<item jid='a@b.example'><group/></item>", 'not-acceptable'],
      [
        'a group of 100 KB',
        `<item jid='a@b.example'><group>${'x'.repeat(100_000)}</group></item>`,
        'not-acceptable',
      ],
      [
        'a group twice',
        "<item jid='a@b.example'><group>x</group><group>x</group></item>",
        'bad-request',
      ],
      [
        'a thousand groups',
        `<item jid='a@b.example'>${Array.from({ length: 1000 }, (_, n) => `<group>${n}</group>`).join('')}</item>`,
        'not-acceptable',
      ],
      [
        'a stranger removed',
        "<item jid='stranger@b.example' subscription='remove'/>",
        'item-not-found',
      ],
    ].map(([name, item, stanza]) => ({
      name: name!,
      phase: 'signed-in' as const,
      bytes: set(item!),
      expected: { stanza: stanza! },
    })),
    () => fortress,
  );
  testAttacks(
    [
      {
        name: 'a name of a megabyte',
        phase: 'signed-in',
        bytes: set(`<item jid='a@b.example' name='${'x'.repeat(1_000_000)}'/>`),
        expected: { stream: 'policy-violation' },
      },
      {
        name: 'a name with a reference to NUL',
        phase: 'signed-in',
        bytes: set("<item jid='a@b.example' name='a&#0;b'/>"),
        expected: { stream: 'not-well-formed' },
      },
    ],
    () => fortress,
  );

  test.each([
    "Robert'); DROP TABLE roster; --",
    '% _ \\ " \' ` ;',
    '__proto__',
    'constructor',
    '[] {"a":1} \\u0000',
    '\u{1F469}\u200D\u{1F680} \u202E tfel',
  ])('%s as name and group comes back as it was, after a restart too', async (text) => {
    const escaped = text
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
      .replaceAll('>', '&gt;');
    const jid = `${Buffer.from(text).toString('hex').slice(0, 40)}@b.example`;
    const attacker = await fortress.signIn('attacker');
    attacker.says(set(`<item jid='${jid}' name="${escaped}"><group>${escaped}</group></item>`));
    expect(await attacker.fence()).toContain("type='result' id='s'");
    attacker.leaves();
    await fortress.end('SIGKILL');
    await fortress.start();
    const again = await fortress.signIn('attacker');
    again.says("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    const roster = Buffer.from(await again.fence(), 'latin1').toString();
    expect(roster).toContain(`jid="${jid}" name="${escaped}"`);
    const groups = roster
      .replaceAll('&apos;', "'")
      .replaceAll('&quot;', '"')
      .replaceAll('&gt;', '>');
    expect(groups).toContain(`<group>${text}</group>`);
    await fortress.stands(again);
    again.leaves();
  });
});

describe('ids and bodies', () => {
  test.each(['__proto__', 'constructor', "' OR 1=1 --", '\u{1F600}', 'x'.repeat(1000)])(
    'the id %s comes back as it was',
    async (id) => {
      const attacker = await fortress.signIn('attacker');
      attacker.says(`<iq type="get" id="${id}"><unknown xmlns="urn:x"/></iq>`);
      const answer = Buffer.from(await attacker.fence(), 'latin1').toString();
      expect(answer).toContain(`id='${id.replaceAll("'", '&apos;')}'`);
      await fortress.stands(attacker);
      attacker.leaves();
    },
  );

  test('bodies with SQL, markup and every plane come out of the store as they went in', async () => {
    const bodies = [
      "'); DELETE FROM offline; --",
      '&lt;/body&gt;&amp;amp;',
      '\u{10FFFD}\u{1F600}\ud7ff\ufffd',
      '__proto__',
      'x'.repeat(100_000),
    ];
    const attacker = await fortress.signIn('attacker');
    for (const body of bodies) {
      attacker.says(`<message to='absent@open.example' type='chat'><body>${body}</body></message>`);
    }
    expect(await attacker.fence()).toBe('');
    const absent = await fortress.signIn('absent');
    absent.says('<presence/>');
    const heard = Buffer.from(await hearsAll(absent, bodies.length), 'latin1').toString();
    expect([...heard.matchAll(/<body>(.*?)<\/body>/gs)].map(([, body]) => body)).toEqual(bodies);
    await fortress.stands(attacker);
    attacker.leaves();
    absent.leaves();
  });

  /** Offline messages come in their own time: waits for the last. */
  async function hearsAll(client: Attacker, count: number): Promise<string> {
    let heard = '';
    for (let n = 0; n < count; n++) heard += await client.hears('</message>');
    return heard;
  }
});

describe('[RFC6121 4.7.2.3] numbers and words of presence', () => {
  testAttacks(
    [
      ...['1e9', '128', '-129', '999999999999999999999', '0x7f', 'NaN', '', '1.5', '１'].map(
        (priority) => ({
          name: `the priority "${priority}"`,
          phase: 'signed-in' as const,
          bytes: `<presence><priority>${priority}</priority></presence>`,
          expected: { stanza: 'bad-request' },
        }),
      ),
      ...['online', '__proto__', 'AWAY', ' away'].map((show) => ({
        name: `the show "${show}"`,
        phase: 'signed-in' as const,
        bytes: `<presence><show>${show}</show></presence>`,
        expected: { stanza: 'bad-request' },
      })),
    ],
    () => fortress,
  );
});
