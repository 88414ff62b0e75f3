import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CLOSE, frame, HANDSHAKE, OPEN, WebSocketWorld } from './websocket-world.ts';

let world: WebSocketWorld;

beforeEach(() => {
  world = new WebSocketWorld();
});

afterEach(async () => {
  await world.close();
});

const MESSAGE = "<message xmlns='jabber:client'><body>.</body></message>";

function without(part: string): string[] {
  return HANDSHAKE.filter((line) => !line.includes(part));
}

describe('the handshake', () => {
  test('[RFC 7395 3.1] settles on the subprotocol, and on no extension', async () => {
    await world.begin();
    const lines = [...HANDSHAKE, 'Sec-WebSocket-Extensions: permessage-deflate'];
    const { head } = await world.handshake(lines);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toContain('Sec-WebSocket-Protocol: xmpp\r\n');
    expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    expect(head).not.toContain('Extensions');
  });

  test('[RFC 7395 3.1] takes one subprotocol of several', async () => {
    await world.begin();
    const lines = [...without('Protocol'), 'Sec-WebSocket-Protocol: mqtt, xmpp'];
    const { head } = await world.handshake(lines);
    expect(head).toContain('Sec-WebSocket-Protocol: xmpp\r\n');
  });

  test.each([
    ['without subprotocol', without('Protocol'), 400],
    ['with another', [...without('Protocol'), 'Sec-WebSocket-Protocol: mqtt'], 400],
    ['without key', without('Key'), 400],
    ['with a key that is none', [...without('Key'), 'Sec-WebSocket-Key: short'], 400],
    ['of another version', [...without('Version'), 'Sec-WebSocket-Version: 7'], 400],
    ['with two hosts', [...HANDSHAKE, 'Host: elsewhere'], 400],
    ['to another path', [HANDSHAKE[0]!.replace('xmpp-', ''), ...HANDSHAKE.slice(1)], 404],
    ['without upgrade', without('Upgrade'), 426],
    ['for another protocol', [...without('Upgrade'), 'Connection: Upgrade', 'Upgrade: h2c'], 426],
    ['by POST', [HANDSHAKE[0]!.replace('GET', 'POST'), ...HANDSHAKE.slice(1)], 405],
  ])('[RFC 6455 4.2.1] %s is refused', async (_what, lines, status) => {
    await world.begin();
    const { head } = await world.handshake(lines);
    expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('[RFC 6455 10.2] pages from elsewhere may be kept out', async () => {
    await world.begin({ origins: ['https://chat.example.com'] });
    const from = async (...lines: string[]) =>
      (await world.handshake([...HANDSHAKE, ...lines])).head;
    expect(await from('Origin: https://elsewhere.example')).toContain('403 Forbidden');
    expect(await from('Origin: https://chat.example.com')).toContain(' 101 ');
    expect(await from()).toContain(' 101 ');
  });
});

describe('a stream', () => {
  test('[RFC 7395 3.4] is opened by both, and its features declare their namespace', async () => {
    const { wire } = await (await world.begin()).handshake();
    wire.says(OPEN);
    const open = await wire.hears('<open');
    expect(open).toContain('xmlns="urn:ietf:params:xml:ns:xmpp-framing"');
    expect(open).toMatch(/ id="[^"]{8,}"/);
    expect(open).toContain(' from="example.com"');
    expect(open).toContain(' version="1.0"');
    expect(open).toContain(' xml:lang="en"');
    const features = await wire.hears('<stream:features');
    expect(features).toContain('xmlns:stream="http://etherx.jabber.org/streams"');
  });

  test('[RFC 7395 3.4] speaks the language that the client asks for, and to whom it says it is', async () => {
    const { wire } = await (await world.begin()).handshake();
    wire.says(OPEN.replace('/>', " from='juliet@example.com' xml:lang='de'/>"));
    const open = await wire.hears('<open');
    expect(open).toContain(' to="juliet@example.com"');
    expect(open).toContain(' xml:lang="de"');
  });

  test('[RFC 7395 3.3.3] may be opened, and go on, by messages with an XML declaration', async () => {
    await world.begin();
    const declaration = "<?xml version='1.0' encoding='UTF-8'?>";
    const wire = await world.signsIn(declaration);
    wire.says(`${declaration}\n${MESSAGE}`);
    expect(await wire.hears('<echo>')).toContain(`<echo>${MESSAGE}`);
  });

  test('[RFC 7395 3.9, 3.7] has no STARTTLS, nor what is bound to TLS', async () => {
    const { wire } = await (await world.begin()).handshake();
    wire.says(OPEN);
    await wire.hears('<open');
    const features = await wire.hears('<stream:features');
    expect(features).not.toContain('starttls');
    expect(features).not.toContain('-PLUS');
    wire.says("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await wire.hears('not-authorized');
  });

  test('[RFC 7395 3.7] begins anew after signing in, by open alone', async () => {
    await world.begin();
    const wire = await world.signsIn();
    wire.says(MESSAGE);
    expect(await wire.hears('<echo>')).toContain(MESSAGE);
  });

  test.each([
    [
      "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='example.com'/>",
      'bad-format',
    ],
    ["<open xmlns='jabber:client' to='example.com' version='1.0'/>", 'invalid-namespace'],
    ["<start xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.com'/>", 'bad-format'],
    [OPEN.replace('example.com', 'example.net'), 'host-unknown'],
    [OPEN.replace("to='example.com' ", ''), 'improper-addressing'],
    [OPEN.replace("version='1.0'", ''), 'unsupported-version'],
    [`<?xml version='1.0' encoding='latin-1'?>${OPEN}`, 'unsupported-encoding'],
    [`<?xml version='1.0'?> text ${OPEN}`, 'bad-format'],
    [` ${OPEN}`, 'bad-format'],
    ['', 'bad-format'],
    [`${OPEN}${OPEN}`, 'bad-format'],
    ["<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'", 'not-well-formed'],
    ['<!DOCTYPE a>', 'restricted-xml'],
  ])(
    '[RFC 7395 3.5] that begins with %s ends, with an open before the error',
    async (text, condition) => {
      const { wire } = await (await world.begin()).handshake();
      wire.says(text);
      await wire.hears('<open');
      const error = await wire.hears('<stream:error');
      expect(error).toContain('xmlns:stream="http://etherx.jabber.org/streams"');
      expect(error).toContain(`<${condition} `);
      await wire.hears('<close');
      await wire.hearsClose(1000);
    },
  );

  test.each([
    [`${MESSAGE}${MESSAGE}`, 'bad-format'],
    [' ', 'bad-format'],
    ['text', 'bad-format'],
    ['<message>', 'not-well-formed'],
    ['</stream:stream>', 'not-well-formed'],
  ])('[RFC 7395 3.3] has one element in each message, unlike %s', async (text, condition) => {
    const wire = await (await world.begin()).signsIn();
    wire.says(text);
    expect(await wire.hears('<stream:error')).toContain(`<${condition} `);
  });

  test('[RFC 7395 3.6] that the client closes is closed by both', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.says(MESSAGE, CLOSE);
    await wire.hears('<echo>');
    expect(await wire.hears('<close')).toBe('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>');
    await wire.hearsClose(1000);
    expect(world.host.sessions[0]!.ends).toEqual([true]);
    wire.sends(frame(Buffer.from([3, 232]), { opcode: 8 }));
    await wire.hearsTheEnd();
  });

  test('[RFC 7395 3.6] that is closed before it was open is opened first', async () => {
    const { wire } = await (await world.begin()).handshake();
    wire.says(CLOSE);
    await wire.hears('<open');
    await wire.hears('<close');
    await wire.hearsClose(1000);
  });

  test('[RFC 7395 3.6] of a client that is gone without a word is lost', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.says(MESSAGE);
    await wire.hears('<echo>');
    wire.sends(frame(Buffer.from([3, 232]), { opcode: 8 }));
    await wire.hearsClose(1000);
    expect(await world.endOfSession()).toBe(false);
  });

  test('[RFC 7395 3.6] whose client does not go is dropped after 5 s', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.says(CLOSE);
    await wire.hears('<close');
    await wire.hearsClose(1000);
    world.clock.advance(5_000);
    await wire.hearsTheEnd();
  });

  test('[RFC 7395 3.6] that the server closes goes on until the client has closed it', async () => {
    const wire = await (await world.begin()).signsIn();
    world.host.sessions[0]!.wire.close();
    await wire.hears('<close');
    wire.sends(frame('there?', { opcode: 9 }));
    expect(await wire.next()).toMatchObject({ opcode: 10, text: 'there?' });
    wire.says(CLOSE);
    await wire.hearsClose(1000);
  });

  test('[RFC 7395 3.6] that the server closes ends after 5 s without an answer', async () => {
    const wire = await (await world.begin()).signsIn();
    world.host.sessions[0]!.wire.close();
    await wire.hears('<close');
    world.clock.advance(5_000);
    await wire.hearsClose(1000);
  });

  test('[RFC 7395 3.6.1] says where to go on when the server stops', async () => {
    await world.begin({ seeOtherUri: 'wss://other.example/xmpp-websocket' });
    const wire = await world.opens();
    world.listener.stop();
    await wire.hears('<system-shutdown ');
    expect(await wire.hears('<close')).toContain(
      'see-other-uri="wss://other.example/xmpp-websocket"',
    );
    await wire.hearsClose(1001);
  });

  test('what was sent before the connection ends is dealt with', async () => {
    const wire = await (await world.begin()).signsIn();
    const close = frame(Buffer.from([3, 232]), { opcode: 8 });
    wire.sends(frame(MESSAGE), frame(MESSAGE), close);
    expect(await world.endOfSession()).toBe(false);
    expect(world.host.sessions[0]!.received).toHaveLength(2);
  });
});

