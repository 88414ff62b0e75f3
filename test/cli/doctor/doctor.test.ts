import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeSelfSigned } from '../../../src/server/self-signed.ts';
import { Installation } from '../installation.ts';
import { freePort, killServers, startServer } from '../serving.ts';

const DAY = 86_400_000;
const MAIN = resolve('src/cli/main.ts');

interface Finding {
  readonly topic: string;
  readonly level: string;
  readonly message: string;
  readonly mend: string;
}

let epode: Installation;
let ports: readonly [number, number];
const others: Server[] = [];

beforeEach(async () => {
  epode = new Installation();
  ports = [await freePort(), await freePort()];
  configure('localhost: ');
});
afterEach(async () => {
  for (const server of others.splice(0)) server.close();
  await killServers();
  epode.remove();
});

function configure(hosts: string, more = ''): void {
  epode.configure(`
hosts: { ${hosts} }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${ports[0]} }
  - { type: c2s-tls, address: 127.0.0.1, port: ${ports[1]} }
limits: { connections: 100 }
signIn: { scramIterations: 4096 }
${more}`);
}

async function examine(args: readonly string[] = [], input = '') {
  const { code, out, err } = await epode.run(['doctor', '--json', ...args], input);
  if (out === '' && code !== 2)
    throw new Error(`doctor found nothing and ended with ${code}: ${err}`);
  const { worst, findings } = JSON.parse(out || '{ "findings": [] }') as {
    worst: string;
    findings: Finding[];
  };
  const of = (topic: string) =>
    findings
      .filter((each) => each.topic === topic)
      .map(({ level, message }) => `${level} ${message}`);
  return { code, err, worst, of, findings };
}

/** A certificate in the place where the configuration of some tests names it. */
async function issue(name: string, from: number, to: number): Promise<void> {
  const dates = { notBefore: Date.now() + from * DAY, notAfter: Date.now() + to * DAY };
  const { cert, key } = await makeSelfSigned({ dnsNames: [name], addresses: [], ...dates });
  for (const [file, content] of Object.entries({ 'a.crt': cert, 'a.key': key })) {
    writeFileSync(join(epode.directory, file), content, { mode: 0o600 });
  }
}

const OWN = 'localhost: { certificate: { cert: a.crt, key: a.key } }';

test('of a server that runs well all is well, and nothing is left behind', async () => {
  await startServer(epode);
  const { code, worst, of, findings } = await examine();
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect([code, worst]).toEqual([0, 'ok']);
  expect(of('sign-in')).toEqual([
    `ok localhost on 127.0.0.1:${ports[0]} (STARTTLS): signed in with SCRAM-SHA-512.`,
    `ok localhost on 127.0.0.1:${ports[1]} (direct TLS): signed in with SCRAM-SHA-512.`,
  ]);
  expect(of('ports')).toEqual([
    `ok The server listens on 127.0.0.1:${ports[0]}.`,
    `ok The server listens on 127.0.0.1:${ports[1]}.`,
  ]);
  expect((await epode.run(['user', 'list'])).out).toBe('No accounts.\n');
});

test('browsers are tried over WebSocket, with TLS and on this machine without', async () => {
  const [plain, secure] = [await freePort(), await freePort()];
  epode.configure(`
hosts: { localhost: }
listeners:
  - { type: http, address: 127.0.0.1, port: ${plain} }
  - { type: https, address: 127.0.0.1, port: ${secure} }
limits: { connections: 100 }
signIn: { scramIterations: 4096 }
`);
  await startServer(epode);
  const { code, of } = await examine();
  expect(of('sign-in')).toEqual([
    `ok localhost on 127.0.0.1:${plain} (WebSocket without TLS): signed in with SCRAM-SHA-512.`,
    `ok localhost on 127.0.0.1:${secure} (WebSocket): signed in with SCRAM-SHA-512.`,
  ]);
  expect(code).toBe(0);
  const args = ['--account', 'juliet@localhost', '--password-stdin'];
  expect((await examine(args, 'wrong')).of('sign-in')).toEqual([
    expect.stringMatching(/\(WebSocket without TLS\): signing in failed: not-authorized/),
    expect.stringMatching(/\(WebSocket\): signing in failed: not-authorized/),
  ]);
});

test('what listens there and is no server of WebSockets is told', async () => {
  const port = await freePort();
  epode.configure(`
hosts: { localhost: }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${ports[0]} }
  - { type: http, address: 127.0.0.1, port: ${port} }
`);
  await startServer(epode);
  epode.configure(`
hosts: { localhost: }
listeners:
  - { type: http, address: 127.0.0.1, port: ${ports[0]} }
  - { type: c2s, address: 127.0.0.1, port: ${port} }
`);
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('sign-in')[0]).toMatch(/\(WebSocket without TLS\): connecting failed: /);
});

test('for people it says the same in lines', async () => {
  await startServer(epode);
  const { code, out } = await epode.run(['doctor']);
  expect(code).toBe(0);
  expect(out).toMatch(/^ok {7}version {7}Epode /);
  expect(out).toMatch(/\nAll is well\.\n$/);
});

