import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StreamPolicy } from '../../../src/stream/ports.ts';
import { Hashing, HashingBusyError } from '../../../src/stream/sasl/hashing.ts';
import { base64, makeWorld, plainAuth, sasl, type Talk, type World } from '../talk.ts';

let world: World;
let juliet: Talk;

beforeEach(async () => {
  world = await makeWorld();
  juliet = world.connect();
});

const policy = (change: Partial<StreamPolicy>) => {
  world.host.policy = { ...world.host.policy, ...change };
};

const offered = (features: string) =>
  [
    ...features.replace(/<authentication.*<\/authentication>/, '').matchAll(/<mechanism>([^<]*)</g),
  ].map(([, name]) => name);

const ALL = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'];
const SCRAM = ALL.slice(0, 3);

describe('what is offered', () => {
  async function offers(
    change: Partial<StreamPolicy>,
    { address = '192.0.2.1', withTls = false } = {},
  ): Promise<(string | undefined)[]> {
    policy(change);
    const client = world.connect({ remoteAddress: address });
    return offered(await (withTls ? client.opensSecurely() : client.opens()));
  }

  test('[RFC6120 5.3.1] nothing before TLS where TLS is required', async () => {
    const required = { requiresTls: true, allowsPlainLoopback: false };
    expect(await offers(required)).toEqual([]);
    expect(await offers(required, { address: '127.0.0.1' })).toEqual([]);
    expect(await offers(required, { withTls: true })).toEqual(ALL);
    expect(await juliet.opens()).toContain('<required/></starttls>');
  });

  test('everything on loopback where the operator allows it', async () => {
    const allowed = { requiresTls: true, allowsPlainLoopback: true };
    expect(await offers(allowed, { address: '127.0.0.1' })).toEqual(ALL);
    expect(await offers(allowed)).toEqual([]);
  });

  test('[RFC6120 13.8.3] no PLAIN without TLS', async () => {
    const lax = { requiresTls: false, allowsPlainLoopback: false };
    expect(await offers(lax)).toEqual(SCRAM);
    expect(await offers(lax, { address: '127.0.0.1' })).toEqual(SCRAM);
    expect(await offers(lax, { withTls: true })).toEqual(ALL);
  });

  test("in the operator's order, and only what is known", async () => {
    expect(
      await offers({ mechanisms: ['PLAIN', 'X-ODD', 'SCRAM-SHA-1'] }, { withTls: true }),
    ).toEqual(['PLAIN', 'SCRAM-SHA-1']);
  });
});