describe('frames', () => {
  test('[RFC 6455 5.2] say their length in as few bytes as hold it', async () => {
    const wire = await (await world.begin()).signsIn();
    const message = (size: number) => {
      const rest = size - MESSAGE.length - '<echo></echo>'.length;
      return MESSAGE.replace('.', 'a'.repeat(rest + 1));
    };
    for (const [size, headLength] of [
      [125, 2],
      [126, 4],
      [65_535, 4],
      [65_536, 10],
      [200_000, 10],
    ] as const) {
      wire.says(message(size));
      const heard = await wire.next();
      expect([heard.text.length, heard.headLength]).toEqual([size, headLength]);
      expect(heard.text).toBe(`<echo>${message(size)}</echo>`);
    }
  });

  test('[RFC 6120 4.2] of one turn leave in one write', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.says(MESSAGE);
    await wire.hears('<echo>');
    wire.pieces.length = 0;
    wire.sends(...Array.from({ length: 20 }, () => frame(MESSAGE)));
    for (let count = 0; count < 20; count++) await wire.hears('<echo>');
    expect(wire.pieces).toEqual([20]);
  });

  test('[RFC 6455 5.4] may be fragments of a message, with pings in between', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.sends(
      frame(MESSAGE.slice(0, 10), { isLast: false }),
      frame('hello', { opcode: 9 }),
      frame(MESSAGE.slice(10, 20), { opcode: 0, isLast: false }),
      frame(MESSAGE.slice(20), { opcode: 0 }),
    );
    expect(await wire.next()).toMatchObject({ opcode: 10, text: 'hello' });
    await wire.hears(MESSAGE);
  });

  test.each([
    ['binary', frame(MESSAGE, { opcode: 2 }), 1003],
    ['unmasked', frame(MESSAGE, { isMasked: false }), 1002],
    ['with a reserved bit', frame(MESSAGE, { reserved: 4 }), 1002],
    ['of unknown kind', frame(MESSAGE, { opcode: 3 }), 1002],
    ['that go on with nothing', frame(MESSAGE, { opcode: 0 }), 1002],
    ['of control in fragments', frame('a', { opcode: 9, isLast: false }), 1002],
    ['of control that are long', frame('a'.repeat(126), { opcode: 9 }), 1002],
    ['that are no UTF-8', frame(Buffer.from('3c61ff3e', 'hex')), 1007],
    ['larger than anybody may send', frame('<', { length: 300_000 }), 1009],
    ['of half the memory', frame('<', { length: 2 ** 40 }), 1009],
  ])('[RFC 6455 5.2, 7.4.1, RFC 7395 3.2] %s end the connection', async (_what, bytes, code) => {
    const wire = await (await world.begin()).signsIn();
    wire.sends(bytes);
    let heard = await wire.next();
    while (heard.opcode !== 8) heard = await wire.next();
    expect(heard.code).toBe(code);
    expect(world.host.sessions[0]!.ends).toHaveLength(1);
    world.clock.advance(5_000);
    await wire.hearsTheEnd();
  });

  test('of a message in too many fragments end the connection', async () => {
    const wire = await (await world.begin()).signsIn();
    wire.sends(frame('<', { isLast: false }));
    wire.sends(...Array.from({ length: 1_030 }, () => frame('a', { opcode: 0, isLast: false })));
    await wire.hearsClose(1008);
  });

  test('[RFC 6455 5.5.2] that ask whether the server is there are answered, a flood of them is not', async () => {
    const wire = await (await world.begin()).signsIn();
    const pings = Array.from({ length: 20_000 }, (_, at) => frame(`${at}`, { opcode: 9 }));
    wire.sends(...pings.slice(0, 10)).says(MESSAGE);
    for (let at = 0; at < 10; at++) {
      expect(await wire.next()).toMatchObject({ opcode: 10, text: `${at}` });
    }
    await wire.hears(MESSAGE);
    wire.sends(...pings);
    expect(await world.endOfSession()).toBe(false);
    await wire.hearsTheEnd();
    expect(wire.frames.length).toBeLessThan(100);
  });

  test('[RFC 6120 13.12] are shorter before somebody has signed in', async () => {
    const wire = await (await world.begin()).opens();
    wire.sends(frame('<', { length: 200_000 }));
    wire.sends(Buffer.alloc(12_000));
    await wire.hears('<policy-violation ');
    await wire.hears('<close');
  });

  test('[RFC 6120 13.12] are as long as the stream says once it has', async () => {
    const wire = await (await world.begin()).signsIn();
    const long = MESSAGE.replace('.', 'a'.repeat(150_000));
    wire.says(long);
    await wire.hears(long);
    wire.says(MESSAGE.replace('.', 'a'.repeat(262_144)));
    await wire.hearsClose(1009);
  });

  test('pile up for a client that does not read only up to a bound', async () => {
    const wire = await (await world.begin({ queueLimit: 65_536 })).signsIn();
    const long = MESSAGE.replace('.', 'a'.repeat(200_000));
    wire.stopReading();
    for (let count = 0; count < 200 && world.host.sessions[0]!.ends.length === 0; count++) {
      wire.says(long);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await world.endOfSession()).toBe(false);
    expect(world.listener.queued.total).toBeLessThan(1_000_000);
    wire.destroy();
  });
});

