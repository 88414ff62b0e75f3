import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStreamError, STANZA_ERRORS } from './support/attack.ts';
import { Attacker, SASL, type Target } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

const REGISTER = 'jabber:iq:register';
const FORM = 'jabber:x:data';
const SUCCESS = '<iq type="result" id="r"/>';
const FEATURE = '<register xmlns="http://jabber.org/features/iq-register"/>';

let fortress: Fortress;
const present: Attacker[] = [];
afterEach(async () => {
  for (const attacker of present.splice(0)) attacker.leaves();
  await fortress.stands();
});

const set = (content: string, id = 'r') =>
  `<iq type='set' id='${id}'><query xmlns='${REGISTER}'>${content}</query></iq>`;

const credentials = (username: string, password = PASSWORD) =>
  `<username>${username}</username><password>${password}</password>`;

const form = (content: string, attributes = "type='submit'") =>
  `<x xmlns='${FORM}' ${attributes}>${content}</x>`;

const field = (name: string, ...values: string[]) =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`;

const plain = (user: string, password = PASSWORD) =>
  `<auth xmlns='${SASL}' mechanism='PLAIN'>${Buffer.from(`\0${user}\0${password}`).toString('base64')}</auth>`;

async function arrive(target: Target = fortress.open): Promise<Attacker> {
  const attacker = await Attacker.connect(target);
  present.push(attacker);
  await attacker.opens();
  return attacker;
}

async function signIn(user: string): Promise<Attacker> {
  const attacker = await fortress.signIn(user);
  present.push(attacker);
  return attacker;
}

/** What a newcomer hears who asks for that. */
async function answerTo(content: string): Promise<string> {
  const attacker = await arrive();
  attacker.says(set(content));
  const heard = await attacker.hears('>');
  if (heard === SUCCESS) return heard;
  return heard + (await attacker.hears('</iq>'));
}

async function isLetIn(user: string, password = PASSWORD): Promise<boolean> {
  const attacker = await arrive();
  attacker.says(plain(user, password));
  return (await attacker.hears('>')).startsWith('<success');
}

describe('where one may sign up', () => {
  beforeAll(async () => {
    const settings =
      'modules: { registration: { signUp: true, signUpsPerAddress: 10000, signUpsInAll: 10000 } }';
    fortress = await Fortress.build(settings, { accounts: ['gone', 'target'] });
  }, 30_000);
  afterAll(() => fortress.raze());

  describe('a name that nobody may choose is not acceptable [XEP-0077 3.1]', () => {
    test.each([
      ['none', ''],
      ['one with an address behind it', 'eve@open.example'],
      ['one with a space', 'eve eve'],
      ['one that is too long', 'e'.repeat(65)],
      ['one that is far too long', 'e'.repeat(5000)],
      ['one with a hidden character', 'vic\u200btim'],
      ['one that turns the direction', 'vic\u202etim'],
      ['one with a letter that is none yet', 'eve\u0378'],
      ['one of mixed scripts', 'vіctim'],
      ['one that looks like another as a whole', 'раура'],
      ['one under a pile of marks', `e${'\u0335\u0300'.repeat(9)}ve`],
    ])('%s', async (_, name) => {
      expect(await answerTo(credentials(name))).toContain(
        `<error type="modify"><not-acceptable xmlns="${STANZA_ERRORS}"/>`,
      );
    });
  });

  test('names that are taken, reserved or kept are all the same to a stranger [RFC6120 13.11]', async () => {
    await fortress.command('user.delete', { jid: 'gone@open.example' });
    const conflict = `<iq type="error" id="r"><error type="cancel"><conflict xmlns="${STANZA_ERRORS}"/></error></iq>`;
    const names = [
      'victim',
      'VICTIM',
      'ｖｉｃｔｉｍ',
      'gone',
      'GONE',
      'admin',
      'Adm1n',
      'ádmin',
      'ad-min',
    ];
    for (const name of [...names, 'r00t', 'supp0rt', 'hostrnaster', 'vvebmaster', '.root.']) {
      expect([name, await answerTo(credentials(name))]).toEqual([name, conflict]);
    }
    expect(await isLetIn('victim')).toBe(true);
  });

  describe('a form that is none makes no account [XEP-0004 3]', () => {
    const both = field('username', 'mallory') + field('password', PASSWORD);
    test.each([
      ['without type', form(both, '')],
      ['of another type', form(both, "type='result'")],
      ['with another FORM_TYPE', form(field('FORM_TYPE', 'urn:example') + both)],
      ['with a field twice', form(both + field('username', 'trudy'))],
      ['with two names', form(field('username', 'mallory', 'trudy') + field('password', PASSWORD))],
      ['with a field without name', form(`${both}<field><value>1</value></field>`)],
    ])('%s', async (_, content) => {
      expect(await answerTo(content)).toContain(`<bad-request xmlns="${STANZA_ERRORS}"/>`);
      expect(await isLetIn('mallory')).toBe(false);
    });
  });

  test('a form with more elements than a stream bears ends it, without an account', async () => {
    const attacker = await arrive();
    attacker.says(set(form(field('username', 'mallory').repeat(200))));
    expectStreamError(await attacker.hearsTheEnd(), 'policy-violation');
  });

  test('names that objects have to themselves are names like others', async () => {
    const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const fields = odd.map((name) => field(name, 'x')).join('');
    expect(
      await answerTo(form(fields + field('username', 'ordinary') + field('password', PASSWORD))),
    ).toBe(SUCCESS);
    for (const name of odd) expect(await answerTo(`<${name}/>${credentials(name)}`)).toBe(SUCCESS);
    expect(await isLetIn('__proto__')).toBe(true);
  });

  test('one who signs up and in with one write is served in that order [XEP-0077 3.1.1]', async () => {
    const attacker = await arrive();
    attacker.says(set(credentials('swift')) + plain('swift'));
    expect(await attacker.hears('>')).toBe(SUCCESS);
    expect(await attacker.hears('>')).toBe(`<success xmlns="${SASL}"/>`);
    expect(await attacker.binds('r')).toBe('swift@open.example/r');

    const thief = await arrive();
    thief.says(set(credentials('victim', 'mine')) + plain('victim', 'mine'));
    expect(await thief.hears('</failure>')).toMatch(/<conflict .*<not-authorized\/>/);
  });

  test('a stream makes one account [XEP-0077 3.1.1]', async () => {
    const attacker = await arrive();
    attacker.says(set(credentials('first')) + set(credentials('second'), 's'));
    expect(await attacker.hears('>')).toBe(SUCCESS);
    expect(await attacker.hears('</iq>')).toMatch(/id="s">.*<not-acceptable /);
    expect(await isLetIn('second')).toBe(false);
  });

  test('a stream that goes on asking is ended [XEP-0077 3.1.1]', async () => {
    const attacker = await arrive();
    for (let n = 0; n < 50; n++) attacker.says(set(credentials('victim')));
    const heard = await attacker.hearsTheEnd();
    expect(heard.match(/<conflict /g)).toHaveLength(6);
    expectStreamError(heard, 'policy-violation');
  });

  test('of many who want one name at once, one gets it', async () => {
    const crowd = await Promise.all(Array.from({ length: 60 }, () => arrive()));
    for (const [n, attacker] of crowd.entries()) {
      attacker.says(set(credentials('coveted', `password ${n}`)));
    }
    const answers = await Promise.all(crowd.map((attacker) => attacker.hears('>')));
    expect(answers.filter((answer) => answer === SUCCESS)).toHaveLength(1);
    expect(await isLetIn('coveted', `password ${answers.indexOf(SUCCESS)}`)).toBe(true);
  });

  test('a crowd that signs up keeps nobody from signing in', async () => {
    const crowd = await Promise.all(Array.from({ length: 60 }, () => arrive()));
    for (const [n, attacker] of crowd.entries()) attacker.says(set(credentials(`crowd${n}`)));
    expect(await isLetIn('victim')).toBe(true);
    const answers = await Promise.all(crowd.map((attacker) => attacker.hears('>')));
    expect(answers.filter((answer) => answer === SUCCESS).length).toBeGreaterThanOrEqual(8);
  });

  test('without TLS nobody signs up where TLS is asked for; with it, one may [XEP-0077 11]', async () => {
    const attacker = await Attacker.connect(fortress.strict);
    present.push(attacker);
    expect(await attacker.opens()).not.toContain(FEATURE);
    attacker.says(set(credentials('leaky')));
    expect(await attacker.hears('</iq>')).toContain(`<not-authorized xmlns="${STANZA_ERRORS}"/>`);
    attacker.says("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await attacker.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    const secure = await Attacker.connectTls(attacker);
    expect(await secure.opens()).toContain(FEATURE);
    secure.says(set(credentials('sealed')));
    expect(await secure.hears('>')).toBe(SUCCESS);
    expect(await secure.authenticates('sealed', PASSWORD, 'r')).toBe('sealed@localhost/r');
  });

  test('who has signed in, and has no session yet, signs up no more', async () => {
    const attacker = await arrive();
    attacker.says(plain('attacker'));
    await attacker.hears('>');
    expect(await attacker.opens()).not.toContain(FEATURE);
    attacker.says(set(credentials('another')));
    expectStreamError(await attacker.hearsTheEnd(), 'not-authorized');
  });

  describe('one who has signed in does nothing to others', () => {
    test.each([
      ["another's password", set(credentials('victim', 'mine')), 'not-acceptable'],
      [
        "another's password, by the address",
        set(credentials('victim@open.example', 'mine')),
        'not-acceptable',
      ],
      [
        "another's password, at the account",
        set(credentials('victim', 'mine')).replace('<iq', "<iq to='victim@open.example'"),
        'forbidden',
      ],
      [
        "another's account",
        set('<remove/>').replace('<iq', "<iq to='victim@open.example'"),
        'forbidden',
      ],
      [
        'an account that there is not',
        set('<remove/>').replace('<iq', "<iq to='nobody@open.example'"),
        'forbidden',
      ],
      [
        'an account at another host',
        set('<remove/>').replace('<iq', "<iq to='localhost'"),
        'registration-required',
      ],
      [
        "another's name and a form",
        set(form(field('username', 'victim') + field('password', 'mine'))),
        'not-acceptable',
      ],
      ['a second account', set(credentials('extra', 'mine')), 'not-acceptable'],
    ])('%s', async (_, request, condition) => {
      const victim = await signIn('victim');
      const attacker = await signIn('attacker');
      attacker.says(request);
      expect(await attacker.fence()).toContain(`<${condition} xmlns="${STANZA_ERRORS}"/>`);
      expect(await victim.fence()).toBe('');
      expect(await isLetIn('victim')).toBe(true);
      expect(await isLetIn('extra', 'mine')).toBe(false);
    });

    test('in the name of another [RFC6120 8.1.2.1]', async () => {
      const attacker = await signIn('attacker');
      attacker.says(set('<remove/>').replace('<iq', "<iq from='victim@open.example'"));
      expectStreamError(await attacker.hearsTheEnd(), 'invalid-from');
      expect(await isLetIn('victim')).toBe(true);
    });
  });

  test('an account that is deleted twice at once, while it is busy, goes once [XEP-0077 3.2]', async () => {
    for (let round = 0; round < 5; round++) {
      const sessions = [await signIn('target'), await signIn('target')];
      for (const session of sessions) {
        session.says('<presence/>');
        const item = `<iq type='set' id='i'><query xmlns='jabber:iq:roster'><item jid='x@far.example'/></query></iq>`;
        session.says(item + set('<remove/>') + item + set(credentials('target', 'mine')));
      }
      for (const session of sessions)
        expectStreamError(await session.hearsTheEnd(), 'not-authorized');
      const jid = 'target@open.example';
      expect(await answerTo(credentials('target'))).toContain('<conflict ');
      expect(await fortress.command('session.list', { account: jid })).toMatchObject({
        sessions: [],
      });
      await fortress.command('user.add', { jid, password: PASSWORD, reuse: true });
      const namesake = await signIn('target');
      namesake.says("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
      expect(await namesake.fence()).toContain('<query xmlns="jabber:iq:roster"/>');
      namesake.leaves();
    }
  });
});

describe('where sign-ups are counted', () => {
  beforeAll(async () => {
    const settings = 'modules: { registration: { signUp: true, signUpsPerAddress: 5 } }';
    fortress = await Fortress.build(settings);
  }, 30_000);
  afterAll(() => fortress.raze());

  test('one address makes so many, on however many streams; what is refused as such is not counted', async () => {
    for (let n = 0; n < 12; n++) await answerTo(credentials('mixed\u0430'));
    for (const name of ['a1', 'a2', 'victim', 'a3', 'a4']) await answerTo(credentials(name));
    for (const name of ['a5', 'victim']) {
      expect(await answerTo(credentials(name))).toContain(
        `<error type="wait"><resource-constraint xmlns="${STANZA_ERRORS}"/>`,
      );
    }
    expect(await isLetIn('a4')).toBe(true);
    expect(await isLetIn('a5')).toBe(false);
    expect(await fortress.logged('account created by its user')).toBe(4);
  });

  test('a flood of password changes is slowed down', async () => {
    const attacker = await signIn('attacker');
    for (let n = 0; n < 200; n++) attacker.says(set(credentials('attacker', PASSWORD), String(n)));
    const heard = await attacker.fence();
    expect(heard.match(/type='result'/g)).toHaveLength(10);
    expect(heard.match(/<resource-constraint /g)).toHaveLength(190);
    expect(await fortress.logged('password changed by its user')).toBe(10);
  });
});