describe('where TLS ends at the connection', () => {
  const channelBindings = {
    types: ['tls-exporter', 'tls-server-end-point'],
    data: (type: string) => (type === 'tls-exporter' ? Buffer.from('exported') : null),
  };
  const PLUS = SCRAM.map((name) => `${name}-PLUS`);
  const TYPES =
    '<sasl-channel-binding xmlns="urn:xmpp:sasl-cb:0"><channel-binding type="tls-exporter"/>' +
    '<channel-binding type="tls-server-end-point"/></sasl-channel-binding>';
  const FIRST = (gs2: string) => base64(`${gs2}n=juliet,r=abc`);
  const auth = (mechanism: string, text: string) => sasl('auth', text, ` mechanism='${mechanism}'`);

  test('[XEP-0440 2] -PLUS mechanisms come first, and the types beside them', async () => {
    const features = await world.connect({ channelBindings }).opensSecurely();
    expect(offered(features)).toEqual([...PLUS, ...ALL]);
    expect(features).toContain(TYPES);
  });

  test('[XEP-0440 3] both or neither', async () => {
    expect(await world.connect({ channelBindings }).opens()).not.toMatch(/-PLUS|sasl-cb/);
    expect(await world.connect().opensSecurely()).not.toMatch(/-PLUS|sasl-cb/);
    const unable = { ...channelBindings, types: [] };
    const without = await world.connect({ channelBindings: unable }).opensSecurely();
    expect(without).not.toMatch(/-PLUS|sasl-cb/);
    policy({ mechanisms: ['PLAIN'] });
    const features = await world.connect({ channelBindings }).opensSecurely();
    expect(features).not.toMatch(/-PLUS|sasl-cb/);
  });

  test('[RFC5802 6] a client that saw no -PLUS has been deceived', async () => {
    juliet = world.connect({ channelBindings });
    await juliet.opensSecurely();
    juliet.says(auth('SCRAM-SHA-256', FIRST('y,,')));
    await juliet.hears('<not-authorized/></failure>');
    juliet.says(auth('SCRAM-SHA-256', FIRST('n,,')));
    await juliet.hears('</challenge>');
  });

  test('[RFC5802 6] without -PLUS it has not', async () => {
    await juliet.opensSecurely();
    juliet.says(auth('SCRAM-SHA-256', FIRST('y,,')));
    await juliet.hears('</challenge>');
  });

  test('a binding that there is not is no attempt, nine times', async () => {
    juliet = world.connect({ channelBindings });
    await juliet.opensSecurely();
    const unknown = auth('SCRAM-SHA-256-PLUS', FIRST('p=tls-unique,,'));
    for (let time = 0; time < 9; time++) {
      await juliet.says(unknown).hears('<malformed-request/></failure>');
    }
    juliet.says(auth('SCRAM-SHA-256-PLUS', FIRST('p=tls-exporter,,')));
    await juliet.hears('</challenge>');
    juliet.says(unknown, unknown, unknown);
    await juliet.hearsError('policy-violation');
  });
});

describe('a sign-in fails', () => {
  const FAILURE = (condition: string) =>
    `<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><${condition}/></failure>`;

  test.each([
    ['[RFC6120 6.5.10] with a wrong password', plainAuth('\0juliet\0wrong'), 'not-authorized'],
    ['[RFC6120 6.5.10] with an unknown name', plainAuth('\0nobody\0wrong'), 'not-authorized'],
    [
      '[RFC6120 6.5.6] as somebody else',
      plainAuth('romeo@example.com\0juliet\0r0m30myr0m30'),
      'invalid-authzid',
    ],
    [
      '[RFC6120 6.5.7] with an unknown mechanism',
      sasl('auth', '=', " mechanism='X-ODD'"),
      'invalid-mechanism',
    ],
    ['[RFC6120 6.5.7] without a mechanism', sasl('auth', '='), 'invalid-mechanism'],
    [
      '[RFC6120 6.5.7] with a mechanism of another case',
      sasl('auth', '=', " mechanism='plain'"),
      'invalid-mechanism',
    ],
    [
      '[RFC6120 6.5.5] with bad base64',
      sasl('auth', 'AGp*', " mechanism='PLAIN'"),
      'incorrect-encoding',
    ],
    [
      '[RFC6120 6.5.5] with white space in base64',
      sasl('auth', ' AGp1bGlldA==', " mechanism='PLAIN'"),
      'incorrect-encoding',
    ],
    [
      '[RFC6120 6.5.8] with an empty first message',
      sasl('auth', '=', " mechanism='PLAIN'"),
      'malformed-request',
    ],
    [
      '[RFC6120 6.5.8] with elements for text',
      sasl('auth', '<x/>AAAA', " mechanism='PLAIN'"),
      'malformed-request',
    ],
    [
      '[RFC6120 6.5.8] with an answer to no challenge',
      sasl('response', 'AAAA'),
      'malformed-request',
    ],
    ['[RFC6120 6.5.1] when the client gives up', sasl('abort'), 'aborted'],
  ])('%s', async (_, message, condition) => {
    await juliet.opens();
    juliet.says(message);
    expect(await juliet.hears('</failure>')).toBe(FAILURE(condition));
    juliet.says(plainAuth());
    await juliet.hears('<success');
  });

  test('[RFC6120 6.5.4] without TLS where that is required', async () => {
    policy({ requiresTls: true, allowsPlainLoopback: false });
    await juliet.opens();
    juliet.says(plainAuth());
    expect(await juliet.hears('</failure>')).toBe(FAILURE('encryption-required'));
  });

  test('with a PLAIN that is not offered, before the password is looked at', async () => {
    policy({ allowsPlainLoopback: false });
    await juliet.opens();
    juliet.says(plainAuth());
    expect(await juliet.hears('</failure>')).toBe(FAILURE('invalid-mechanism'));
  });

  test('[RFC6120 6.5.11] for now when the store of accounts fails', async () => {
    world.host.credentials = () => Promise.reject(new Error('out of order'));
    await juliet.opens();
    juliet.says(plainAuth());
    expect(await juliet.hears('</failure>')).toBe(FAILURE('temporary-auth-failure'));
    world.host.credentials = () => {
      throw new Error('out of order');
    };
    juliet.says(sasl('auth', base64('n,,n=juliet,r=abc'), " mechanism='SCRAM-SHA-256'"));
    expect(await juliet.hears('</failure>')).toBe(FAILURE('temporary-auth-failure'));
  });

  test('[RFC6120 6.5.11] for now when too many passwords wait', async () => {
    class Full extends Hashing {
      override async salt(): Promise<Buffer> {
        throw new HashingBusyError();
      }
    }
    const busy = (await makeWorld({ hashing: new Full() })).connect();
    await busy.opens();
    busy.says(plainAuth());
    expect(await busy.hears('</failure>')).toBe(FAILURE('temporary-auth-failure'));
  });

  test('[RFC6120 6.4.5] three times, and the stream ends', async () => {
    await juliet.opens();
    juliet.says(plainAuth('\0juliet\0a'), plainAuth('\0juliet\0b'), plainAuth('\0juliet\0c'));
    juliet.says(plainAuth());
    await juliet.hearsTheEnd();
    expect(juliet.transcript.match(/<failure/g)).toHaveLength(3);
    expect(juliet.transcript).toContain('</failure><stream:error><policy-violation ');
    expect(juliet.transcript).not.toContain('<success');
  });
});

