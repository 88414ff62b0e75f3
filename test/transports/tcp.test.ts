import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BEFORE_LOGIN } from '../stream/stub-host.ts';
import { bindRequest, HEADER, plainAuth, STARTTLS } from '../stream/talk.ts';
import { TcpWorld } from './tcp-world.ts';

let world: TcpWorld;

beforeEach(async () => {
  world = await new TcpWorld().prepare();
});

afterEach(() => world.close());

const session = () => world.host.sessions.at(-1)!;
const HEADER_NET = HEADER.replace('example.com', 'example.net');

describe('in clear text', () => {
  test('a client signs in, talks and ends', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest(), '<message/>', '</stream:stream>');
    expect(await client.hearsTheEnd()).toContain('<echo><message/></echo></stream:stream>');
    client.socket.end();
    await world.leaves(listener, 0);
    expect(session().ends).toEqual([true]);
    expect(session().wire.transport).toBe('tcp');
  });

  test('byte by byte', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.socket.setNoDelay(true);
    for (const character of HEADER) {
      client.says(character);
      await new Promise(setImmediate);
    }
    await client.hears('</stream:features>');
  });

  test('a client that ends its side after the last word gets its answers', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest(), '<message/>');
    client.socket.end();
    expect(await client.hearsTheEnd()).toContain('<echo><message/></echo>');
    await world.leaves(listener, 0);
    expect(session().ends).toEqual([false]);
  });

  test('[RFC6120 4.4] a client that does not end its side is dropped after five seconds', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, '</stream:stream>');
    await client.hearsTheEnd();
    world.clock.advance(4000);
    expect(listener.connectionCount).toBe(1);
    world.clock.advance(1000);
    await world.leaves(listener, 0);
  });

  test('an error reaches a client that is still sending', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, '<x>', 'A'.repeat(1_000_000));
    expect(await client.hearsTheEnd()).toContain('<policy-violation ');
  });

  test('a client that resets the connection ends its session uncleanly', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    const { promise, resolve } = Promise.withResolvers<boolean>();
    session().ended = resolve;
    client.socket.resetAndDestroy();
    expect(await promise).toBe(false);
  });

  test('a client that does not read is dropped, others go on', async () => {
    const listener = await world.listen({ queueLimit: 100_000 });
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    client.socket.pause();
    const { wire, ends } = session();
    const stanza = `<message>${'x'.repeat(60_000)}</message>`;
    let sent = 0;
    for (; ends.length === 0 && sent < 1000; sent++) {
      wire.send(stanza);
      await new Promise(setImmediate);
    }
    expect(ends).toEqual([false]);
    await world.leaves(listener, 0);
    await (await world.connect(listener)).says(HEADER).hears('</stream:features>');
  });

  test('what is queued counts until the system has taken it', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    const { wire } = session();
    wire.send(`<message>${'x'.repeat(1_000_000)}</message>`);
    expect(wire.queuedBytes).toBe(1_000_019);
    await client.hears('</message>');
    await new Promise(setImmediate);
    expect(wire.queuedBytes).toBe(0);
  });
});

