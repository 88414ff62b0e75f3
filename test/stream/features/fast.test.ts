import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ChannelBindings } from '../../../src/stream/connection.ts';
import { PASSWORD } from '../stub-host.ts';
import { StubTokens } from '../stub-tokens.ts';
import { base64, HEADER, makeWorld, sasl, type Talk, type World } from '../talk.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const FAST = 'urn:xmpp:fast:0';
const AGENT = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const USER_AGENT = `<user-agent id='${AGENT}'/>`;
const BIND = "<bind xmlns='urn:xmpp:bind:0'/>";
const PLAIN = `<initial-response>${base64(`\0juliet\0${PASSWORD}`)}</initial-response>`;
const NONE = 'HT-SHA-256-NONE';
const EXPR = 'HT-SHA-256-EXPR';
const ENDP = 'HT-SHA-256-ENDP';
const REQUEST = `<request-token xmlns='${FAST}' mechanism='${NONE}'/>`;
const SHOWN = `<fast xmlns='${FAST}'/>`;

/** A connection that has data for these types. */
const bindings = (types: readonly string[]): ChannelBindings => ({
  types,
  data: (type) => (types.includes(type) ? Buffer.from(`data of ${type}`) : null),
});
const TLS13 = bindings(['tls-exporter', 'tls-server-end-point']);
const TLS12 = bindings(['tls-unique', 'tls-server-end-point']);

let world: World;
let tokens: StubTokens;
let juliet: Talk;
beforeEach(async () => {
  world = await makeWorld();
  tokens = new StubTokens();
  world.host.tokens = tokens;
  juliet = world.connect();
});

const authenticate = (content: string, mechanism = 'PLAIN') =>
  `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${content}</authenticate>`;
const hashOf = (token: string, text: string, data = '') =>
  createHmac('sha256', token).update(text).update(data).digest();
const message = (user: string, hash: Buffer) =>
  `<initial-response>${Buffer.concat([Buffer.from(`${user}\0`), hash]).toString('base64')}</initial-response>`;
/** The first message of who has that token. */
const shows = (token: string, { user = 'juliet', data = '' } = {}) =>
  message(user, hashOf(token, 'Initiator', data));
const FAILURE = (condition: string) =>
  `<failure xmlns="${SASL2}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/></failure>`;

/** Signs in by a token; what is heard up to the features, or the failure. */
async function comesBack(content: string, mechanism = NONE): Promise<string> {
  await juliet.opensSecurely();
  juliet.says(authenticate(content, mechanism));
  return await juliet.hears(/<\/success>|<\/failure>/);
}

describe('what is offered', () => {
  const listed = (features: string) =>
    /<fast xmlns="urn:xmpp:fast:0">(.*?)<\/fast>/
      .exec(features)?.[1]
      ?.match(/(?<=<mechanism>)[^<]*/g) ?? null;

  test.each([
    ['TLS 1.3', TLS13, [EXPR, ENDP, NONE]],
    ['TLS 1.2', TLS12, [ENDP, NONE]],
    ['a certificate without end point', bindings(['tls-exporter']), [EXPR, NONE]],
    ['TLS that ends elsewhere', null, [NONE]],
  ])('[XEP-0484 4.1] with %s', async (_, channelBindings, wanted) => {
    const talk = world.connect(channelBindings ? { channelBindings } : {});
    const features = await talk.opensSecurely();
    expect(listed(features)).toEqual(wanted);
    expect(features).not.toContain('tls-0rtt');
    expect(features).not.toContain('request-token');
  });

  test('[XEP-0484 4.1] nothing where the host gives none', async () => {
    world.host.tokens = null;
    expect(listed(await juliet.opensSecurely())).toBeNull();
  });

  test('[XEP-0484 7] nothing without TLS', async () => {
    expect(await juliet.opens()).not.toContain(FAST);
  });
});

