import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

let epode: Installation;
let old: string;
let port: number;

beforeEach(async () => {
  epode = new Installation();
  port = await freePort();
  old = configuration('');
  epode.configure(old);
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

function configuration(more: string): string {
  return `hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
${more}`;
}

function place(name: string, text: string): void {
  writeFileSync(join(epode.directory, name), text);
}

function inFile(name = 'epode.yaml'): string {
  return readFileSync(join(epode.directory, name), 'utf8');
}

const LESS = 'modules: { offline: { maxMessages: 5 } }\n';
const CHANGE = '  hosts.localhost.modules.offline.maxMessages: 1000 → 5\n';
const NOTHING = 'Nothing would change.\n';

/** Whether the server runs with what is in this file. */
async function runsWith(name: string): Promise<boolean> {
  return (await epode.run(['config', 'diff', name])).out === NOTHING;
}

test('diff lists what another file would change, and what that takes', async () => {
  await startServer(epode);
  place(
    'other.yaml',
    configuration(`${LESS}log: { level: debug, format: json }\nsignIn: { maxAttempts: 2 }\n`),
  );
  expect(await epode.run(['config', 'diff'])).toMatchObject({ code: 0, out: NOTHING });
  expect((await epode.run(['config', 'diff', 'other.yaml'])).out).toBe(
    `At once:
  hosts.localhost.signIn.maxAttempts: 5 → 2
${CHANGE}  log.level: info → debug
With the next restart:
  log.format: auto → json
`,
  );
  const { out } = await epode.run(['config', 'diff', 'other.yaml', '--json']);
  expect(JSON.parse(out).changes[0]).toEqual({
    key: 'hosts.localhost.signIn.maxAttempts',
    from: '5',
    to: '2',
    effect: 'live',
  });
});

test('what waits for a restart stays a difference until then', async () => {
  await startServer(epode);
  epode.configure(configuration('log: { level: debug, format: json }\n'));
  await epode.run(['reload']);
  expect((await epode.run(['config', 'diff'])).out).toBe(
    'With the next restart:\n  log.format: auto → json\n',
  );
});

test('what is confirmed stays, and is in the file', async () => {
  await startServer(epode);
  place('new.yaml', configuration(LESS));
  const { code, out } = await epode.run(['config', 'apply', 'new.yaml', '--confirm', '10m']);
  expect([code, out]).toEqual([
    0,
    `At once:
${CHANGE}It is in effect for 10 min 0 s; epode.yaml is as it was before.
To keep it: epode config confirm. To go back now: epode config rollback.
`,
  ]);
  expect(await runsWith('new.yaml')).toBe(true);
  expect(inFile()).toBe(old);
  expect(await epode.run(['config', 'apply', 'new.yaml'])).toMatchObject({
    code: 1,
    err: 'Another configuration is being tried out.\nConfirm it or go back first: epode config confirm, epode config rollback.\n',
  });
  expect((await epode.run(['config', 'confirm'])).out).toBe('Confirmed, and in epode.yaml.\n');
  expect(inFile()).toBe(configuration(LESS));
  expect(await epode.run(['config', 'confirm'])).toMatchObject({
    code: 1,
    err: 'No configuration is being tried out.\nIts time may have been over: then the one from before is back.\n',
  });
  expect(await runsWith('new.yaml')).toBe(true);
});

test('what nobody confirms goes away by itself', async () => {
  const { log } = await startServer(epode);
  place('new.yaml', configuration(LESS));
  await epode.run(['config', 'apply', 'new.yaml', '--confirm', '1s']);
  await log.has('configuration not confirmed, the old one is back');
  expect(await runsWith('epode.yaml')).toBe(true);
  expect(inFile()).toBe(old);
  expect((await epode.run(['config', 'confirm'])).code).toBe(1);
});

test('or when it is told to', async () => {
  await startServer(epode);
  place('new.yaml', configuration(LESS));
  await epode.run(['config', 'apply', 'new.yaml', '--confirm', '10m']);
  expect((await epode.run(['config', 'rollback'])).out).toBe(
    'The configuration from before is back.\n',
  );
  expect(await runsWith('epode.yaml')).toBe(true);
});

test('a file that was edited in its place makes room for the old one meanwhile', async () => {
  const { child, ended } = await startServer(epode);
  epode.configure(configuration(LESS));
  expect((await epode.run(['config', 'apply', '--confirm', '10m'])).code).toBe(0);
  expect([inFile(), inFile('epode.yaml.new')]).toEqual([old, configuration(LESS)]);
  expect(await runsWith('epode.yaml.new')).toBe(true);
  child.kill('SIGKILL');
  await ended;
  await startServer(epode);
  expect(await runsWith('epode.yaml')).toBe(true);
  expect((await epode.run(['config', 'confirm'])).code).toBe(1);
  await epode.run(['config', 'apply', 'epode.yaml.new', '--confirm', '10m']);
  await epode.run(['config', 'confirm']);
  expect(inFile()).toBe(configuration(LESS));
  expect(existsSync(join(epode.directory, 'epode.yaml.new'))).toBe(false);
});

test('without a trial it is in the file at once, which stays as private as it was', async () => {
  await startServer(epode);
  place('new.yaml', configuration(LESS));
  const { mode } = statSync(epode.file);
  expect((await epode.run(['config', 'apply', 'new.yaml'])).out).toBe(
    `At once:\n${CHANGE}Applied, and in epode.yaml.\n`,
  );
  expect([inFile(), statSync(epode.file).mode]).toEqual([configuration(LESS), mode]);
});

test('when the program dies between file and confirmation, it counts as confirmed', async () => {
  const { log } = await startServer(epode);
  place('new.yaml', configuration(LESS));
  await epode.run(['config', 'apply', 'new.yaml', '--confirm', '5s']);
  epode.configure(configuration(LESS));
  await log.has('configuration confirmed');
  expect(await runsWith('new.yaml')).toBe(true);
});

test('a reload ends a trial: what the file says counts', async () => {
  await startServer(epode);
  place('new.yaml', configuration(LESS));
  await epode.run(['config', 'apply', 'new.yaml', '--confirm', '10m']);
  expect((await epode.run(['reload'])).out).toContain('modules.offline (localhost)');
  expect(await runsWith('epode.yaml')).toBe(true);
  expect((await epode.run(['config', 'confirm'])).code).toBe(1);
});

test('mistakes change nothing, neither in the server nor in the file', async () => {
  await startServer(epode);
  place('new.yaml', configuration('modules: { pnig: true }\n'));
  for (const command of ['diff', 'apply']) {
    expect(await epode.run(['config', command, 'new.yaml'])).toMatchObject({
      code: 1,
      err: 'new.yaml:3:12: unknown module "pnig"; did you mean "ping"?\n',
    });
  }
  const wrong = old.replace('localhost: ', 'localhost: { certificate: { cert: a, key: b } }');
  epode.configure(wrong);
  expect((await epode.run(['config', 'apply', '--confirm', '10m'])).err).toContain(
    'The certificate file a does not exist. Nothing was changed.',
  );
  expect(inFile()).toBe(wrong);
  expect(existsSync(join(epode.directory, 'epode.yaml.new'))).toBe(false);
});

test('a file that has changed meanwhile is not written over', async () => {
  await startServer(epode);
  place('new.yaml', configuration(LESS));
  epode.configure(configuration('log: { level: debug }\n'));
  expect(await epode.run(['config', 'apply', 'new.yaml', '--confirm', '10m'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^epode\.yaml has changed since the server took it\.\n/),
  });
  expect(await epode.run(['config', 'apply', '--confirm', '2d'])).toMatchObject({ code: 2 });
});