describe('STARTTLS', () => {
  test('[RFC6120 5.4] a client signs in over TLS', async () => {
    const listener = await world.listen();
    const plain = await world.connect(listener);
    plain.says(HEADER);
    await plain.hears('</stream:features>');
    plain.says(STARTTLS);
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.removeAllListeners('data');
    const client = await world.connectTls(plain);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    expect(session().wire.isSecure).toBe(true);
    client.says('<message/></stream:stream>');
    expect(await client.hearsTheEnd()).toBe('<echo><message/></echo></stream:stream>');
    client.socket.end();
    await world.leaves(listener, 0);
    expect(session().ends).toEqual([true]);
  });

  test('[RFC6120 5.4.3.3] clear text pipelined behind it is dropped', async () => {
    const listener = await world.listen();
    const plain = await world.connect(listener);
    plain.says(HEADER, STARTTLS, HEADER, plainAuth());
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.removeAllListeners('data');
    const client = await world.connectTls(plain);
    client.says(HEADER);
    const features = await client.hears('</stream:features>');
    expect(features).toContain('<mechanisms');
    expect(features).not.toContain('<success');
  });

  test('[RFC6120 5.4.3.3] clear text that waits behind a sign-in is dropped too', async () => {
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    world.host.credentials = () => {
      ask();
      return promise.then(() => null);
    };
    const listener = await world.listen();
    const plain = await world.connect(listener);
    plain.says(HEADER, plainAuth('\0juliet\0wrong'), STARTTLS);
    await isAsked;
    plain.says(HEADER, plainAuth());
    // Turns in which the server's socket takes what it cannot hand on.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    answer();
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.removeAllListeners('data');
    const client = await world.connectTls(plain);
    expect(await client.says(HEADER).hears('</stream:features>')).not.toContain('<success');
  });

  test('a client that goes on in clear text is dropped', async () => {
    const listener = await world.listen();
    const plain = await world.connect(listener);
    plain.says(HEADER, STARTTLS);
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.says(HEADER, plainAuth());
    await plain.hearsTheEnd();
    await world.leaves(listener, 0);
  });

  test('a handshake that does not come to its end is given up', async () => {
    const listener = await world.listen({ handshakeTimeout: 8000 });
    const plain = await world.connect(listener);
    plain.says(HEADER, STARTTLS);
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.write(Buffer.from('160301', 'hex'));
    world.clock.advance(7000);
    expect(listener.connectionCount).toBe(1);
    world.clock.advance(1000);
    await plain.hearsTheEnd();
    await world.leaves(listener, 0);
  });

  async function upgrade(header: string, servername: string) {
    const listener = await world.listen();
    const plain = await world.connect(listener);
    plain.says(header, STARTTLS);
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.removeAllListeners('data');
    return world.connectTls(plain, { servername, checkServerIdentity: () => undefined });
  }

  test("[RFC6120 13.7.2] shows the certificate of the stream's host to a client that names none", async () => {
    const client = await upgrade(HEADER_NET, '');
    expect(client.certifiedName).toBe('example.net');
    await client.says(HEADER_NET).hears('</stream:features>');
  });

  test('a stream to another host than before is refused', async () => {
    const client = await upgrade(HEADER_NET, '');
    client.says(HEADER);
    expect(await client.hearsTheEnd()).toContain('<not-authorized ');
  });

  test('[RFC6066 3] shows the certificate of the name in the handshake', async () => {
    const client = await upgrade(HEADER, 'example.net');
    expect(client.certifiedName).toBe('example.net');
    client.says(HEADER);
    expect(await client.hearsTheEnd()).toContain('<not-authorized ');
  });
});

