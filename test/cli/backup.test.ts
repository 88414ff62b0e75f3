import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

async function add(name: string): Promise<void> {
  const args = ['user', 'add', `${name}@localhost`, '--password-stdin'];
  expect(await epode.run(args, 'secret')).toMatchObject({ code: 0 });
}

async function users(): Promise<string[]> {
  const { out } = await epode.run(['user', 'list', '--json']);
  return JSON.parse(out).users.map(({ jid }: { jid: string }) => jid);
}

test('a running server is backed up, and a stopped one restored', async () => {
  const port = await freePort();
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
signIn: { scramIterations: 4096 }
`);
  const { ended } = await startServer(epode);
  await add('juliet');
  expect(await epode.run(['backup', 'before.sqlite'])).toEqual({
    code: 0,
    out: expect.stringMatching(/^Wrote before\.sqlite \(\d+\.\d KiB\)\.\n$/),
    err: '',
  });
  expect(statSync(join(epode.directory, 'before.sqlite')).mode & 0o777).toBe(0o600);
  await add('romeo');
  expect(await epode.run(['backup', 'before.sqlite'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/before\.sqlite is there already\.\nName a new file\.\n$/),
  });
  expect(await epode.run(['restore', 'before.sqlite'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('is in use by another process'),
  });
  await epode.run(['stop']);
  await ended;
  expect((await epode.run(['restore', 'before.sqlite'])).out).toMatch(
    /^Restored before\.sqlite\.\nWhat was there is kept as data\/epode-replaced-\w+\.sqlite\.\n$/,
  );
  expect(await users()).toEqual(['juliet@localhost']);
});

test('without server the store itself is backed up, into a directory by time', async () => {
  await add('juliet');
  expect(await epode.run(['backup', '.'])).toMatchObject({ code: 0 });
  const made = readdirSync(epode.directory).filter((name) => name.endsWith('.sqlite'));
  expect(made).toEqual([expect.stringMatching(/^epode-\d{8}T\d{6}Z\.sqlite$/)]);
});