describe('silence', () => {
  test('[RFC 7395 3.8] is broken by a ping, and by no white space', async () => {
    const wire = await (await world.begin()).signsIn();
    world.clock.advance(50_000);
    expect(await wire.next()).toMatchObject({ opcode: 9, text: '' });
  });

  test('of a client that answers pings alone is broken by the session', async () => {
    const wire = await (await world.begin()).signsIn();
    for (let time = 0; time < 300_000; time += 25_000) {
      world.clock.advance(25_000);
      wire.sends(frame('', { opcode: 10 }));
    }
    let heard = await wire.next();
    while (heard.opcode === 9) heard = await wire.next();
    expect(heard.text).toContain('urn:xmpp:ping');
  });

  test('before anybody has signed in ends the stream', async () => {
    const wire = await (await world.begin()).opens();
    world.clock.advance(60_000);
    let heard = await wire.next();
    while (heard.opcode === 9) heard = await wire.next();
    expect(heard.text).toContain('<connection-timeout ');
  });
});

describe('who may sign in without TLS', () => {
  const offers = async (lines: readonly string[], proxies: string[] = []) => {
    world.host.policy = { ...world.host.policy, requiresTls: true, allowsPlainLoopback: false };
    await world.begin({}, { proxies });
    const { wire } = await world.handshake(lines);
    wire.says(OPEN);
    await wire.hears('<open');
    return (await wire.hears('<stream:features')).includes('PLAIN');
  };
  const called = (host: string, ...more: string[]) => [
    ...HANDSHAKE.map((line) => (line.startsWith('Host') ? `Host: ${host}` : line)),
    ...more,
  ];

  test.each([
    ['localhost', true],
    ['LOCALHOST:5280', true],
    ['127.0.0.1:5280', true],
    ['[::1]:5280', true],
    ['example.com', false],
    ['localhost.example.com', false],
    ['127.0.0.1.example.com', false],
    ['10.0.0.1', false],
  ])('a neighbour that calls it %s: %s', async (host, expected) => {
    expect(await offers(called(host))).toBe(expected);
  });

  test.each([
    'X-Forwarded-For: 127.0.0.1',
    'Forwarded: for=127.0.0.1',
    'Via: 1.1 proxy',
    'X-Real-IP: ::1',
  ])('not whoever comes by a proxy that nobody trusts: %s', async (line) => {
    expect(await offers(called('localhost', line, 'X-Forwarded-Proto: https'))).toBe(false);
  });

  test('whom a trusted proxy has come to by TLS', async () => {
    const forwarded = ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https'];
    expect(await offers(called('example.com', ...forwarded), ['127.0.0.1'])).toBe(true);
  });

  test('not whom it has come to in clear text', async () => {
    const forwarded = ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: http'];
    expect(await offers(called('localhost', ...forwarded), ['127.0.0.1'])).toBe(false);
  });
});

test('clients behind a proxy are counted each by their own address', async () => {
  await world.begin({}, { proxies: ['127.0.0.1'], maxConnectionsPerAddress: 1 });
  const from = async (address: string) =>
    (await world.handshake([...HANDSHAKE, `X-Forwarded-For: ${address}`])).head;
  expect(await from('192.0.2.7')).toContain(' 101 ');
  expect(await from('192.0.2.7')).toContain(' 503 ');
  expect(await from('192.0.2.8')).toContain(' 101 ');
  expect(world.listener.refused['too-many-from-address']).toBe(1);
});