describe('an exchange of several steps', () => {
  const scram = (text: string) => sasl('auth', text, " mechanism='SCRAM-SHA-256'");

  test('[RFC6120 6.4.2] begins with an empty challenge for who sends nothing at first', async () => {
    await juliet.opens();
    juliet.says(sasl('auth', '', " mechanism='PLAIN'"));
    await juliet.hears('<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
    juliet.says(sasl('response', base64('\0juliet\0r0m30myr0m30')));
    await juliet.hears('<success');
  });

  test('[RFC6120 6.4.4] is over when the client gives up', async () => {
    await juliet.opens();
    juliet.says(scram(base64('n,,n=juliet,r=abc')));
    await juliet.hears('</challenge>');
    juliet.says(sasl('abort'));
    await juliet.hears('<aborted/></failure>');
    juliet.says(sasl('response', base64('c=biws,r=abc,p=AAAA')));
    await juliet.hears('<malformed-request/></failure>');
  });

  test('[RFC6120 6.4.2] gives way to another', async () => {
    await juliet.opens();
    juliet.says(scram(base64('n,,n=juliet,r=abc')));
    await juliet.hears('</challenge>');
    juliet.says(plainAuth());
    await juliet.hears('<success');
  });

  test('answers a proof that is not base64', async () => {
    await juliet.opens();
    juliet.says(scram(base64('n,,n=juliet,r=abc')));
    const challenge = /<challenge[^>]*>([^<]*)/.exec(await juliet.hears('</challenge>'))![1]!;
    const nonce = /r=([^,]*)/.exec(Buffer.from(challenge, 'base64').toString())![1];
    juliet.says(sasl('response', base64(`c=biws,r=${nonce},p=***`)));
    await juliet.hears('<malformed-request/></failure>');
  });
});
