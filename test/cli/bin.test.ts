import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeSelfSigned } from '../../src/server/self-signed.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'epode-bin-'));
  cpSync('bin', join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rmSync(root, { recursive: true }));

function run(node: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(node, [join(root, 'bin/epode'), ...args]);
  return { status, out: stdout.toString(), err: stderr.toString() };
}

test('a checkout that has not been built says what to do', () => {
  expect(run(process.execPath, 'status')).toEqual({
    status: 1,
    out: '',
    err: 'Epode has not been built yet: run `npm run build` in its directory first.\n',
  });
});

test('what was built gets the arguments', () => {
  mkdirSync(join(root, 'dist/cli'), { recursive: true });
  const program = 'console.log(process.argv.slice(2)); process.exit(3);';
  writeFileSync(join(root, 'dist/cli/main.js'), program);
  expect(run(process.execPath, 'user', 'list')).toMatchObject({
    status: 3,
    out: "[ 'user', 'list' ]\n",
  });
});

/** A server that says how many tickets a client of TLS 1.3 gets of it (RFC 8446 §4.6.1). */
async function ticketCounter(): Promise<string> {
  const names = { dnsNames: ['localhost'], addresses: [] };
  const certificate = await makeSelfSigned({ ...names, notBefore: 0, notAfter: 4e12 });
  return `
    import { connect, createServer } from 'node:tls';
    const server = createServer(${JSON.stringify(certificate)}, (socket) => socket.end('all'));
    server.listen(0, '127.0.0.1', () => {
      let tickets = 0;
      const { port } = server.address();
      const client = connect({ port, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
      client.on('session', () => tickets++);
      client.resume().on('close', () => { console.log(tickets); server.close(); });
    });`;
}

test.each([
  ['nobody gets tickets from the server, which takes none', {}, '0\n'],
  ['what OpenSSL has been told by the operator, it keeps to', { OPENSSL_CONF: '/dev/null' }, '2\n'],
])('%s', async (_, env, out) => {
  mkdirSync(join(root, 'dist/cli'), { recursive: true });
  writeFileSync(join(root, 'dist/cli/main.js'), await ticketCounter());
  const argv = [join(root, 'bin/epode'), 'start'];
  const { OPENSSL_CONF: _own, ...others } = process.env;
  const { stdout } = spawnSync(process.execPath, argv, { env: { ...others, ...env } });
  expect(stdout.toString()).toBe(out);
});