describe('a client gets a token', () => {
  test('[XEP-0484 4.3] along with signing in, and before it is bound', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(PLAIN + USER_AGENT + BIND + REQUEST));
    expect(await juliet.hears('</success>')).toBe(
      `<success xmlns="${SASL2}">` +
        '<authorization-identifier>juliet@example.com/made-by-server</authorization-identifier>' +
        `<token xmlns="${FAST}" expiry="2026-06-22T12:00:00Z" token="token-1"/>` +
        '<bound xmlns="urn:xmpp:bind:0"/></success>',
    );
    expect(tokens.granted).toEqual([
      { username: 'juliet', client: AGENT, mechanism: NONE, name: '', after: null },
    ]);
  });

  test('[XEP-0388 2.3] that its user will know it by', async () => {
    const software = `<software> A \n ${'b'.repeat(100)}</software>`;
    const agent = `<user-agent id='${AGENT.toUpperCase()}'>${software}<device>Phone</device></user-agent>`;
    await juliet.opensSecurely();
    juliet.says(authenticate(PLAIN + agent + REQUEST));
    await juliet.hears('<token');
    expect(tokens.granted).toMatchObject([{ client: AGENT, name: `A ${'b'.repeat(58)}, Phone` }]);
  });

  test.each([
    ['without the id of its installation', PLAIN + REQUEST],
    ['for no mechanism', `${PLAIN}${USER_AGENT}<request-token xmlns='${FAST}'/>`],
    ['for one that was not offered', PLAIN + USER_AGENT + REQUEST.replace(NONE, EXPR)],
    ['for one that takes no token', PLAIN + USER_AGENT + REQUEST.replace(NONE, 'PLAIN')],
  ])('[XEP-0484 4.2] not %s, but signs in', async (_, content) => {
    await juliet.opensSecurely();
    juliet.says(authenticate(content));
    expect(await juliet.hears('</success>')).not.toContain('<token');
    expect(tokens.granted).toEqual([]);
  });

  test('[XEP-0484 4.3] not when signing in fails', async () => {
    await juliet.opensSecurely();
    const wrong = `<initial-response>${base64('\0juliet\0wrong')}</initial-response>`;
    juliet.says(authenticate(wrong + USER_AGENT + REQUEST));
    await juliet.hears(FAILURE('not-authorized'));
    expect(tokens.granted).toEqual([]);
  });

  test('[XEP-0484 4.3] not when the account has gone meanwhile', async () => {
    tokens.isGone = true;
    await juliet.opensSecurely();
    juliet.says(authenticate(PLAIN + USER_AGENT + REQUEST));
    expect(await juliet.hears('</success>')).not.toContain('<token');
  });

  test('[XEP-0484 4.2] not where the host gives none', async () => {
    world.host.tokens = null;
    await juliet.opensSecurely();
    juliet.says(authenticate(PLAIN + USER_AGENT + REQUEST));
    expect(await juliet.hears('</success>')).not.toContain('<token');
  });
});

