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

test('headers without end are refused', async () => {
  const answer = await answerTo(`GET /metrics HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

test('what is no HTTP is refused, and others do not notice', async () => {
  expect(await answerTo("<stream:stream to='localhost'>\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  expect((await ask('/metrics')).status).toBe(200);
});

test('a port in use is told of', async () => {
  const taken = { address: '127.0.0.1', port: server.port, contentType: '', read: () => '' };
  await expect(serveMetrics(taken)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
