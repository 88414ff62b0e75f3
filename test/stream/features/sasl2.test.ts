import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Element } from '../../../src/xml/element.ts';
import { clientFinal } from '../../security/support/scram.ts';
import { PASSWORD, type StubSession } from '../stub-host.ts';
import { base64, bindRequest, HEADER, makeWorld, type Talk, type World } from '../talk.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const AGENT = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const USER_AGENT = `<user-agent id='${AGENT}'><software>Test</software></user-agent>`;
const BIND = "<bind xmlns='urn:xmpp:bind:0'><tag>Test</tag></bind>";
const PLAIN = base64(`\0juliet\0${PASSWORD}`);
const OWN_HEADER = HEADER.replace('to=', "from='juliet@example.com' to=");

let world: World;
let juliet: Talk;
beforeEach(async () => {
  world = await makeWorld();
  juliet = world.connect();
});

const authenticate = (content: string, mechanism = 'PLAIN') =>
  `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${content}</authenticate>`;
const initial = (text: string) => `<initial-response>${text}</initial-response>`;
const response = (text: string) => `<response xmlns='${SASL2}'>${text}</response>`;
const FAILURE = (condition: string) =>
  `<failure xmlns="${SASL2}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/></failure>`;
const sessionOf = (): StubSession => world.host.sessions[0]!;

/** SCRAM up to its last message, which is returned. */
async function scram(content = ''): Promise<string> {
  juliet.says(authenticate(initial(base64('n,,n=juliet,r=abc')) + content, 'SCRAM-SHA-256'));
  const challenge = /<challenge[^>]*>([^<]*)/.exec(await juliet.hears('</challenge>'))![1]!;
  const text = Buffer.from(challenge, 'base64').toString();
  const [, nonce = '', salt = '', iterations] = /^r=(.*),s=(.*),i=(\d+),h=/.exec(text)!;
  const server = { text, nonce, salt, iterations: Number(iterations) };
  const firstBare = 'n=juliet,r=abc';
  return base64(clientFinal({ hash: 'sha256', password: PASSWORD, firstBare, server }));
}

describe('what is offered', () => {
  test('[XEP-0388 2.1] mechanisms and what may be asked for with them', async () => {
    const features = await juliet.opensSecurely();
    expect(features).toContain(
      `<authentication xmlns="${SASL2}"><mechanism>SCRAM-SHA-512</mechanism>` +
        '<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>' +
        '<mechanism>PLAIN</mechanism>' +
        '<inline><bind xmlns="urn:xmpp:bind:0"/></inline></authentication>',
    );
  });

  test('[XEP-0388 5] nothing without TLS, and nothing is taken', async () => {
    expect(await juliet.opens()).not.toContain(SASL2);
    await juliet.says(authenticate(initial(PLAIN))).hearsError('not-authorized');
  });

  test('[XEP-0386 3.1] what modules can turn on, by name', async () => {
    world.host.sessionFeatures.push({ var: 'urn:x', accepts: [], enable: () => null });
    expect(await juliet.opensSecurely()).toContain(
      '<bind xmlns="urn:xmpp:bind:0"><inline><feature var="urn:x"/></inline></bind>',
    );
  });

  test('[XEP-0388 2.1] nothing where no mechanism is left', async () => {
    world.host.policy = { ...world.host.policy, mechanisms: [] };
    expect(await juliet.opensSecurely()).not.toContain(SASL2);
  });

  test('[XEP-0388 2.1] a header that names another host is refused', async () => {
    const header = HEADER.replace('to=', "from='juliet@example.net' to=");
    await juliet.says(header).hearsError('invalid-from');
  });
});

describe('a client signs in', () => {
  test('[XEP-0388 2.6.1] and gets the features without a new stream', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN)));
    const heard = await juliet.hears('</stream:features>');
    expect(heard).toMatch(
      new RegExp(
        `^<success xmlns="${SASL2}">` +
          '<authorization-identifier>juliet@example.com</authorization-identifier>' +
          '</success><stream:features><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>',
      ),
    );
    expect(heard).not.toContain('mechanism');
    juliet.says(bindRequest());
    await juliet.hears('juliet@example.com/balcony');
  });

  test('[XEP-0388 2.6.1] by SCRAM, whose last word stands in the result', async () => {
    await juliet.opensSecurely();
    juliet.says(response(await scram()));
    const data = /<additional-data>([^<]*)/.exec(await juliet.hears('</success>'))![1]!;
    expect(Buffer.from(data, 'base64').toString()).toMatch(/^v=/);
  });

  test('[XEP-0474 5.1] the proof covers what this profile offered', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(base64('n,,n=juliet,r=abc')), 'SCRAM-SHA-256'));
    const challenge = /<challenge[^>]*>([^<]*)/.exec(await juliet.hears('</challenge>'))![1]!;
    const list = ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].join('\x1e');
    const hash = createHash('sha256').update(list).digest('base64');
    expect(Buffer.from(challenge, 'base64').toString().endsWith(`,h=${hash}`)).toBe(true);
  });

  test('[XEP-0388 2.3] without initial response it is asked for one', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate('', 'PLAIN'));
    await juliet.hears(`<challenge xmlns="${SASL2}"/>`);
    juliet.says(response(PLAIN));
    await juliet.hears('</success>');
  });

  test('[XEP-0388 2.3] as whom its header named', async () => {
    await juliet.opensSecurely(OWN_HEADER.replace('juliet', 'Juliet'));
    juliet.says(authenticate(initial(PLAIN)));
    await juliet.hears('</success>');
  });
});