describe('a client comes back', () => {
  test('[XEP-0484 4.4] and the server shows that it knows the token too', async () => {
    tokens.put('secret');
    const heard = await comesBack(shows('secret') + USER_AGENT + BIND + SHOWN);
    const proof = hashOf('secret', 'Responder').toString('base64');
    expect(heard).toBe(
      `<success xmlns="${SASL2}"><additional-data>${proof}</additional-data>` +
        '<authorization-identifier>juliet@example.com/made-by-server</authorization-identifier>' +
        '<bound xmlns="urn:xmpp:bind:0"/></success>',
    );
    expect(tokens.uses).toEqual([{ secret: 'secret', count: null, isLast: false }]);
  });

  test.each([
    [EXPR, 'tls-exporter', TLS13],
    [ENDP, 'tls-server-end-point', TLS13],
    [ENDP, 'tls-server-end-point', TLS12],
  ])(
    '[XEP-0484 4.4] by %s, which binds both hashes to %s',
    async (mechanism, type, channelBindings) => {
      juliet = world.connect({ channelBindings });
      tokens.put('secret', { mechanism });
      const data = `data of ${type}`;
      const heard = await comesBack(shows('secret', { data }) + USER_AGENT + SHOWN, mechanism);
      const proof = hashOf('secret', 'Responder', data).toString('base64');
      expect(heard).toContain(`<additional-data>${proof}</additional-data>`);
    },
  );

  test('[XEP-0484 6.1] by the new token or the current one', async () => {
    tokens.put('current');
    tokens.put('new');
    await comesBack(shows('current') + USER_AGENT + SHOWN);
    juliet = world.connect();
    await comesBack(shows('new') + USER_AGENT + SHOWN);
    expect(tokens.uses).toMatchObject([{ secret: 'current' }, { secret: 'new' }]);
  });

  test('[XEP-0484 4.4] with a count that rises', async () => {
    tokens.put('secret', { count: 7 });
    const counted = (count: string) => SHOWN.replace('/>', ` count='${count}'/>`);
    expect(await comesBack(shows('secret') + USER_AGENT + counted('8'))).toContain('<success');
    expect(tokens.uses).toMatchObject([{ count: 8 }]);
    for (const count of ['7', '6', '0']) {
      juliet = world.connect();
      const heard = await comesBack(shows('secret') + USER_AGENT + counted(count));
      expect(heard).toBe(FAILURE('not-authorized'));
    }
    expect(tokens.uses).toHaveLength(1);
  });

  test('[XEP-0480 2.2] and is asked for no tasks: it has shown no password', async () => {
    world.host.upgrades = ['SHA-512'];
    tokens.put('secret');
    const upgrade = "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-SHA-512</upgrade>";
    expect(await comesBack(shows('secret') + USER_AGENT + SHOWN + upgrade)).toContain('<success');
  });
});

describe('a token is followed by another', () => {
  const comes = (more = SHOWN) => comesBack(shows('secret') + USER_AGENT + more);

  test('[XEP-0484 4.5] when it has grown old, for the same mechanism', async () => {
    tokens.put('secret', { isDue: true });
    expect(await comes()).toContain('token="token-1"');
    const [wish] = tokens.granted;
    expect(wish).toMatchObject({ username: 'juliet', client: AGENT, mechanism: NONE });
    expect(wish!.after?.secret.toString()).toBe('secret');
  });

  test('[XEP-0484 4.5] not before', async () => {
    tokens.put('secret');
    expect(await comes()).not.toContain('<token');
  });

  test('[XEP-0484 4.2] when the client asks for it; for that mechanism, and once', async () => {
    juliet = world.connect({ channelBindings: TLS13 });
    tokens.put('secret', { isDue: true });
    const heard = await comes(SHOWN + REQUEST.replace(NONE, EXPR));
    expect(heard.match(/<token/g)).toHaveLength(1);
    expect(tokens.granted).toMatchObject([{ mechanism: EXPR }]);
  });

  test.each(['true', '1'])('[XEP-0484 4.6] not when it was the last: %s', async (value) => {
    tokens.put('secret', { isDue: true });
    expect(await comes(SHOWN.replace('/>', ` invalidate='${value}'/>`))).not.toContain('<token');
    expect(tokens.uses).toMatchObject([{ isLast: true }]);
  });

  test('[XEP-0484 4.6] though the last, when the client asks for it', async () => {
    tokens.put('secret');
    expect(await comes(SHOWN.replace('/>', " invalidate='1'/>") + REQUEST)).toContain('<token');
  });

  test.each(['false', '0'])('[XEP-0484 4.6] where it is not invalidated: %s', async (value) => {
    tokens.put('secret', { isDue: true });
    expect(await comes(SHOWN.replace('/>', ` invalidate='${value}'/>`))).toContain('<token');
    expect(tokens.uses).toMatchObject([{ isLast: false }]);
  });
});

