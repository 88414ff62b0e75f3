import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approach, expectStreamError, testAttacks } from './support/attack.ts';
import { Attacker, SASL, STREAM } from './support/attacker.ts';
import { addAccount, Fortress, PASSWORD } from './support/fortress.ts';
import { clientFinal, encode, readServerFirst, type ServerFirst } from './support/scram.ts';

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
  await fortress.end('SIGTERM');
  await fortress.withStorage((storage) => addAccount(storage, 'locked@open.example', true));
  await fortress.start();
}, 30_000);
afterAll(() => fortress.raze());

const auth = (mechanism: string, initial = '') =>
  `<auth xmlns='${SASL}' mechanism='${mechanism}'>${initial}</auth>`;
const response = (text: string) => `<response xmlns='${SASL}'>${text}</response>`;
const plain = (...parts: string[]) => auth('PLAIN', encode(parts.join('\0')));
const scramFirst = (bare: string, gs2 = 'n,,') => auth('SCRAM-SHA-256', encode(gs2 + bare));

/** Begins SCRAM and takes the challenge. */
async function challenge(attacker: Attacker, name: string, nonce = 'abc', gs2 = 'n,,') {
  const firstBare = `n=${name},r=${nonce}`;
  attacker.says(scramFirst(firstBare, gs2));
  const heard = await attacker.hears('</challenge>');
  const server = readServerFirst(/>([^<]*)<\/challenge>$/.exec(heard)?.[1] ?? '');
  return { firstBare, server };
}

const final = (exchange: { firstBare: string; server: ServerFirst }, withoutProof?: string) =>
  clientFinal({
    hash: 'sha256',
    password: PASSWORD,
    ...exchange,
    ...(withoutProof && { withoutProof }),
  });