describe('a client is bound along with it', () => {
  test('[XEP-0386 3.2] and learns its address', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN) + USER_AGENT + BIND));
    const heard = await juliet.hears('</stream:features>');
    expect(heard).toMatch(
      '<authorization-identifier>juliet@example.com/made-by-server</authorization-identifier>' +
        '<bound xmlns="urn:xmpp:bind:0"/></success><stream:features>',
    );
    expect(heard).not.toContain('xmpp-bind');
    expect(world.host.requests).toEqual([{ resource: null, tag: 'Test', userAgent: AGENT }]);
    juliet.says('<message/>');
    await juliet.hears('<echo>');
  });

  test('[XEP-0386 3.2] at the end of SCRAM, not before', async () => {
    await juliet.opensSecurely();
    const last = await scram(BIND);
    expect(world.host.sessions).toEqual([]);
    juliet.says(response(last));
    await juliet.hears('<bound xmlns="urn:xmpp:bind:0"/></success><stream:features>');
  });

  test('[XEP-0388 2.6.2] not when signing in fails', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(base64('\0juliet\0wrong')) + BIND));
    await juliet.hears(FAILURE('not-authorized'));
    juliet.says(authenticate(initial(PLAIN)));
    expect(await juliet.hears('</stream:features>')).not.toContain('<bound');
    expect(world.host.sessions).toEqual([]);
  });

  test('and where it cannot be, it can try by itself', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(`${initial(PLAIN)}${BIND.replace('Test', 'taken')}`));
    const heard = await juliet.hears('</stream:features>');
    expect(heard).toContain('>juliet@example.com</authorization-identifier></success>');
    juliet.says(bindRequest());
    await juliet.hears('juliet@example.com/balcony');
  });

  test('what it sends at once waits for the session', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.host.beforeBind = promise;
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN) + BIND), '<message/>');
    resolve();
    await juliet.hears('</stream:features><echo>');
  });

  test('what comes for the session at once waits for the features', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.host.beforeBind = promise;
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN) + BIND));
    while (world.host.sessions.length === 0) await new Promise(setImmediate);
    sessionOf().wire.sendParts('<first', Buffer.from('/>'));
    sessionOf().wire.sendParts('<second', Buffer.from('/>'));
    resolve();
    const heard = await juliet.hears('<second/>');
    expect(heard).toMatch(/^<success .*<\/success><stream:features>.*<\/stream:features><first\/>/);
  });

  test('a client that is gone meanwhile leaves no session', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.host.beforeBind = promise;
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN) + BIND));
    while (world.host.sessions.length === 0) await new Promise(setImmediate);
    juliet.peer.destroy();
    resolve();
    while (sessionOf().ends.length === 0) await new Promise(setImmediate);
    expect(sessionOf().ends).toEqual([false]);
  });

  test('[XEP-0386 3.2] with what modules turn on, and what they answer', async () => {
    const enabled: string[] = [];
    const accepts = ['on', 'off'].map((name) => ({ name, xmlns: 'urn:x' }));
    world.host.sessionFeatures.push({
      var: 'urn:x',
      accepts,
      enable(session, request) {
        enabled.push(`${session.jid} ${request.name}`);
        return new Element('done', { xmlns: 'urn:x' });
      },
    });
    await juliet.opensSecurely();
    const wanted = "<off xmlns='urn:x'/><on xmlns='urn:unknown'/></bind>";
    juliet.says(authenticate(initial(PLAIN) + BIND.replace('</bind>', wanted)));
    await juliet.hears('<bound xmlns="urn:xmpp:bind:0"><done xmlns="urn:x"/></bound></success>');
    expect(enabled).toEqual(['juliet@example.com/made-by-server off']);
  });
});

