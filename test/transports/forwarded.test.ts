import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpWorld, tells } from './http-world.ts';

let world: HttpWorld;

beforeEach(() => {
  world = new HttpWorld();
});

afterEach(async () => {
  await world.close();
});

/** What the server makes of a request with these lines. */
async function told(
  lines: readonly string[],
  options: Parameters<HttpWorld['listen']>[1] = {},
): Promise<Record<string, unknown>> {
  const listener = await world.listen([{ path: '/', handle: tells }], options);
  const answer = await world.asks(listener, 'GET / HTTP/1.1', 'Host: localhost', ...lines);
  const [found = '{}'] = /\{.*\}/.exec(answer) ?? [];
  return JSON.parse(found);
}

const LOCAL = ['127.0.0.1'];
const NESTED = ['127.0.0.0/8', '10.0.0.0/8', '2001:db8::/32'];

describe('the client', () => {
  test('is who connects, whatever it says, where no proxy is trusted', async () => {
    const lines = [
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: chat.example.org',
      'Forwarded: for=192.0.2.7;proto=https;host=chat.example.org',
    ];
    expect(await told(lines)).toMatchObject({
      remoteAddress: '127.0.0.1',
      isSecure: false,
      isLocal: false,
      authority: 'localhost',
    });
  });

  test('is who a trusted proxy says that it is', async () => {
    const lines = [
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: chat.example.org:8443',
    ];
    expect(await told(lines, { proxies: LOCAL })).toMatchObject({
      remoteAddress: '192.0.2.7',
      isSecure: true,
      isLocal: false,
      authority: 'chat.example.org:8443',
    });
  });

  test('of a trusted proxy that says nothing is the proxy itself', async () => {
    const facts = { remoteAddress: '127.0.0.1', isSecure: false, isLocal: true };
    expect(await told([], { proxies: LOCAL })).toMatchObject(facts);
  });

  test.each([
    ['1.2.3.4, 192.0.2.7', '192.0.2.7'],
    ['1.2.3.4, 192.0.2.7, 10.1.1.1', '192.0.2.7'],
    ['10.1.1.1, 10.2.2.2', '10.1.1.1'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['2001:db8::1, 2001:db9::7', '2001:db9::7'],
    ['[2001:db9::7]:443', '2001:db9::7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, unknown', '127.0.0.1'],
    ['192.0.2.7, <script>, 10.1.1.1', '10.1.1.1'],
    ['', '127.0.0.1'],
  ])('[RFC 7239 7.4] is the right-most of %s that is no proxy', async (list, address) => {
    const lines = [`X-Forwarded-For: ${list}`];
    expect((await told(lines, { proxies: NESTED })).remoteAddress).toBe(address);
  });

  test('is what the last proxy says of protocol and host, over what the client has said', async () => {
    const lines = [
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: elsewhere.example, chat.example.org',
    ];
    const facts = { isSecure: false, authority: 'chat.example.org' };
    expect(await told(lines, { proxies: LOCAL })).toMatchObject(facts);
  });

  test('is not asked for by the header that proxies do not set', async () => {
    const lines = ['Forwarded: for=192.0.2.9;proto=https', 'X-Forwarded-For: 192.0.2.7'];
    const facts = { remoteAddress: '192.0.2.7', isSecure: false };
    expect(await told(lines, { proxies: LOCAL })).toMatchObject(facts);
    const others = await told(lines, { proxies: LOCAL, header: 'Forwarded' });
    expect(others).toMatchObject({ remoteAddress: '192.0.2.9', isSecure: true });
  });

  test('cannot say so in a host that is none', async () => {
    const listener = await world.listen([{ path: '/', handle: tells }], { proxies: LOCAL });
    const lines = ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Host: a/b'];
    const answer = await world.asks(listener, 'GET / HTTP/1.1', 'Host: localhost', ...lines);
    expect(answer).toContain('400 Bad Request');
  });
});

describe('Forwarded', () => {
  const standard = { proxies: NESTED, header: 'Forwarded' } as const;

  test.each([
    ['for=192.0.2.7;proto=https;host=chat.example.org', '192.0.2.7', true, 'chat.example.org'],
    ['For="[2001:db9::7]:4711"; Proto=HTTPS', '2001:db9::7', true, 'localhost'],
    ['for=1.2.3.4;proto=https, for=192.0.2.7;proto=http', '192.0.2.7', false, 'localhost'],
    ['for=192.0.2.7;host=a.example, for=10.1.1.1;host=b.example', '192.0.2.7', false, 'a.example'],
    ['for=192.0.2.7;host="a\\.example"', '192.0.2.7', false, 'a.example'],
    ['for=_hidden;proto=https', '127.0.0.1', true, 'localhost'],
    ['proto=https', '127.0.0.1', true, 'localhost'],
    ['for="192.0.2.7', '127.0.0.1', false, 'localhost'],
    ['for=192.0.2.7 proto=https', '127.0.0.1', false, 'localhost'],
    ['nonsense', '127.0.0.1', false, 'localhost'],
  ])('[RFC 7239 4] %s', async (value, remoteAddress, isSecure, authority) => {
    const facts = await told([`Forwarded: ${value}`], standard);
    expect(facts).toMatchObject({ remoteAddress, isSecure, authority, isLocal: false });
  });
});