describe('messages that fail at once', () => {
  const failing: readonly [string, string, string][] = [
    ['a mechanism that was not offered', auth('EXTERNAL', '='), 'invalid-mechanism'],
    [
      'channel binding, which was not offered',
      auth('SCRAM-SHA-256-PLUS', 'biws'),
      'invalid-mechanism',
    ],
    ['ANONYMOUS', auth('ANONYMOUS'), 'invalid-mechanism'],
    [
      'a mechanism in the wrong case',
      auth('plain', encode('\0attacker\0sesame')),
      'invalid-mechanism',
    ],
    ['a mechanism named like a property', auth('__proto__'), 'invalid-mechanism'],
    ['a mechanism named constructor', auth('constructor'), 'invalid-mechanism'],
    ['no mechanism', `<auth xmlns='${SASL}'/>`, 'invalid-mechanism'],
    ['a response to nothing', response(''), 'malformed-request'],
    ['an abort of nothing', `<abort xmlns='${SASL}'/>`, 'aborted'],
    ['base64 without padding', auth('PLAIN', 'AGEAYg'), 'incorrect-encoding'],
    ['base64 with white space', auth('PLAIN', ' AGEAYg== '), 'incorrect-encoding'],
    ['base64 with stray bits', auth('PLAIN', 'AGEAYh=='), 'incorrect-encoding'],
    ['what is no base64', auth('PLAIN', '%%%%'), 'incorrect-encoding'],
    ['padding in the midst', auth('PLAIN', 'AGE=AYg='), 'incorrect-encoding'],
    ['elements for text', auth('PLAIN', '<a/>'), 'malformed-request'],
    ['PLAIN without NUL', auth('PLAIN', encode('attacker')), 'malformed-request'],
    ['PLAIN with one NUL', auth('PLAIN', encode('attacker\0sesame')), 'malformed-request'],
    ['PLAIN with three NULs', plain('', 'attacker', 'sesame', ''), 'malformed-request'],
    ['PLAIN without name', plain('', '', 'sesame'), 'malformed-request'],
    ['PLAIN without password', plain('', 'attacker', ''), 'malformed-request'],
    ['PLAIN of nothing', auth('PLAIN', '='), 'malformed-request'],
    [
      'PLAIN that is not UTF-8',
      auth('PLAIN', encode(Buffer.from([0, 0xff, 0, 0x61]))),
      'malformed-request',
    ],
    ['a wrong password', plain('', 'attacker', 'wrong'), 'not-authorized'],
    ['an unknown user', plain('', 'nobody', PASSWORD), 'not-authorized'],
    ['a disabled account', plain('', 'locked', PASSWORD), 'not-authorized'],
    ['an account of another host', plain('', 'attacker@localhost', PASSWORD), 'not-authorized'],
    ['a user named like a property', plain('', '__proto__', PASSWORD), 'not-authorized'],
    ['a name in SQL', plain('', "x' OR '1'='1", PASSWORD), 'not-authorized'],
    ['a name in LIKE', plain('', '%', PASSWORD), 'not-authorized'],
    ['a password with a forbidden character', plain('', 'attacker', 'a\u0007b'), 'not-authorized'],
    ['a huge password', plain('', 'attacker', 'x'.repeat(6000)), 'not-authorized'],
    ['a huge name', plain('', 'x'.repeat(6000), PASSWORD), 'not-authorized'],
    ['SCRAM of nothing', auth('SCRAM-SHA-256', '='), 'malformed-request'],
    ['SCRAM that is not base64', auth('SCRAM-SHA-256', 'n,,n=a,r=b'), 'incorrect-encoding'],
    [
      'SCRAM with channel binding asked for',
      scramFirst('n=attacker,r=abc', 'p=tls-exporter,,'),
      'malformed-request',
    ],
    ['SCRAM with an unknown flag', scramFirst('n=attacker,r=abc', 'x,,'), 'malformed-request'],
    [
      'SCRAM with a mandatory extension',
      scramFirst('m=evil,n=attacker,r=abc'),
      'malformed-request',
    ],
    [
      'SCRAM with a late mandatory extension',
      scramFirst('n=attacker,r=abc,m=evil'),
      'malformed-request',
    ],
    ['SCRAM without name', scramFirst('n=,r=abc'), 'malformed-request'],
    ['SCRAM with a bad escape', scramFirst('n=a=20b,r=abc'), 'malformed-request'],
    ['SCRAM without nonce', scramFirst('n=attacker'), 'malformed-request'],
    ['SCRAM with an empty nonce', scramFirst('n=attacker,r='), 'malformed-request'],
    ['SCRAM with a nonce beyond ASCII', scramFirst('n=attacker,r=ä'), 'malformed-request'],
    [
      'SCRAM with a huge nonce',
      scramFirst(`n=attacker,r=${'x'.repeat(5000)}`),
      'malformed-request',
    ],
    ['SCRAM with NUL', scramFirst('n=att\0acker,r=abc'), 'malformed-request'],
    ['SCRAM as somebody else', scramFirst('n=attacker,r=abc', 'n,a=victim,'), 'invalid-authzid'],
  ];
  testAttacks(
    failing.map(([name, bytes, sasl]) => ({
      name,
      phase: 'before-login',
      bytes,
      expected: { sasl },
    })),
    () => fortress,
  );

  testAttacks(
    [
      {
        name: 'a megabyte of initial response',
        phase: 'before-login',
        bytes: auth('PLAIN', 'A'.repeat(1_000_000)),
        expected: { stream: 'policy-violation' },
      },
      {
        name: 'a megabyte of response',
        phase: 'before-login',
        bytes: auth('PLAIN') + response('A'.repeat(1_000_000)),
        expected: { stream: 'policy-violation' },
      },
    ],
    () => fortress,
  );
});

