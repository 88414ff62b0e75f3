import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Log } from '../../src/lib/log.ts';
import { bindRequest, HEADER, plainAuth, STARTTLS } from '../stream/talk.ts';
import { TcpWorld } from './tcp-world.ts';

const PROXY = { from: ['127.0.0.0/8'], endsTls: false };
const CLIENT = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 5222\r\n';
/** The same in binary, with a value behind the addresses. */
const CLIENT_V2 = Buffer.from(
  '0d0a0d0a000d0a515549540a2111000f' + 'c0000207c6336401dc041466' + '040000',
  'hex',
);

let world: TcpWorld;
beforeEach(async () => {
  world = await new TcpWorld().prepare();
});
afterEach(() => world.close());

const session = () => world.host.sessions.at(-1)!;

/** A log, and the phrases that it got. */
function listen(): { log: Log; phrases: string[] } {
  const phrases: string[] = [];
  const note = (_: object, phrase: string) => void phrases.push(phrase);
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
  return { log, phrases };
}

describe('a client that a proxy passes on', () => {
  test('has its own address', async () => {
    const listener = await world.listen({ proxy: { ...PROXY, endsTls: true } });
    const client = await world.connect(listener);
    client.says(CLIENT, HEADER, plainAuth(), HEADER, bindRequest(), '</stream:stream>');
    await client.hearsTheEnd();
    expect(session().wire.remoteAddress).toBe('192.0.2.7');
    client.socket.end();
    await world.leaves(listener, 0);
  });

  test('may send its header byte by byte', async () => {
    const client = await world.connect(await world.listen({ proxy: PROXY }));
    client.socket.setNoDelay(true);
    for (const byte of CLIENT_V2) {
      client.socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await client.says(HEADER).hears('</stream:features>');
  });

  test('secures its stream behind the header [RFC6120 5.4]', async () => {
    const plain = await world.connect(await world.listen({ proxy: PROXY }));
    plain.socket.write(CLIENT_V2);
    plain.says(HEADER);
    await plain.hears('</stream:features>');
    plain.says(STARTTLS);
    await plain.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    plain.socket.removeAllListeners('data');
    const client = await world.connectTls(plain);
    client.says(HEADER, plainAuth(), HEADER, bindRequest());
    await client.hears('</iq>');
    expect(session().wire).toMatchObject({ remoteAddress: '192.0.2.7', isSecure: true });
  });

  test.each(['with the header in a segment of its own', 'with its hello right behind the header'])(
    'begins with TLS, %s [XEP-0368 3]',
    async (manner) => {
      const listener = await world.listen({ proxy: PROXY, directTls: true });
      const plain = await world.connect(listener);
      plain.socket.removeAllListeners('data');
      if (manner.includes('right behind')) plain.socket.cork();
      plain.socket.write(CLIENT_V2);
      const client = world.connectTls(plain, { ALPNProtocols: ['xmpp-client'] });
      await new Promise(setImmediate);
      plain.socket.uncork();
      const secured = await client;
      expect(secured.certifiedName).toBe('example.com');
      secured.says(HEADER, plainAuth(), HEADER, bindRequest());
      await secured.hears('</iq>');
      expect(session().wire).toMatchObject({ remoteAddress: '192.0.2.7', transport: 'tls' });
    },
  );

  test('is no neighbour, even with an address of loopback', async () => {
    Object.assign(world.host.policy, { requiresTls: true, allowsPlainLoopback: true });
    const client = await world.connect(await world.listen({ proxy: PROXY }));
    client.says('PROXY TCP4 127.0.0.1 127.0.0.1 1 5222\r\n', HEADER);
    expect(await client.hears('</stream:features>')).not.toContain('PLAIN');
    const unknown = await world.connect(await world.listen({ proxy: PROXY }));
    unknown.says('PROXY UNKNOWN\r\n', HEADER);
    expect(await unknown.hears('</stream:features>')).not.toContain('PLAIN');
  });

  test('is counted by its own address', async () => {
    const listener = await world.listen({ proxy: PROXY, maxConnectionsPerAddress: 1 });
    const first = await world.connect(listener);
    await first.says(CLIENT, HEADER).hears('</stream:features>');
    const second = await world.connect(listener);
    expect(await second.says(CLIENT, HEADER).hearsTheEnd()).toBe('');
    expect(listener.refused['too-many-from-address']).toBe(1);
    const other = await world.connect(listener);
    other.says(CLIENT.replace('192.0.2.7', '192.0.2.8'), HEADER);
    await other.hears('</stream:features>');
  });
});

test('a proxy that ends TLS makes streams secure that cannot be bound to it [XEP-0440 4]', async () => {
  Object.assign(world.host.policy, { requiresTls: true });
  const client = await world.connect(await world.listen({ proxy: { ...PROXY, endsTls: true } }));
  const features = await client.says(CLIENT, HEADER).hears('</stream:features>');
  expect(features).toContain('>PLAIN<');
  expect(features).not.toMatch(/starttls|-PLUS|sasl-cb/);
  client.says(plainAuth(), HEADER, bindRequest());
  await client.hears('</iq>');
  expect(session().wire).toMatchObject({ remoteAddress: '192.0.2.7', isSecure: true });
});

describe('turned away is', () => {
  test('whoever is no proxy, with a header or without', async () => {
    const { log, phrases } = listen();
    const listener = await world.listen({
      proxy: { ...PROXY, from: ['192.0.2.1', 'fe80::/10'] },
      log,
    });
    const client = await world.connect(listener);
    expect(await client.says(CLIENT, HEADER).hearsTheEnd()).toBe('');
    expect(phrases).toEqual(['connection refused, it is from no proxy']);
    expect(listener.connectionCount).toBe(0);
    expect(listener.refused['no-proxy']).toBe(1);
  });

  test('a proxy that sends none, before the client is heard', async () => {
    const { log, phrases } = listen();
    const client = await world.connect(await world.listen({ proxy: PROXY, log }));
    expect(await client.says(HEADER).hearsTheEnd()).toBe('');
    expect(phrases).toEqual(['proxy refused']);
  });

  test('a proxy that leaves off in the midst of it, after five seconds', async () => {
    const client = await world.connect(await world.listen({ proxy: PROXY }));
    const other = await world.connect(await world.listen());
    client.says(CLIENT.slice(0, -1));
    // What was sent before is read before.
    await other.says(HEADER).hears('</stream:features>');
    world.clock.advance(4_000);
    await other.says('<x/>').hearsTheEnd();
    expect(client.isClosed).toBe(false);
    world.clock.advance(1_000);
    expect(await client.hearsTheEnd()).toBe('');
  });

  test('a proxy that ends or resets before its header has come', async () => {
    const { log, phrases } = listen();
    const listener = await world.listen({ proxy: PROXY, log });
    const [ends, resets] = [await world.connect(listener), await world.connect(listener)];
    ends.says('PROXY ').socket.end();
    expect(await ends.hearsTheEnd()).toBe('');
    resets.says('PROXY ').socket.resetAndDestroy();
    const client = await world.connect(listener);
    await client.says(CLIENT, HEADER).hears('</stream:features>');
    expect(phrases).toEqual([]);
  });

  test('who waits when the server stops', async () => {
    const listener = await world.listen({ proxy: PROXY });
    const client = await world.connect(listener);
    const other = await world.connect(await world.listen());
    await other.says(HEADER).hears('</stream:features>');
    listener.stop();
    expect(await client.hearsTheEnd()).toBe('');
  });
});
