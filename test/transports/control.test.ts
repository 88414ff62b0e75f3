import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ControlHandler,
  type ControlServer,
  callControl,
  refuseLongPath,
  serveControl,
  streamControl,
} from '../../src/transports/control.ts';

let directory: string;
let path: string;
const servers: ControlServer[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'epode-control-'));
  path = join(directory, 'epode.sock');
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(directory, { recursive: true });
});

const echo: ControlHandler = async (command, params) => ({ result: { command, params } });

async function serve(handle = echo): Promise<ControlServer> {
  const server = await serveControl(path, handle);
  servers.push(server);
  return server;
}

/** Everything that the server says to `text` until it hangs up. */
async function say(text: string | Buffer): Promise<string> {
  const socket = createConnection(path);
  socket.on('error', () => {});
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the control socket', () => {
  test('carries a command and its answer', async () => {
    await serve();
    const params = { jid: 'jüliet@localhost', text: 'two\nlines' };
    expect(await callControl(path, 'user.add', params)).toEqual({
      result: { command: 'user.add', params },
    });
  });

  test('gives answers on one by one, and waits for whoever reads slowly', async () => {
    const long = 'x'.repeat(100_000);
    let given = 0;
    await serve(async () =>
      (async function* () {
        for (; given < 100; given++) yield { next: `${given} ${long}` };
        yield { result: 'done' };
      })(),
    );
    const heard: unknown[] = [];
    for await (const each of streamControl(path, 'trace', {}, 5_000)) {
      if (heard.length === 0) expect(given).toBeLessThan(100);
      heard.push(each);
      if (heard.length === 101) break;
    }
    expect(heard[1]).toEqual({ next: `1 ${long}` });
    expect(heard.at(-1)).toEqual({ result: 'done' });
  });

  test('tells a command that whoever waited for it has gone', async () => {
    const gone = Promise.withResolvers<void>();
    await serve(async (_, __, signal) =>
      (async function* () {
        yield { next: 1 };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        gone.resolve();
      })(),
    );
    for await (const each of streamControl(path, 'trace', {}, 5_000)) {
      expect(each).toEqual({ next: 1 });
      break;
    }
    await gone.promise;
  });

  test('is its owner’s alone, whatever the mask of the process', async () => {
    const mask = process.umask(0);
    try {
      await serve();
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(mask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('answers several requests of one connection in order', async () => {
    await serve(async (command) => command);
    const socket = createConnection(path);
    socket.write('{"command":"a"}\n{"command":"b"}\n{"comm');
    socket.write('and":"c"}\n');
    let heard = '';
    for await (const chunk of socket) {
      heard += chunk;
      if (heard.length === 12) break;
    }
    expect(heard).toBe('"a"\n"b"\n"c"\n');
  });

  test('answers in full while it closes', async () => {
    const server = await serve(async () => {
      setImmediate(() => void server.close());
      return 'x'.repeat(100_000);
    });
    expect(await callControl(path, 'stop', {})).toHaveLength(100_000);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['no JSON', 'GET / HTTP/1.1\r\n\r\n'],
    ['JSON of another shape', '[1, 2]\n'],
    ['null', 'null\n'],
    ['a command that is no text', '{"command": {"toString": 1}}\n'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x0a])],
    ['a line without end', 'x'.repeat(8_400_000)],
  ])('refuses %s, hangs up and serves on', async (_, text) => {
    await serve();
    expect(JSON.parse(await say(text))).toMatchObject({ error: { code: 'bad-request' } });
    expect(await callControl(path, 'status', null)).toBeDefined();
  });

  test('that a dead server left behind is replaced', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(path)).toBe(true);
    await serve();
    expect(await callControl(path, 'status', null)).toBeDefined();
  });

  test('of a living server is left alone', async () => {
    await serve();
    await expect(serveControl(path, echo)).rejects.toMatchObject({ code: 'in-use' });
    expect(await callControl(path, 'status', null)).toBeDefined();
  });

  test('does not replace what is no socket', async () => {
    writeFileSync(path, 'precious');
    await expect(serveControl(path, echo)).rejects.toMatchObject({ code: 'bad-path' });
    expect(existsSync(path)).toBe(true);
  });

  test('must not have too long a path', () => {
    const long = `/${'x'.repeat(120)}`;
    expect(() => refuseLongPath(long)).toThrow('121 bytes');
    expect(() => refuseLongPath(path)).not.toThrow();
  });
});

describe('a command', () => {
  test('without a server says so', async () => {
    await expect(callControl(path, 'status', null)).rejects.toMatchObject({
      code: 'not-running',
      message: 'The server is not running.',
    });
  });

  test('whose server hangs up, or says too little, fails', async () => {
    const mute = createServer((socket) => socket.end('{"half'));
    await new Promise<void>((resolve) => mute.listen(path, resolve));
    await expect(callControl(path, 'status', null)).rejects.toMatchObject({ code: 'broken' });
    mute.close();
  });

  test('whose server is silent gives up', async () => {
    await serve(() => new Promise(() => {}));
    await expect(callControl(path, 'status', null, 50)).rejects.toMatchObject({
      code: 'broken',
      message: 'The server did not answer: no answer within 50 ms.',
    });
  });

  test('by a user who may not open the socket says so', async () => {
    await serve();
    chmodSync(path, 0);
    const isRoot = process.getuid?.() === 0;
    const call = callControl(path, 'status', null);
    if (isRoot) await expect(call).resolves.toBeDefined();
    else await expect(call).rejects.toMatchObject({ code: 'forbidden' });
  });
});
