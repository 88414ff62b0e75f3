import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { Installation } from '../cli/installation.ts';
import { freePort } from '../security/support/fortress.ts';

let epode: Installation;
let ports: readonly [number, number];
const closing: (() => void)[] = [];
beforeEach(async () => {
  epode = new Installation();
  ports = [await freePort(), await freePort()];
  configure('');
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  epode.remove();
});

function configure(rest: string): void {
  epode.configure(`
hosts: { localhost: }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${ports[0]} }
  - { type: c2s-tls, address: 127.0.0.1, port: ${ports[1]} }
${rest}`);
}

const path = (...names: string[]) => join(epode.directory, ...names);

/** Makes a sound database, then lets it be changed. */
async function withDatabase(change: (db: InstanceType<typeof Database>) => void): Promise<void> {
  await (await openStorage({ directory: path('data'), log, mode: 'inline' })).close();
  const db = new Database(path('data', 'epode.sqlite'));
  change(db);
  db.close();
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

/** What is broken, how it gets so, and what the operator reads. */
const broken: readonly [string, () => void | Promise<void>, RegExp][] = [
  [
    'a database of a newer server',
    () => withDatabase((db) => db.pragma('user_version = 999')),
    /epode\.sqlite has schema version 999[\s\S]*\nInstall the server version/,
  ],
  [
    'a database that is rubbish',
    () => {
      epode.makeData();
      writeFileSync(path('data', 'epode.sqlite'), randomBytes(20_000));
    },
    /is damaged or not an Epode database[\s\S]*backup/,
  ],
  [
    'a database cut short',
    async () => {
      await withDatabase(() => {});
      const file = path('data', 'epode.sqlite');
      writeFileSync(file, readFileSync(file).subarray(0, 5000));
    },
    /is damaged or not an Epode database[\s\S]*backup/,
  ],
  [
    'a database of another program',
    () => {
      epode.makeData();
      const db = new Database(path('data', 'epode.sqlite'));
      db.exec('CREATE TABLE bookmark (url TEXT)');
      db.close();
    },
    /epode\.sqlite/,
  ],
  [
    'a database that another process holds',
    async () => {
      await withDatabase(() => {});
      const db = new Database(path('data', 'epode.sqlite'));
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN EXCLUSIVE');
      closing.push(() => db.close());
    },
    /is in use by another process[\s\S]*Stop/,
  ],
  ['no directory above the data', () => configure('data: missing/data'), /missing[\s\S]*Create/],
  [
    'a file in place of the data',
    () => writeFileSync(path('data'), ''),
    /is a file where the data directory should be[\s\S]*Name another/,
  ],
  [
    'a file in place of the certificates',
    () => {
      epode.makeData();
      writeFileSync(path('data', 'certificates'), '');
    },
    /certificate/,
  ],
  [
    'the second of two ports taken',
    async () => {
      const server = await listen(ports[1]);
      closing.push(() => server.close());
    },
    /^Port \d+ is in use by another program\.\nStop that program, or set another port/,
  ],
  [
    'one port twice in the configuration',
    () => {
      ports = [ports[0], ports[0]];
      configure('');
    },
    /port|Port/,
  ],
  [
    'a directory in place of the control socket',
    () => {
      epode.makeData();
      mkdirSync(path('data', 'epode.sock'));
      writeFileSync(path('data', 'epode.sock', 'x'), '');
    },
    /epode\.sock/,
  ],
  ['no configuration', () => rmSync(epode.file), /epode\.yaml/],
  [
    'a directory as configuration',
    () => {
      rmSync(epode.file);
      mkdirSync(epode.file);
    },
    /epode\.yaml/,
  ],
  ['an empty configuration', () => epode.configure(''), /epode\.yaml/],
  ['a configuration that is no YAML', () => epode.configure('hosts: [}'), /epode\.yaml:1:\d+/],
  [
    'a configuration that is binary',
    () => writeFileSync(epode.file, randomBytes(3000)),
    /epode\.yaml/,
  ],
  [
    'a host named like a property',
    () => epode.configure('hosts: { __proto__: }'),
    /epode\.yaml:1:/,
  ],
  [
    'a billion laughs in YAML',
    () => {
      const lines = Array.from(
        { length: 12 },
        (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}, *a${n}]`,
      );
      epode.configure(`a0: &a0 [x, x]\n${lines.join('\n')}\n`);
    },
    /epode\.yaml/,
  ],
];

test.each(broken)(
  '%s: one message, no trace, a failure',
  async (_, breakIt, says) => {
    await breakIt();
    const { code, err, out } = await epode.run(['start', '--config', epode.file]);
    expect(err).toMatch(says);
    expect(code).toBe(1);
    expect(err).not.toMatch(/^\s+at |report this|node:/m);
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(14);
    expect(out).not.toMatch(/"level":(50|60)/);
  },
  15_000,
);

test('a start that failed leaves nothing behind that keeps the next from starting', async () => {
  const server = await listen(ports[1]);
  expect(await epode.run(['start', '--config', epode.file])).toMatchObject({ code: 1 });
  await new Promise((resolve) => server.close(resolve));
  expect(existsSync(epode.socket)).toBe(false);
  const child = epode.start(['start', '--config', epode.file]);
  closing.push(() => child.kill('SIGKILL'));
  let said = '';
  for await (const chunk of child.stderr) {
    said += chunk;
    if (said.includes('Make an account:')) break;
  }
  expect(said).toContain('Epode is running.');
}, 15_000);