describe('a token is refused', () => {
  const refuses = async (condition: string, content: string, mechanism?: string) => {
    expect(await comesBack(content, mechanism)).toBe(FAILURE(condition));
    expect(tokens.uses).toEqual([]);
  };
  const shown = (more = SHOWN) => shows('secret') + USER_AGENT + more;

  test('[XEP-0484 6.1] that is another', async () => {
    tokens.put('other');
    await refuses('not-authorized', shown());
  });

  test('[XEP-0484 6.1] of who has none, or no account', async () => {
    await refuses('not-authorized', shown());
    juliet = world.connect();
    const other = shows('secret', { user: 'nobody' });
    await refuses('not-authorized', other + USER_AGENT + SHOWN);
  });

  test('[XEP-0484 5.1] of another account, and of another client', async () => {
    tokens.put('secret', {}, { username: 'romeo', client: AGENT });
    tokens.put('secret', {}, { username: 'juliet', client: AGENT.replace('d', 'e') });
    await refuses('not-authorized', shown());
  });

  test('[XEP-0484 5.1] without the id of the client', async () => {
    tokens.put('secret');
    await refuses('malformed-request', shows('secret') + SHOWN);
  });

  test('[XEP-0484 4.4] by another mechanism than its own', async () => {
    juliet = world.connect({ channelBindings: TLS13 });
    tokens.put('secret', { mechanism: EXPR });
    await refuses('not-authorized', shown());
    juliet = world.connect({ channelBindings: TLS13 });
    const data = 'data of tls-server-end-point';
    await refuses('not-authorized', shows('secret', { data }) + USER_AGENT + SHOWN, ENDP);
  });

  test('[XEP-0484 4.4] bound to another connection', async () => {
    juliet = world.connect({ channelBindings: TLS13 });
    tokens.put('secret', { mechanism: EXPR });
    const data = 'data of another';
    await refuses('not-authorized', shows('secret', { data }) + USER_AGENT + SHOWN, EXPR);
    juliet = world.connect({ channelBindings: TLS13 });
    await refuses('not-authorized', shown(), EXPR);
  });

  test.each([
    ['TLS 1.2 has no exporter', TLS12, EXPR],
    ['TLS ends elsewhere', undefined, ENDP],
  ])('[XEP-0484 4.1] by a mechanism that was not offered: %s', async (_, channelBindings, name) => {
    juliet = world.connect(channelBindings ? { channelBindings } : {});
    tokens.put('secret', { mechanism: name });
    await refuses('invalid-mechanism', shown(), name);
  });

  test('[XEP-0484 5.2] once its time is over', async () => {
    tokens.put('secret', { isExpired: true });
    await refuses('credentials-expired', shown());
    tokens.put('other', { isExpired: true });
    juliet = world.connect();
    await refuses('not-authorized', shows('forged') + USER_AGENT + SHOWN);
  });

  test('[XEP-0484 6.1] when the account may not sign in', async () => {
    tokens.put('secret');
    tokens.isAdmitting = false;
    await refuses('not-authorized', shown());
  });

  test('[XEP-0484 4.4] when somebody else was faster', async () => {
    tokens.put('secret');
    tokens.isFast = false;
    expect(await comesBack(shown())).toBe(FAILURE('not-authorized'));
    expect(tokens.granted).toEqual([]);
  });

  test('[XEP-0484 4.4] without <fast/>, or with it by a password', async () => {
    tokens.put('secret');
    await refuses('invalid-mechanism', shows('secret') + USER_AGENT);
    juliet = world.connect();
    await refuses('invalid-mechanism', PLAIN + USER_AGENT + SHOWN, 'PLAIN');
  });

  test('[XEP-0484 4.4] where the host gives none', async () => {
    world.host.tokens = null;
    await refuses('invalid-mechanism', shown());
  });

  test('[XEP-0484 4.4] outside of SASL2', async () => {
    tokens.put('secret');
    await juliet.opensSecurely();
    juliet.says(sasl('auth', '', ` mechanism='${NONE}'`));
    await juliet.hears('<invalid-mechanism/>');
  });

  test('[XEP-0388 2.3] of somebody else than the header names', async () => {
    tokens.put('secret', {}, { username: 'romeo', client: AGENT });
    await juliet.opensSecurely(HEADER.replace('to=', "from='juliet@example.com' to="));
    juliet.says(authenticate(shows('secret', { user: 'romeo' }) + USER_AGENT + SHOWN, NONE));
    await juliet.hears(FAILURE('invalid-authzid'));
  });
});

