import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpWorld, says, tells } from './http-world.ts';

let world: HttpWorld;

beforeEach(() => {
  world = new HttpWorld();
});

afterEach(async () => {
  await world.close();
});

const HOST = 'Host: example.com';

function status(answer: string): string {
  return answer.split('\r\n')[0] ?? '';
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

describe('finding what answers', () => {
  test('[RFC 9110 7.4] is by the longest path', async () => {
    const listener = await world.listen([
      { path: '/', handle: says('page') },
      { path: '/upload/', handle: says('file') },
      { path: '/upload/special', handle: says('special') },
    ]);
    const at = async (path: string) =>
      bodyOf(await world.asks(listener, `GET ${path} HTTP/1.1`, HOST));
    expect(await at('/')).toContain('page');
    expect(await at('/anything/else')).toContain('page');
    expect(await at('/upload/a/b?c=d')).toContain('file');
    expect(await at('/upload/special')).toContain('special');
    expect(await at('/upload/special/more')).toContain('file');
    expect(await at('/upload')).toContain('page');
  });

  test('[RFC 9110 15.5.5] what nobody answers is not found', async () => {
    const listener = await world.listen([{ path: '/a' }]);
    const answer = await world.asks(listener, 'GET /b HTTP/1.1', HOST);
    expect(status(answer)).toBe('HTTP/1.1 404 Not Found');
    expect(bodyOf(answer)).toBe('Not Found\n');
  });

  test('two modules with one path do not fit together', async () => {
    await expect(world.listen([{ path: '/a' }, { path: '/a' }])).rejects.toThrow('both answer /a');
  });

  test.each([
    '/upload/../admin',
    '/upload/%2e%2e/admin',
    '/upload/.%2E/admin',
    '/./a',
    '/a%2Fb/..%5cc',
    '/a\\..\\b',
    '/%00',
    '/%zz',
    '*',
    'admin',
  ])('[RFC 9110 4.2.5] the path %s is refused', async (path) => {
    const listener = await world.listen([{ path: '/' }]);
    expect(status(await world.asks(listener, `GET ${path} HTTP/1.1`, HOST))).toBe(
      'HTTP/1.1 400 Bad Request',
    );
  });

  test('[RFC 9112 3.2.2] a target may be a whole address, whose name counts', async () => {
    const listener = await world.listen([{ path: '/', handle: tells }]);
    const answer = await world.asks(listener, 'GET http://example.net:80/x?y=z HTTP/1.1', HOST);
    expect(answer).toContain('"authority":"example.net:80","path":"/x","query":"y=z"');
  });
});

describe('methods', () => {
  test('[RFC 9110 15.5.6] one that is not allowed is refused, and the others are named', async () => {
    const listener = await world.listen([{ path: '/a', methods: ['GET', 'PUT'] }]);
    const answer = await world.asks(listener, 'DELETE /a HTTP/1.1', HOST);
    expect(status(answer)).toBe('HTTP/1.1 405 Method Not Allowed');
    expect(answer).toContain('Allow: GET, PUT, HEAD, OPTIONS\r\n');
  });

  test('[RFC 9110 9.3.2] HEAD is answered as GET is, without content', async () => {
    const listener = await world.listen([{ path: '/a', handle: says('something') }]);
    const answer = await world.asks(listener, 'HEAD /a HTTP/1.1', HOST);
    expect(status(answer)).toBe('HTTP/1.1 200 OK');
    expect(bodyOf(answer)).toBe('');
  });

  test('[RFC 9110 9.3.7] OPTIONS says what is allowed', async () => {
    const listener = await world.listen([{ path: '/a', methods: ['POST'] }]);
    const answer = await world.asks(listener, 'OPTIONS /a HTTP/1.1', HOST);
    expect(status(answer)).toBe('HTTP/1.1 204 No Content');
    expect(answer).toContain('Allow: POST, OPTIONS\r\n');
    expect(answer).not.toContain('Access-Control');
  });

  test('[RFC 9110 9.3.6] the server is no proxy', async () => {
    const listener = await world.listen([{ path: '/' }]);
    const answer = await world.asks(listener, 'CONNECT example.com:5222 HTTP/1.1', HOST);
    expect(answer).toBe('');
  });
});

describe('pages from elsewhere', () => {
  const elsewhere = 'Origin: https://elsewhere.example';

  test('[Fetch 3.2] may use what is for all, without credentials', async () => {
    const listener = await world.listen([{ path: '/a', methods: ['POST'], origins: 'any' }]);
    const preflight = await world.asks(
      listener,
      'OPTIONS /a HTTP/1.1',
      HOST,
      elsewhere,
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: content-type, x-own',
    );
    expect(status(preflight)).toBe('HTTP/1.1 204 No Content');
    expect(preflight).toContain('Access-Control-Allow-Origin: *\r\n');
    expect(preflight).toContain('Access-Control-Allow-Methods: POST, OPTIONS\r\n');
    expect(preflight).toContain('Access-Control-Allow-Headers: content-type, x-own\r\n');
    expect(preflight).not.toContain('Credentials');
    const answer = await world.asks(listener, 'POST /a HTTP/1.1', HOST, elsewhere);
    expect(status(answer)).toBe('HTTP/1.1 200 OK');
    expect(answer).toContain('Access-Control-Allow-Origin: *\r\n');
  });

  test('[Fetch 3.2] names of headers that are none are not repeated', async () => {
    const listener = await world.listen([{ path: '/a', methods: ['POST'], origins: 'any' }]);
    const answer = await world.asks(
      listener,
      'OPTIONS /a HTTP/1.1',
      HOST,
      elsewhere,
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: <b>, @',
    );
    expect(answer).not.toContain('Allow-Headers');
  });

  test('[Fetch 3.2] hear even of errors what they were', async () => {
    const listener = await world.listen([{ path: '/a', origins: 'any' }]);
    const answer = await world.asks(listener, 'PUT /a HTTP/1.1', HOST, elsewhere);
    expect(status(answer)).toBe('HTTP/1.1 405 Method Not Allowed');
    expect(answer).toContain('Access-Control-Allow-Origin: *\r\n');
  });

  test('[RFC 6454 7] change nothing of what is the own pages', async () => {
    const listener = await world.listen([{ path: '/a', methods: ['GET', 'POST'] }]);
    const posted = (...more: string[]) => world.asks(listener, 'POST /a HTTP/1.1', HOST, ...more);
    expect(status(await posted(elsewhere))).toBe('HTTP/1.1 403 Forbidden');
    expect(status(await posted('Origin: null'))).toBe('HTTP/1.1 403 Forbidden');
    expect(status(await posted('Origin: https://example.com'))).toBe('HTTP/1.1 403 Forbidden');
    expect(status(await posted('Origin: http://example.com'))).toBe('HTTP/1.1 200 OK');
    expect(status(await posted('Origin: https://chat.example.com'))).toBe('HTTP/1.1 200 OK');
    expect(status(await posted())).toBe('HTTP/1.1 200 OK');
    const got = await world.asks(listener, 'GET /a HTTP/1.1', HOST, elsewhere);
    expect(status(got)).toBe('HTTP/1.1 200 OK');
    expect(got).not.toContain('Access-Control');
  });
});

describe('answers', () => {
  test('are what they say they are, and no pages', async () => {
    const listener = await world.listen([{ path: '/a' }]);
    const answer = await world.asks(listener, 'GET /a HTTP/1.1', HOST);
    expect(answer).toContain('X-Content-Type-Options: nosniff\r\n');
    expect(answer).toContain(
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
    );
    expect(answer).not.toMatch(/\r\n(Server|X-Powered-By):/i);
  });

  test.each([
    [
      'at once',
      () => {
        throw new Error('secret detail');
      },
    ],
    [
      'later',
      async () => {
        throw new Error('secret detail');
      },
    ],
  ])('[RFC 9110 15.6.1] what fails %s is logged, and nothing told', async (_when, handle) => {
    const listener = await world.listen([{ path: '/a', handle }]);
    const answer = await world.asks(listener, 'GET /a HTTP/1.1', HOST);
    expect(status(answer)).toBe('HTTP/1.1 500 Internal Server Error');
    expect(bodyOf(answer)).toBe('Internal Server Error\n');
    expect(world.errors).toEqual([{ err: expect.any(Error), path: '/a' }]);
  });

  test('that fail in their midst end the connection', async () => {
    const listener = await world.listen([
      {
        path: '/a',
        handle({ response }) {
          response.write('half');
          throw new Error('no more');
        },
      },
    ]);
    const answer = await world.asks(listener, 'GET /a HTTP/1.1', HOST);
    expect(answer).not.toContain('\r\n0\r\n');
  });
});

describe('requests that others may read otherwise', () => {
  test.each([
    ['both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a length that is none', ['Content-Length: +5']],
    ['a coding that is not the last', ['Transfer-Encoding: chunked, gzip']],
    ['white space before the colon', ['X-Own : a']],
    ['a folded line', ['X-Own: a', ' b']],
    ['a line without colon', ['X-Own']],
    ['a bare line feed in a value', ['X-Own: a\nX-Other: b']],
    ['a NUL in a value', ['X-Own: a\0b']],
    ['two hosts', ['Host: example.net']],
  ])('[RFC 9112 6.3, 5, 3.2] %s', async (_what, lines) => {
    const listener = await world.listen([{ path: '/', methods: ['GET', 'POST'] }]);
    const answer = await world.asks(listener, 'POST / HTTP/1.1', HOST, ...lines);
    expect(status(answer)).toBe('HTTP/1.1 400 Bad Request');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test.each(['Host: exa mple.com', 'Host: user@example.com', 'Host: a/b', 'Host: [::1'])(
    '[RFC 9112 3.2] %s',
    async (line) => {
      const listener = await world.listen([{ path: '/' }]);
      expect(status(await world.asks(listener, 'GET / HTTP/1.1', line))).toBe(
        'HTTP/1.1 400 Bad Request',
      );
    },
  );

  test('[RFC 9112 3.2] no host at all', async () => {
    const listener = await world.listen([{ path: '/' }]);
    expect(status(await world.asks(listener, 'GET / HTTP/1.1'))).toBe('HTTP/1.1 400 Bad Request');
  });

  test('[RFC 9110 15.5.16] heads that do not end', async () => {
    const listener = await world.listen([{ path: '/' }]);
    const answer = await world.asks(
      listener,
      'GET / HTTP/1.1',
      HOST,
      `X-Own: ${'a'.repeat(20_000)}`,
    );
    expect(status(answer)).toBe('HTTP/1.1 431 Request Header Fields Too Large');
  });
});

describe('time and numbers', () => {
  test('who sends no request is gone after 20 s', async () => {
    const listener = await world.listen([{ path: '/' }]);
    const wire = await world.connect(listener);
    wire.says('GET / HTTP/1.1\r\nHost: exam');
    const other = await world.connect(listener);
    await other.says('GET / HTTP/1.1\r\nHost: a\r\n\r\n').hears('here');
    world.clock.advance(20_000);
    expect(await wire.hearsTheEnd()).toBe('');
    await other.says('GET / HTTP/1.1\r\nHost: a\r\n\r\n').hears('here');
  });

  test('who asks nothing more is gone after 75 s', async () => {
    const listener = await world.listen([{ path: '/' }]);
    const wire = await world.connect(listener);
    await wire.says('GET / HTTP/1.1\r\nHost: a\r\n\r\n').hears('here');
    world.clock.advance(75_000);
    await wire.hearsTheEnd();
  });

  test('[RFC 9110 15.5.9] content that does not come is waited for 30 s', async () => {
    const read = async ({ request, response }: Parameters<typeof tells>[0]) => {
      for await (const _ of request);
      response.end('read');
    };
    const listener = await world.listen([{ path: '/', methods: ['POST'], handle: read }]);
    const wire = await world.connect(listener);
    wire.says('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    await wire.hears('100 Continue');
    wire.says('four');
    world.clock.advance(30_000);
    expect(await wire.hearsTheEnd()).toContain('408 Request Timeout');
  });

  test('[RFC 9110 10.1.1] content that nobody wants is not asked for', async () => {
    const listener = await world.listen([{ path: '/' }]);
    const wire = await world.connect(listener);
    wire.says('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
    const answer = await wire.hearsTheEnd();
    expect(status(answer)).toBe('HTTP/1.1 405 Method Not Allowed');
    expect(answer).toContain('Connection: close\r\n');
  });

  test('who asks more than it waits for is gone', async () => {
    const waiting: (() => void)[] = [];
    const listener = await world.listen([
      { path: '/', handle: ({ response }) => void waiting.push(() => response.end('late')) },
    ]);
    const wire = await world.connect(listener);
    wire.says('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(17));
    expect(await wire.hearsTheEnd()).toBe('');
    expect(waiting).toHaveLength(16);
  });

  test('[RFC 9112 9.3.2] what is asked in advance is answered in order', async () => {
    const listener = await world.listen([{ path: '/', handle: tells }]);
    const wire = await world.connect(listener);
    wire.says('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await wire.hears('"path":"/1"');
    await wire.hears('"path":"/2"');
  });

  test('too many connections from one address are refused', async () => {
    const listener = await world.listen([{ path: '/' }], { maxConnectionsPerAddress: 1 });
    await world.connect(listener);
    expect(await world.asks(listener, 'GET / HTTP/1.1', HOST)).toBe('');
    expect(listener.refused['too-many-from-address']).toBe(1);
  });

  test('of a trusted proxy there may be as many as of all', async () => {
    const limits = { maxConnectionsPerAddress: 1, proxies: ['127.0.0.0/8'] };
    const listener = await world.listen([{ path: '/' }], limits);
    await world.connect(listener);
    expect(await world.asks(listener, 'GET / HTTP/1.1', HOST)).toContain('here');
  });

  test('a server that stops ends what is idle at once, and the rest once it is answered', async () => {
    const waiting: (() => void)[] = [];
    const listener = await world.listen([
      { path: '/now' },
      { path: '/late', handle: ({ response }) => void waiting.push(() => response.end('late')) },
    ]);
    const [idle, busy] = [await world.connect(listener), await world.connect(listener)];
    await idle.says('GET /now HTTP/1.1\r\nHost: a\r\n\r\n').hears('here');
    busy.says('GET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /now HTTP/1.1\r\nHost: a\r\n\r\n');
    while (waiting.length === 0) await new Promise(setImmediate);
    listener.stop();
    await idle.hearsTheEnd();
    waiting[0]!();
    await busy.hears('late');
    await busy.hearsTheEnd();
    while (listener.connectionCount > 0) await new Promise(setImmediate);
  });
});

describe('with TLS', () => {
  test('[RFC 9112 9.7] requests are secure', async () => {
    const listener = await world.listenSecurely([{ path: '/', handle: tells }]);
    const wire = await world.connectTls(listener, { ALPNProtocols: ['h2', 'http/1.1'] });
    wire.says('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await wire.hears('"isSecure":true,"isLocal":false');
    expect(wire.certifiedName).toBe('example.com');
  });

  test('a renewed certificate is for connections from then on', async () => {
    const listener = await world.listenSecurely([{ path: '/', handle: tells }]);
    const before = await world.connectTls(listener);
    await world.renewCertificate('example.net');
    const after = await world.connectTls(listener, { servername: 'example.net' });
    expect([before.certifiedName, after.certifiedName]).toEqual(['example.com', 'example.net']);
    await before.says('GET / HTTP/1.1\r\nHost: a\r\n\r\n').hears('"isSecure":true');
  });

  test('[RFC 7301 3.2] a client that speaks something else is refused', async () => {
    const listener = await world.listenSecurely([{ path: '/' }]);
    await expect(world.connectTls(listener, { ALPNProtocols: ['xmpp-client'] })).rejects.toThrow(
      /no application protocol/i,
    );
  });

  test('a handshake that does not come is waited for 10 s', async () => {
    const listener = await world.listenSecurely([{ path: '/' }]);
    const wire = await world.connect(listener);
    while (listener.connectionCount === 0) await new Promise(setImmediate);
    world.clock.advance(10_000);
    expect(await wire.hearsTheEnd()).toBe('');
  });

  test('clear text is no handshake', async () => {
    const listener = await world.listenSecurely([{ path: '/' }]);
    expect(await world.asks(listener, 'GET / HTTP/1.1', HOST)).not.toContain('HTTP/1.1');
    while (listener.connectionCount > 0) await new Promise(setImmediate);
  });
});