describe('direct TLS', () => {
  const direct = { directTls: true };

  test.each([
    ['[XEP-0368 4] with ALPN', ['xmpp-client']],
    ['with ALPN and other protocols', ['http/1.1', 'xmpp-client']],
    ['without ALPN', []],
  ])('a client signs in %s', async (_, protocols) => {
    const listener = await world.listen(direct);
    const client = await world.connectTls(listener, { ALPNProtocols: protocols });
    client.says(HEADER);
    const features = await client.hears('</stream:features>');
    expect(features).not.toContain('<starttls');
    client.says(plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    expect(session().wire).toMatchObject({ isSecure: true, transport: 'tls' });
  });

  test('[RFC7301 3.2] a client that speaks other protocols only is refused', async () => {
    const listener = await world.listen(direct);
    const connecting = world.connectTls(listener, { ALPNProtocols: ['http/1.1', 'xmpp-server'] });
    await expect(connecting).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
  });

  test('[RFC6066 3] the name in the handshake chooses the certificate', async () => {
    const listener = await world.listen(direct);
    const client = await world.connectTls(listener, { servername: 'example.net' });
    expect(client.certifiedName).toBe('example.net');
    await client.says(HEADER_NET).hears('</stream:features>');
  });

  test.each(['', 'xmpp.example.org'])(
    "the default host's certificate is for who names '%s', and the header decides",
    async (servername) => {
      const listener = await world.listen(direct);
      const checkServerIdentity = () => undefined;
      const client = await world.connectTls(listener, { servername, checkServerIdentity });
      expect(client.certifiedName).toBe('example.com');
      await client.says(HEADER_NET).hears("from='example.net'");
      await client.hears('</stream:features>');
    },
  );

  test('a stream to another host than the one in the handshake is refused', async () => {
    const listener = await world.listen(direct);
    const client = await world.connectTls(listener, { servername: 'example.com' });
    client.says(HEADER_NET);
    expect(await client.hearsTheEnd()).toContain('<not-authorized ');
  });

  test('[RFC9325 3.1.1] TLS before 1.2 is refused', async () => {
    const listener = await world.listen(direct);
    const old = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    } as const;
    await expect(world.connectTls(listener, old)).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
    await world.connectTls(listener, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    await world.connectTls(listener, { minVersion: 'TLSv1.3' });
  });

  test('[RFC9325 3.5] renegotiation is refused', async () => {
    const listener = await world.listen(direct);
    const client = await world.connectTls(listener, { maxVersion: 'TLSv1.2' });
    await client.says(HEADER).hears('</stream:features>');
    (client.socket as TLSSocket).renegotiate({}, () => {});
    await world.leaves(listener, 0);
  });

  test('bytes that are no TLS, and handshakes broken off, disturb nobody', async () => {
    const listener = await world.listen(direct);
    const http = await world.connect(listener);
    http.says('GET / HTTP/1.1\r\n\r\n');
    await http.hearsTheEnd();
    const silent = await world.connect(listener);
    silent.socket.write(Buffer.from('16030102000100', 'hex'));
    silent.socket.resetAndDestroy();
    await (await world.connectTls(listener)).says(HEADER).hears('</stream:features>');
  });

  test('a silent client is dropped before it has shaken hands', async () => {
    const listener = await world.listen({ ...direct, handshakeTimeout: 8000 });
    const client = await world.connect(listener);
    await world.leaves(listener, 1);
    world.clock.advance(8000);
    await client.hearsTheEnd();
  });

  test('without a certificate nobody is let in', async () => {
    const listener = await world.listen({ ...direct, secureContextFor: () => null });
    await (await world.connect(listener)).hearsTheEnd();
  });
});

describe('how many', () => {
  test('connections from one address are bounded', async () => {
    const listener = await world.listen({ maxConnectionsPerAddress: 2 });
    const first = await world.connect(listener);
    const second = await world.connect(listener);
    for (const client of [first, second]) await client.says(HEADER).hears('</stream:features>');
    await (await world.connect(listener)).hearsTheEnd();
    first.says('</stream:stream>');
    await first.hearsTheEnd();
    first.socket.end();
    await world.leaves(listener, 1);
    await (await world.connect(listener)).says(HEADER).hears('</stream:features>');
  });

  test('connections in all are bounded', async () => {
    const listener = await world.listen({ maxConnections: 1 });
    await (await world.connect(listener)).says(HEADER).hears('</stream:features>');
    await (await world.connect(listener)).hearsTheEnd();
  });
});

test('other limits are for connections from then on', async () => {
  const listener = await world.listen();
  const before = await world.connect(listener);
  const bounds = { maxConnections: 10, maxConnectionsPerAddress: 1, queueLimit: 5_000 };
  listener.useLimits({ limits: BEFORE_LOGIN, ...bounds });
  expect(listener.queueLimit).toBe(5_000);
  await (await world.connect(listener)).hearsTheEnd();
  await before.says(HEADER).hears('</stream:features>');
});

describe('the end of listening', () => {
  test('[RFC6120 4.9.3.20] stopping keeps sessions, others are told and end', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    const stranger = await world.connect(listener);
    await stranger.says(HEADER).hears('</stream:features>');
    const { port } = listener;
    listener.stop();
    await expect(world.connect({ port } as typeof listener)).rejects.toThrow('ECONNREFUSED');
    expect(await stranger.hearsTheEnd()).toContain('<system-shutdown ');
    stranger.socket.end();
    await world.leaves(listener, 1);
    await client.says('<message/>').hears('<echo>');
  });

  test('closing drops them', async () => {
    const listener = await world.listen();
    const client = await world.connect(listener);
    await client.says(HEADER).hears('</stream:features>');
    await listener.close();
    await client.hearsTheEnd();
  });

  test('a port that is taken is told', async () => {
    const { port } = await world.listen();
    await expect(world.listen({ port })).rejects.toThrow('EADDRINUSE');
  });
});