describe('[RFC6120 6.3.8] acting for somebody else', () => {
  test.each([
    'victim',
    'victim@open.example',
    'attacker@localhost',
    'attacker@open.example/somewhere',
    'open.example',
    '@',
    'Victim@OPEN.example',
  ])('PLAIN with the authorization identity %s', async (authzid) => {
    const attacker = await approach('before-login', fortress);
    attacker.says(plain(authzid, 'attacker', PASSWORD));
    expect(await attacker.hears('</failure>')).toContain('<invalid-authzid/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test.each(['attacker', 'attacker@open.example', 'ATTACKER@Open.Example'])(
    'the own identity, as %s, opens the own session',
    async (authzid) => {
      const attacker = await approach('before-login', fortress);
      attacker.says(plain(authzid, 'attacker', PASSWORD));
      await attacker.hears('<success');
      expect(await attacker.binds()).toMatch(/^attacker@open\.example\//);
      await fortress.stands(attacker);
      attacker.leaves();
    },
  );
});

describe('SCRAM games', () => {
  /** Every way to end an exchange that is not the right one. */
  const wrong: readonly [string, (good: string, server: ServerFirst) => string, string][] = [
    ['a proof that is not base64', (good) => good.replace(/p=.*/, 'p=%%%%'), 'malformed-request'],
    ['no proof', (good) => good.replace(/,p=.*/, ''), 'malformed-request'],
    ['an empty proof', (good) => good.replace(/p=.*/, 'p='), 'malformed-request'],
    ['a short proof', (good) => good.replace(/p=.*/, 'p=AAAA'), 'not-authorized'],
    [
      'a long proof',
      (good) => good.replace(/p=.*/, `p=${encode('x'.repeat(4000))}`),
      'not-authorized',
    ],
    [
      'a wrong proof',
      (good) => good.replace(/p=.*/, `p=${encode('x'.repeat(32))}`),
      'not-authorized',
    ],
    ['only the client’s nonce', (good, { nonce }) => good.replace(nonce, 'abc'), 'not-authorized'],
    ['another nonce', (good, { nonce }) => good.replace(nonce, `${nonce}x`), 'not-authorized'],
    ['no channel-binding data', (good) => good.replace(/c=[^,]*,/, ''), 'malformed-request'],
    ['data that are not base64', (good) => good.replace(/c=[^,]*/, 'c=n,,'), 'malformed-request'],
    ['a mandatory extension', (good) => good.replace(',p=', ',m=evil,p='), 'malformed-request'],
    ['what is not UTF-8', () => '\udfff', 'malformed-request'],
    ['nothing', () => '', 'malformed-request'],
  ];
  test.each(wrong)('%s in place of the final message', async (_, spoil, condition) => {
    const attacker = await approach('before-login', fortress);
    const exchange = await challenge(attacker, 'attacker');
    attacker.says(response(encode(spoil(final(exchange), exchange.server)) || '='));
    expect(await attacker.hears('</failure>')).toBe(
      `<failure xmlns="${SASL}"><${condition}/></failure>`,
    );
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('a proof for another channel binding than announced fails', async () => {
    const attacker = await approach('before-login', fortress);
    const exchange = await challenge(attacker, 'attacker');
    const { nonce } = exchange.server;
    attacker.says(response(encode(final(exchange, `c=${encode('y,,')},r=${nonce}`))));
    expect(await attacker.hears('</failure>')).toContain('<not-authorized/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[RFC5802 6] "y" is fine where no channel binding is offered', async () => {
    const attacker = await approach('before-login', fortress);
    const exchange = await challenge(attacker, 'attacker', 'abc', 'y,,');
    const { nonce } = exchange.server;
    attacker.says(response(encode(final(exchange, `c=${encode('y,,')},r=${nonce}`))));
    await attacker.hears('</success>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('an exchange overheard cannot be replayed', async () => {
    const honest = await approach('before-login', fortress);
    const exchange = await challenge(honest, 'attacker');
    const overheard = response(encode(final(exchange)));
    honest.says(overheard);
    await honest.hears('</success>');
    honest.leaves();

    const attacker = await approach('before-login', fortress);
    const { server } = await challenge(attacker, 'attacker');
    expect(server.nonce).not.toBe(exchange.server.nonce);
    attacker.says(overheard);
    expect(await attacker.hears('</failure>')).toContain('<not-authorized/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('an exchange is over with its failure, and cannot be gone on with', async () => {
    const attacker = await approach('before-login', fortress);
    const exchange = await challenge(attacker, 'attacker');
    attacker.says(`<abort xmlns='${SASL}'/>`);
    expect(await attacker.hears('</failure>')).toContain('<aborted/>');
    attacker.says(response(encode(final(exchange))));
    expect(await attacker.hears('</failure>')).toContain('<malformed-request/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('two exchanges at once: the second takes the place of the first', async () => {
    const attacker = await approach('before-login', fortress);
    const first = await challenge(attacker, 'attacker', 'one');
    const second = await challenge(attacker, 'nobody', 'two');
    attacker.says(response(encode(final({ ...first, server: second.server }))));
    expect(await attacker.hears('</failure>')).toContain('<not-authorized/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('two sign-ins at once: the first one’s answer is the session’s', async () => {
    const attacker = await approach('before-login', fortress);
    attacker.says(plain('', 'attacker', PASSWORD) + plain('', 'victim', PASSWORD));
    const end = await attacker.hearsTheEnd();
    expect(end.match(/<success/g)).toHaveLength(1);
    expect(end).toMatch(/<stream:error>/);
    await fortress.stands(attacker);
    attacker.leaves();
  });
});

test('[RFC6120 6.4.5] three failures end the stream', async () => {
  const attacker = await approach('before-login', fortress);
  attacker.says(plain('', 'attacker', 'wrong').repeat(30));
  const end = await attacker.hearsTheEnd();
  expect(end.match(/<failure/g)).toHaveLength(3);
  expectStreamError(end.slice(end.indexOf('<stream:error>')), 'policy-violation');
  await fortress.stands(attacker);
  attacker.leaves();
});

describe('[RFC6120 6.4.4, 13.11] who has an account is not told', () => {
  const names = ['attacker', 'nobody', 'locked'];

  /** What a failing SCRAM says for a name, without the nonces. */
  async function scramShape(name: string) {
    const attacker = await approach('before-login', fortress);
    const exchange = await challenge(attacker, name);
    const { salt, iterations, nonce, text } = exchange.server;
    attacker.says(response(encode(final(exchange).replace(/p=.*/, `p=${encode('x'.repeat(32))}`))));
    const failure = await attacker.hears('</failure>');
    attacker.leaves();
    return { salt, shape: [salt.length, iterations, nonce.length, text.length, failure] };
  }

  test('SCRAM takes the same steps for known, unknown and disabled accounts', async () => {
    const [known, unknown, disabled] = await Promise.all(names.map(scramShape));
    expect(unknown?.shape).toEqual(known?.shape);
    expect(disabled?.shape).toEqual(known?.shape);
    await fortress.stands();
  });

  test('PLAIN fails with the same bytes', async () => {
    const failures = names.map(async (name) => {
      const attacker = await approach('before-login', fortress);
      attacker.says(plain('', name, 'wrong'));
      const failure = await attacker.hears('</failure>');
      attacker.leaves();
      return failure;
    });
    expect(new Set(await Promise.all(failures)).size).toBe(1);
    await fortress.stands();
  });

  test('a salt is a name’s own, and the same at each attempt and after a restart', async () => {
    const salts = async () =>
      (await Promise.all([...names, 'nobody2', 'NOBODY'].map(scramShape))).map(({ salt }) => salt);
    const before = await salts();
    expect(new Set(before.slice(0, 4)).size).toBe(4);
    expect(before[4]).toBe(before[1]);
    expect(await salts()).toEqual(before);
    await fortress.end('SIGTERM');
    await fortress.start();
    expect(await salts()).toEqual(before);
  });

  test('a name without account has another salt at each host, as accounts do', async () => {
    const { salt } = await scramShape('nobody');
    const elsewhere = await Attacker.connectTls(fortress.direct);
    await elsewhere.opens();
    expect((await challenge(elsewhere, 'nobody')).server.salt).not.toBe(salt);
    elsewhere.leaves();
  });
});

test('PLAIN is offered under TLS only, unless loopback is trusted', async () => {
  const clear = await Attacker.connect(fortress.strict);
  expect(await clear.opens()).not.toContain('PLAIN');
  const secured = await Attacker.connectTls(fortress.direct);
  expect(await secured.opens()).toContain('<mechanism>PLAIN</mechanism>');
  const trusted = await Attacker.connect(fortress.open);
  expect(await trusted.opens()).toContain('<mechanism>PLAIN</mechanism>');
  for (const attacker of [clear, secured, trusted]) attacker.leaves();
});

test('a session that has begun lives on when its account is attacked', async () => {
  const victim = await fortress.signIn('victim');
  const attacker = await approach('before-login', fortress);
  attacker.says(plain('', 'victim', 'wrong').repeat(5));
  await attacker.hearsTheEnd();
  expect(await victim.fence()).toBe('');
  victim.leaves();
  attacker.says(STREAM('open.example'));
  attacker.leaves();
});