describe('what is no token at all', () => {
  const raw = (bytes: string | Buffer) =>
    `<initial-response>${Buffer.from(bytes).toString('base64')}</initial-response>`;
  const hash = hashOf('secret', 'Initiator');

  test.each([
    ['nothing', raw('')],
    ['no name', message('', hash)],
    ['no hash', raw('juliet\0')],
    ['no separator', raw('juliet')],
    ['a hash too short', message('juliet', hash.subarray(1))],
    ['a hash too long', message('juliet', Buffer.concat([hash, hash]))],
    ['a name that is no UTF-8', raw(Buffer.concat([Buffer.from([0xff, 0]), hash]))],
  ])('[XEP-0484 4.4] %s', async (_, content) => {
    tokens.put('secret');
    expect(await comesBack(content + USER_AGENT + SHOWN)).toBe(FAILURE('malformed-request'));
  });

  test('[RFC7622 3.3] a name that no account can have', async () => {
    tokens.put('secret');
    const heard = await comesBack(message('jul@iet', hash) + USER_AGENT + SHOWN);
    expect(heard).toBe(FAILURE('not-authorized'));
  });

  test.each([
    "count=''",
    "count='-1'",
    "count='1.5'",
    "count='0x1'",
    "count='1e3'",
    "count='9999999999999999'",
    "invalidate='yes'",
    "invalidate=''",
  ])('[XEP-0484 4.4] <fast/> with %s', async (attribute) => {
    tokens.put('secret');
    const heard = await comesBack(
      shows('secret') + USER_AGENT + SHOWN.replace('/>', ` ${attribute}/>`),
    );
    expect(heard).toBe(FAILURE('malformed-request'));
    expect(tokens.uses).toEqual([]);
  });

  test('[XEP-0484 4.1] a second message: one is all there is', async () => {
    tokens.put('secret');
    await juliet.opensSecurely();
    juliet.says(authenticate(USER_AGENT + SHOWN, NONE));
    await juliet.hears(`<challenge xmlns="${SASL2}"/>`);
    const forged = Buffer.concat([Buffer.from('juliet\0'), Buffer.alloc(32)]).toString('base64');
    juliet.says(`<response xmlns='${SASL2}'>${forged}</response>`);
    await juliet.hears(FAILURE('not-authorized'));
    juliet.says(`<response xmlns='${SASL2}'>${forged}</response>`);
    await juliet.hears(FAILURE('malformed-request'));
  });
});

test('[RFC6120 6.4.5] failures are held back and counted as those of passwords are', async () => {
  const held: (string | null)[] = [];
  world = await makeWorld({
    throttle: {
      hold({ account }) {
        held.push(account);
        return true;
      },
    },
  });
  world.host.tokens = tokens;
  juliet = world.connect();
  await juliet.opensSecurely();
  for (let attempt = 0; attempt < 3; attempt++) {
    juliet.says(authenticate(shows('forged') + USER_AGENT + SHOWN, NONE));
    await juliet.hears(FAILURE('not-authorized'));
  }
  await juliet.hearsError('policy-violation');
  expect(held).toEqual(Array(3).fill('juliet@example.com'));
});