describe('a sign-in fails', () => {
  test.each([
    ['[RFC6120 6.5.10] with a wrong password', initial(base64('\0juliet\0no')), 'not-authorized'],
    ['[RFC6120 6.5.4] with what is not base64', initial('***'), 'incorrect-encoding'],
    ['[RFC6120 6.5.9] with no words at all', '<initial-response/>', 'malformed-request'],
    ['with an element in place of text', initial('<x/>'), 'malformed-request'],
    [
      '[XEP-0388 2.3] with a user agent whose id is no UUID',
      `${initial(PLAIN)}<user-agent id='../../me'/>`,
      'malformed-request',
    ],
    [
      "[RFC6120 6.5.6] with somebody else's name",
      initial(base64(`romeo@example.com\0juliet\0${PASSWORD}`)),
      'invalid-authzid',
    ],
  ])('%s', async (_, content, condition) => {
    await juliet.opensSecurely();
    juliet.says(authenticate(content));
    await juliet.hears(FAILURE(condition));
    juliet.says(authenticate(initial(PLAIN)));
    await juliet.hears('<success');
  });

  test('[XEP-0388 2.3] by a mechanism that was not offered', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN), 'SCRAM-SHA-256-PLUS'));
    await juliet.hears(FAILURE('invalid-mechanism'));
  });

  test.each(['romeo@example.com', 'romeo@example.com/x', 'example.com'])(
    '[XEP-0388 2.3] for a header that named %s',
    async (from) => {
      await juliet.opensSecurely(OWN_HEADER.replace('juliet@example.com', from));
      juliet.says(authenticate(initial(PLAIN) + BIND));
      await juliet.hears(FAILURE('invalid-authzid'));
      expect(world.host.sessions).toEqual([]);
    },
  );

  test('[XEP-0388 6.5] when the client gives up', async () => {
    await juliet.opensSecurely();
    const last = await scram(BIND);
    juliet.says(`<abort xmlns='${SASL2}'><text>changed my mind</text></abort>`);
    await juliet.hears(FAILURE('aborted'));
    juliet.says(response(last));
    await juliet.hears(FAILURE('malformed-request'));
  });

  test('[RFC6120 6.4.5] in either profile, three times in all', async () => {
    await juliet.opensSecurely();
    const wrong = base64('\0juliet\0wrong');
    juliet.says(authenticate(initial(wrong)));
    juliet.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${wrong}</auth>`);
    juliet.says(authenticate(initial(wrong)), authenticate(initial(PLAIN)));
    expect(await juliet.hearsError('policy-violation')).not.toContain('<success');
  });
});

describe('the stream ends', () => {
  test.each([
    ['another beginning', authenticate(initial(PLAIN))],
    ['the other profile', "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>"],
    ["the other profile's response", "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"],
    ['a stanza', '<message/>'],
    ['a request for a session', BIND],
    ['white space', '\n'],
  ])('[XEP-0388 2.4] on %s between challenge and response', async (_, element) => {
    await juliet.opensSecurely();
    await scram();
    juliet.says(element);
    expect(await juliet.hearsTheEnd()).toMatch(/<stream:error><(not-authorized|policy-viol)/);
    expect(juliet.transcript).not.toContain('<success');
  });

  test('[XEP-0388 2.4] not on white space before and behind', async () => {
    await juliet.opensSecurely();
    juliet.says(' ', authenticate(initial(PLAIN)), ' ');
    await juliet.hears('</stream:features>');
    await juliet.says(bindRequest()).hears('juliet@example.com/balcony');
  });

  test('[RFC6120 6.3.5] not on white space in an exchange of the older profile', async () => {
    await juliet.opensSecurely();
    const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>`;
    await juliet.says(auth).hears('<challenge');
    juliet.says(' ', `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${PLAIN}</response>`);
    await juliet.hears('<success');
  });

  test('on a response in this profile to a challenge of the other', async () => {
    await juliet.opensSecurely();
    const first = base64('n,,n=juliet,r=abc');
    juliet.says(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>${first}</auth>`,
    );
    await juliet.hears('</challenge>');
    await juliet.says(response('YQ==')).hearsError('not-authorized');
  });

  test('[XEP-0388 6.8] on signing in twice', async () => {
    await juliet.opensSecurely();
    juliet.says(authenticate(initial(PLAIN)));
    await juliet.hears('</stream:features>');
    await juliet.says(authenticate(initial(PLAIN))).hearsError('not-authorized');
  });

  test('[XEP-0386 3.2] on asking for a session before signing in', async () => {
    await juliet.opensSecurely();
    await juliet.says(BIND).hearsError('not-authorized');
  });
});
