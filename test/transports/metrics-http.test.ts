import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type MetricsServer, serveMetrics } from '../../src/transports/metrics-http.ts';

let server: MetricsServer;
beforeEach(async () => {
  const read = () => 'up 1\n# EOF\n';
  server = await serveMetrics({ address: '127.0.0.1', port: 0, contentType: 'text/x', read });
});
afterEach(() => server.close());

function ask(path: string, init: RequestInit = {}) {
  return fetch(`http://127.0.0.1:${server.port}${path}`, init);
}

/** What a peer gets that sends these bytes. */
async function answerTo(bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

test('whoever asks for the metrics gets them', async () => {
  const answer = await ask('/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/x');
  expect(await answer.text()).toBe('up 1\n# EOF\n');
});

test.each([
  ['/', 'GET', 404],
  ['/metrics/../metrics2', 'GET', 404],
  ['/metrics', 'DELETE', 405],
  ['/metrics', 'POST', 405],
])('%s by %s is refused', async (path, method, status) => {
  const answer = await ask(path, { method });
  expect(answer.status).toBe(status);
  expect(await answer.text()).toBe('');
});

test('content that is sent along is not read', async () => {
  const answer = await answerTo(
    'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
});

test.each([
  ['one without end', `X: ${'x'.repeat(20_000)}`],
  ['thousands', 'X: x\r\n'.repeat(5_000)],
  ['a name without end', 'X'.repeat(20_000)],
])('headers are bounded: %s', async (_, headers) => {
  const answer = await answerTo(`GET /metrics HTTP/1.1\r\nHost: x\r\n${headers}`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

const SMUGGLED = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';
test.each([
  ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
  ['a length that is none', 'Content-Length: +4'],
  ['chunks under another name', 'Transfer-Encoding: xchunked'],
  ['chunks and something else', 'Transfer-Encoding: chunked, identity'],
  ['a folded header', 'X: a\r\n b: c\r\nTransfer-Encoding:\r\n chunked'],
  ['a space ahead of the colon', 'Content-Length : 4'],
  ['a lone line feed', 'X: a\nContent-Length: 4'],
  ['a NUL', 'X: a\0b'],
])('a second request cannot be smuggled in by %s', async (_, headers) => {
  const request = `GET /metrics HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n0\r\n\r\n`;
  const answer = await answerTo(request + SMUGGLED);
  expect(answer).toMatch(/^HTTP\/1\.1 (400|405) /);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(answer).not.toContain('up 1');
});

test.each([
  ['none', 'GET /metrics HTTP/1.1\r\n', 400],
  ['in the target, too', 'GET http://other.example/metrics HTTP/1.1\r\nHost: x\r\n', 404],
  ['as target', 'CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n', 0],
])('of a host: %s, and nothing is told', async (_, head, status) => {
  const answer = await answerTo(`${head}Connection: close\r\n\r\n`);
  expect(answer).toMatch(status === 0 ? /^$/ : new RegExp(`^HTTP/1\\.1 ${status} `));
});

test('a head that comes drop by drop is waited for a bounded time', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.on('error', () => {});
  socket.resume();
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
  const dripping = setInterval(() => socket.write('X: x\r\n'), 100);
  await closed;
  clearInterval(dripping);
  expect((await ask('/metrics')).status).toBe(200);
}, 20_000);

test('of many connections so many are served, the others are closed', async () => {
  const idle = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1').resume());
  const closed = idle.slice(16).map((socket) => once(socket, 'close'));
  await Promise.all(closed);
  for (const socket of idle) socket.destroy();
});

test('what is no HTTP is refused, and others do not notice', async () => {
  expect(await answerTo("<stream:stream to='localhost'>\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  expect((await ask('/metrics')).status).toBe(200);
});

test('a port in use is told of', async () => {
  const taken = { address: '127.0.0.1', port: server.port, contentType: '', read: () => '' };
  await expect(serveMetrics(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