test('a server that is stopped is looked at all the same', async () => {
  const { code, of, findings } = await examine();
  expect(code).toBe(3);
  expect(findings).toContainEqual({
    topic: 'server',
    level: 'warning',
    message: 'The server is not running.',
    mend: 'So nobody has signed in; all else was looked at. Start it: epode start',
  });
  expect(of('ports')).toEqual([
    `ok 127.0.0.1:${ports[0]} is free for the server to listen on.`,
    `ok 127.0.0.1:${ports[1]} is free for the server to listen on.`,
  ]);
});

test('who sits on a port is named', async () => {
  const other = createServer();
  others.push(other);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  ports = [(other.address() as AddressInfo).port, ports[1]];
  configure('localhost: ');
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('ports')[0]).toMatch(
    new RegExp(`^error Port ${ports[0]} is in use by another program\\.`),
  );
  if (process.platform === 'linux') {
    expect(of('ports')[0]).toContain(`It is process ${process.pid} (`);
  }
});

test('mistakes in the file are told as check tells them', async () => {
  configure('localhost: ', 'modules: { pnig: true }');
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('config')).toEqual([
    'error epode.yaml:8:12: unknown module "pnig"; did you mean "ping"?',
  ]);
});

test('a certificate that was renewed and not taken into use', async () => {
  await issue('localhost', -1, 90);
  configure(OWN);
  await startServer(epode);
  await issue('localhost', -1, 90);
  const { code, of } = await examine();
  expect(code).toBe(3);
  expect(of('certificates')).toContain(
    `warning localhost: on 127.0.0.1:${ports[0]} and 127.0.0.1:${ports[1]} the server sends another certificate than the file holds.`,
  );
});

test.each([
  ['expired', 'localhost', -90, -1, /certificate of localhost has expired on/],
  ['from the future', 'localhost', 1, 90, /certificate of localhost is not valid before/],
  ['of somebody else', 'b.example', -1, 90, /not valid for that domain, but for DNS:b\.example/],
])('a certificate that is %s is an error', async (_, name, from, to, message) => {
  await issue(name, from, to);
  configure(OWN);
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('certificates')).toContainEqual(expect.stringMatching(message));
});

test('a key that belongs to another certificate is an error', async () => {
  const dates = { notBefore: Date.now(), notAfter: Date.now() + DAY };
  const other = await makeSelfSigned({ dnsNames: ['localhost'], addresses: [], ...dates });
  await issue('localhost', -1, 90);
  writeFileSync(join(epode.directory, 'a.key'), other.key);
  configure(OWN);
  expect((await examine()).of('certificates')).toEqual([
    'error localhost: The key in a.key does not belong to the certificate in a.crt.',
  ]);
});

test('a listener and a host that wait for a restart', async () => {
  await startServer(epode);
  const before = ports[0];
  ports = [await freePort(), ports[1]];
  configure('localhost: , b.example: ');
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('ports')[0]).toBe(
    `error The file has a listener on 127.0.0.1:${ports[0]}, but the running server has none.`,
  );
  expect(of('sign-in')).toEqual(
    expect.arrayContaining([
      expect.stringContaining(`127.0.0.1:${ports[0]} (STARTTLS): connecting failed:`),
      'error The file has the host b.example, but the running server does not serve it.',
    ]),
  );
  expect(before).not.toBe(ports[0]);
});

test('somebody may sign in with an account of their own', async () => {
  await startServer(epode);
  await epode.run(['user', 'add', 'juliet@localhost', '--password-stdin'], 'right');
  const args = ['--host', 'localhost', '--account', 'juliet@localhost', '--password-stdin'];
  expect((await examine(args, 'right')).code).toBe(0);
  const { code, of } = await examine(args, 'wrong');
  expect(code).toBe(1);
  expect(of('sign-in')[0]).toMatch(/signing in failed: not-authorized/);
});

test('a host that is not in the file', async () => {
  const { code, err } = await examine(['--host', 'c.example']);
  expect([code, err]).toEqual([2, 'The file has no host c.example.\nIt has: localhost.\n']);
});

test('what others may open is told of', async () => {
  await startServer(epode);
  chmodSync(join(epode.directory, 'data'), 0o755);
  chmodSync(join(epode.directory, 'data', 'epode.sqlite'), 0o644);
  chmodSync(epode.file, 0o646);
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of('disk')).toEqual(
    expect.arrayContaining([
      'error Every user of this machine may change epode.yaml.',
      'warning Others than its owner may enter data (mode 755).',
      'error Others than its owner may open data/epode.sqlite.',
    ]),
  );
});

test('too few files for the connections that are allowed', async () => {
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'doctor'];
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n 150; exec "$0" "$@"', ...program], {
    cwd: epode.directory,
  });
  expect(stdout.toString()).toMatch(
    process.platform === 'linux'
      ? /limits\.connections allows 100 connections, the system only 150 open files\.\n.*set limits\.connections to 86\./
      : /The system sets no limit on open files, or does not tell it\./,
  );
});
