import { beforeEach, describe, expect, test } from '@jest/globals';
import { xml } from '../../src/xml/element.ts';
import {
  bindRequest,
  HEADER,
  makeWorld,
  plainAuth,
  STARTTLS,
  sasl,
  type Talk,
  type World,
} from './talk.ts';

let world: World;
let juliet: Talk;

beforeEach(async () => {
  world = await makeWorld();
  juliet = world.connect();
});

const session = () => world.host.sessions.at(-1)!;

describe('from connecting to a session', () => {
  test('[RFC6120 9.1] TLS, SASL, binding, stanzas, end', async () => {
    expect(await juliet.opens()).toContain('<starttls ');
    juliet.says(STARTTLS);
    await juliet.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    const afterTls = await juliet.opens();
    expect(afterTls).toContain('<mechanism>PLAIN</mechanism>');
    expect(afterTls).not.toContain('<starttls');
    juliet.says(plainAuth());
    await juliet.hears('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
    const afterSasl = await juliet.opens();
    expect(afterSasl).toContain('<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>');
    expect(afterSasl).not.toMatch(/<starttls|<mechanisms/);
    juliet.says(bindRequest());
    await juliet.hears('<jid>juliet@example.com/balcony</jid></bind></iq>');
    juliet.says('<message><body>Hi</body></message>');
    await juliet.hears('<echo><message><body>Hi</body></message></echo>');
    juliet.says('</stream:stream>');
    expect(await juliet.hearsTheEnd()).toBe('</stream:stream>');
    expect(session().ends).toEqual([true]);
  });

  test('[RFC6120 4.3.2] everything sent ahead in one piece', async () => {
    juliet.says(
      HEADER,
      plainAuth(),
      HEADER,
      bindRequest(),
      '<message><body>1</body></message><message><body>2</body></message></stream:stream>',
    );
    const all = await juliet.hearsTheEnd();
    expect(all.match(/<stream:features|<success|<jid>|<body>.<\/body>|<\/stream:stream>/g)).toEqual(
      [
        '<stream:features',
        '<success',
        '<stream:features',
        '<jid>',
        '<body>1</body>',
        '<body>2</body>',
        '</stream:stream>',
      ],
    );
  });

  test('byte by byte, with a host that answers later', async () => {
    world.host.beforeCredentials = Promise.resolve();
    world.host.beforeBind = Promise.resolve();
    const text = [HEADER, plainAuth(), HEADER, bindRequest(), '<message/></stream:stream>'].join(
      '',
    );
    for (const byte of Buffer.from(text)) juliet.peer.write(Buffer.of(byte));
    expect(await juliet.hearsTheEnd()).toContain('<echo><message/></echo></stream:stream>');
    expect(session().ends).toEqual([true]);
  });

  test('[RFC6120 5.4.3.3] what was sent in clear text behind STARTTLS counts for nothing', async () => {
    await juliet.opens();
    juliet.says(STARTTLS, HEADER, plainAuth());
    await juliet.hears('<proceed');
    const header = HEADER.replace(" xml:lang='de'", '');
    const features = await juliet.opens(header);
    expect(features).toContain("xml:lang='en'");
    expect(features).toContain('<mechanisms');
    expect(juliet.transcript).not.toContain('<success');
  });

  test('[RFC6120 4.7.4] the session knows the language of the last header', async () => {
    await juliet.binds();
    expect(session().wire.lang).toBe('de');
    const { isSecure, transport, remoteAddress } = session().wire;
    expect({ isSecure, transport, remoteAddress }).toEqual({
      isSecure: false,
      transport: 'memory',
      remoteAddress: '127.0.0.1',
    });
  });
});

describe('before there is a session the stream ends', () => {
  test.each(['<message/>', '<presence/>', "<iq type='get' id='1'/>", "<odd xmlns='urn:x'/>"])(
    '[RFC6120 4.9.3.12] with not-authorized for %s',
    async (element) => {
      await juliet.opens();
      await juliet.says(element).hearsError('not-authorized');
    },
  );

  test('[RFC6120 7.1] with not-authorized for a stanza between sign-in and binding', async () => {
    await juliet.signsIn();
    await juliet.says("<message to='romeo@example.com'/>").hearsError('not-authorized');
    expect(world.host.sessions).toEqual([]);
  });

  test.each([
    ['binding before sign-in', bindRequest()],
    [
      'a session before sign-in',
      "<iq type='set' id='1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
    ],
  ])('with not-authorized for %s', async (_, element) => {
    await juliet.opens();
    await juliet.says(element).hearsError('not-authorized');
  });

  test('with not-authorized for a second sign-in', async () => {
    await juliet.signsIn();
    await juliet.says(plainAuth()).hearsError('not-authorized');
  });

  test('with not-authorized for STARTTLS once TLS is there', async () => {
    await juliet.opens();
    await juliet.says(STARTTLS).hears('<proceed');
    await juliet.opens();
    await juliet.says(STARTTLS).hearsError('not-authorized');
  });

  test('[RFC6120 4.9.3.14] with policy-violation for more than a stranger may send', async () => {
    await juliet.opens();
    await juliet.says(sasl('auth', 'A'.repeat(10_000))).hearsError('policy-violation');
  });

  test('[RFC6120 4.9.1.2] with the header first when an error follows a restart at once', async () => {
    await juliet.opens();
    juliet.says(plainAuth());
    await juliet.hears(/<success[^>]*>/);
    const answer = await juliet.says('<no-header/>').hearsError('invalid-namespace');
    expect(answer).toMatch(/^<\?xml version='1.0'\?><stream:stream /);
  });
});

describe('after sign-in a new header is refused', () => {
  beforeEach(async () => {
    await juliet.opens();
    juliet.says(plainAuth());
    await juliet.hears(/<success[^>]*>/);
  });

  test('[RFC6120 4.9.3.9] from somebody else', async () => {
    const header = HEADER.replace('to=', "from='romeo@example.com' to=");
    await juliet.says(header).hearsError('invalid-from');
  });

  test('[RFC6120 4.7.1] but not from the server, as some clients have it', async () => {
    juliet.says(HEADER.replace('to=', "from='example.com' to="));
    expect(await juliet.hears(/<stream:features>.*<\/stream:features>/)).toContain('<bind ');
  });

  test('for another host', async () => {
    const header = HEADER.replace('example.com', 'example.net');
    await juliet.says(header).hearsError('not-authorized');
  });

  test('but not from the one who signed in', async () => {
    const header = HEADER.replace('to=', "from='Juliet@example.com' to=");
    expect(await juliet.opens(header)).toContain('<bind');
  });
});

describe('with a session', () => {
  beforeEach(() => juliet.binds());

  test('[RFC6120 4.9.3.24] an unknown stanza ends the stream with unsupported-stanza-type', async () => {
    await juliet.says('<pubsub/>').hearsError('unsupported-stanza-type');
    expect(session().received).toEqual([]);
    expect(session().ends).toEqual([false]);
  });

  test('elements of other namespaces go to the session', async () => {
    juliet.says("<r xmlns='urn:xmpp:sm:3'/><message/>");
    await juliet.hears('<echo>');
    expect(session().received).toEqual(["<r xmlns='urn:xmpp:sm:3'/>", '<message/>']);
  });

  test('[RFC3921 3] a request for a session is answered with a result', async () => {
    juliet.says(
      "<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
    );
    await juliet.hears('<iq type="result" id="s1"/>');
    juliet.says(
      "<iq type='result' id='s2'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq><message/>",
    );
    await juliet.hears('<echo>');
    expect(session().received).toHaveLength(2);
  });

  test('a second binding is for the session to refuse', async () => {
    juliet.says(bindRequest('other'), '<message/>');
    await juliet.hears('<echo>');
    expect(session().received[0]).toContain('<bind');
    expect(world.host.sessions).toHaveLength(1);
  });

  test('[RFC6120 4.9.3.13] XML that is not well-formed ends it', async () => {
    await juliet.says('<message></iq>').hearsError('not-well-formed');
    expect(session().ends).toEqual([false]);
  });

  test('[RFC6120 4.9.3.14] a stanza beyond the limit ends it, one below does not', async () => {
    juliet.says(`<message><body>${'x'.repeat(262_000)}</body></message>`);
    await juliet.hears('</echo>');
    juliet.says(`<message><body>${'x'.repeat(262_144)}</body></message>`);
    await juliet.hearsError('policy-violation');
  });

  test('[RFC6120 4.9.3.11] a fault of ours ends this stream alone', async () => {
    const romeo = world.connect();
    await romeo.binds();
    const [first] = world.host.sessions;
    await juliet.says('<message><please-fail/></message>').hearsError('internal-server-error');
    expect(first!.ends).toEqual([false]);
    await romeo.says('<message/>').hears('<echo>');
  });

  test('nothing is read any more after our end', async () => {
    session().wire.close('system-shutdown');
    juliet.says('<message/></stream:stream>');
    await juliet.hearsError('system-shutdown');
    expect(session().received).toEqual([]);
    expect(session().ends).toEqual([false]);
  });

  test('a session says why it ends the stream', async () => {
    session().wire.close('conflict', 'Replaced by new connection');
    const text = await juliet.hearsTheEnd();
    expect(text).toContain('<conflict xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>');
    expect(text).toContain('>Replaced by new connection</text></stream:error></stream:stream>');
  });

  test('nothing more leaves after the end', async () => {
    const { wire } = session();
    wire.close();
    wire.send('<late/>');
    wire.sendParts('<late>', Buffer.from('</late>'));
    wire.close('conflict');
    expect(await juliet.hearsTheEnd()).toBe('</stream:stream>');
  });

  test('a connection that breaks, or ends without the stream, ends the session uncleanly', async () => {
    juliet.peer.destroy();
    expect(session().ends).toEqual([false]);
    const romeo = world.connect();
    await romeo.binds();
    romeo.peer.end();
    expect(session().ends).toEqual([false]);
  });

  test('a paused session gets nothing, and all of it when it goes on', async () => {
    session().wire.pause();
    juliet.says("<message id='1'/><message id='2'/>").says("<message id='3'/>");
    expect(session().received).toEqual([]);
    session().wire.resume();
    expect(session().received).toHaveLength(3);
  });

  test('a client that does not read is dropped when too much waits', async () => {
    const romeo = world.connect({ queueLimit: 10_000 });
    await romeo.binds();
    romeo.peer.stopReading();
    for (let count = 0; count < 3; count++) {
      session().wire.send(`<message>${'x'.repeat(4000)}</message>`);
      await new Promise(setImmediate);
    }
    expect(romeo.peer.hasEnded).toBe(true);
    expect(session().ends).toEqual([false]);
  });
});

describe('time', () => {
  test('[RFC6120 4.9.3.4] who has not signed in a minute after connecting is closed, whatever comes', async () => {
    await juliet.opens();
    for (let second = 0; second < 59; second++) {
      world.clock.advance(1000);
      juliet.says(' ');
    }
    expect(juliet.peer.hasEnded).toBe(false);
    world.clock.advance(1000);
    await juliet.hearsError('connection-timeout');
  });

  test('signing in does not put the deadline off, binding lifts it', async () => {
    world.clock.advance(30_000);
    await juliet.signsIn();
    const romeo = world.connect();
    await romeo.binds();
    world.clock.advance(30_000);
    await juliet.hearsError('connection-timeout');
    expect(romeo.peer.hasEnded).toBe(false);
  });

  test('without even a header the header of the error is the default host', async () => {
    world.clock.advance(60_000);
    expect(await juliet.hearsError('connection-timeout')).toContain("from='example.com'");
  });

  test('[RFC6120 4.6.4] a client that falls silent is asked, and closed when it does not answer', async () => {
    await juliet.binds();
    world.clock.advance(299_000);
    expect(session().probes).toBe(0);
    world.clock.advance(1000);
    expect(session().probes).toBe(1);
    world.clock.advance(59_000);
    expect(juliet.peer.hasEnded).toBe(false);
    world.clock.advance(1000);
    await juliet.hears("id='probe'");
    await juliet.hears('<connection-timeout');
    expect(session().ends).toEqual([false]);
  });

  test.each([
    ['an answer', "<iq type='error' id='probe'/>"],
    ['[RFC6120 4.6.1] white space', ' '],
    ['the beginning of a stanza', '<mess'],
  ])('%s is a sign of life', async (_, text) => {
    await juliet.binds();
    world.clock.advance(300_000);
    expect(session().probes).toBe(1);
    juliet.says(text);
    world.clock.advance(299_000);
    expect(session().probes).toBe(1);
    world.clock.advance(1000);
    expect(session().probes).toBe(2);
    expect(juliet.peer.hasEnded).toBe(false);
  });

  test('who speaks now and then is never asked', async () => {
    await juliet.binds();
    for (let minute = 0; minute < 30; minute++) {
      world.clock.advance(60_000);
      juliet.says(' ');
    }
    expect(session().probes).toBe(0);
  });

  test('[RFC6120 4.4] a client that does not end its side is dropped after five seconds', async () => {
    await juliet.binds();
    session().wire.close();
    await juliet.hears('</stream:stream>');
    expect(world.clock.pending).toBe(1);
    world.clock.advance(5000);
    expect(world.clock.pending).toBe(0);
  });
});

describe('features of modules', () => {
  beforeEach(() => {
    world.host.features.push({
      name: 'toy',
      requires: ['authenticated'],
      forbids: ['bound'],
      accepts: [{ name: 'toy', xmlns: 'urn:toy' }],
      offer: () => xml('toy', { xmlns: 'urn:toy' }),
      negotiate: (stream, element) => {
        stream.sendElement(xml('toyed', { xmlns: 'urn:toy', with: element.attrs.with }));
        return 'continue';
      },
    });
  });

  test('are offered in their time and get their elements', async () => {
    expect(await juliet.opens()).not.toContain('<toy');
    juliet.says(plainAuth());
    await juliet.hears('<success');
    expect(await juliet.opens()).toContain('<toy xmlns="urn:toy"/>');
    juliet.says("<toy xmlns='urn:toy' with='fun'/>");
    await juliet.hears('<toyed xmlns="urn:toy" with="fun"/>');
  });

  test('get nothing out of their time', async () => {
    await juliet.opens();
    await juliet.says("<toy xmlns='urn:toy'/>").hearsError('not-authorized');
  });
});

describe('the session of a stream that went away meanwhile', () => {
  test('ends as soon as it is there', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.host.beforeBind = promise;
    await juliet.signsIn();
    juliet.says(bindRequest());
    juliet.peer.destroy();
    expect(session().ends).toEqual([]);
    resolve();
    await new Promise(setImmediate);
    expect(session().ends).toEqual([false]);
  });
});
