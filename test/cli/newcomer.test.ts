import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

/** What somebody does who has the README, and nothing else. */

const README = readFileSync('README.md', 'utf8');
const SHIPPED = readFileSync('conf/epode.yaml', 'utf8');
const TIMEOUT = 120_000;

let epode: Installation;
let file: string;
let text: string;

beforeEach(async () => {
  epode = new Installation();
  mkdirSync(join(epode.directory, 'conf'));
  file = join(epode.directory, 'conf', 'epode.yaml');
  const [plain, direct] = [await freePort(), await freePort()];
  // The ports of this machine may be taken, and its limits are not ours to set.
  text = SHIPPED.replace('port: 5222', `port: ${plain}`)
    .replace('port: 5223', `port: ${direct}`)
    .replace(/^# limits:$/m, 'limits: { connections: 100 }');
  edit(text);
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

function edit(content: string): void {
  writeFileSync(file, content);
}

const CONFIG = ['--config', 'conf/epode.yaml'];
const run = (...args: string[]) => epode.run([...args, ...CONFIG], 's3cret');
const addUser = (jid: string) => run('user', 'add', jid, '--password-stdin');
const signIns = async (host: string) => {
  const { out } = await run('doctor', '--host', host);
  return out.split('\n').filter((line) => line.includes(' sign-in ') && line.includes('signed in'));
};

/** The block of the README that begins with this line. */
function fromReadme(start: string): string {
  const from = README.indexOf(`\n${start}`) + 1;
  expect(from).toBeGreaterThan(0);
  return README.slice(from, README.indexOf('\n```', from));
}

/** The hosts as the README has them, with the certificate that its next lines make. */
function withSecondHost(): string {
  execFileSync('sh', ['-c', fromReadme('openssl req')], { cwd: epode.directory, stdio: 'ignore' });
  const hosts = fromReadme('hosts:')
    .replace(/cert: .*/, 'cert: example.org.crt')
    .replace(/key: .*/, 'key: example.org.key');
  return text.replace(/^hosts:\n( {2}.*\n)+/m, `${hosts}\n`);
}

test(
  'from nothing to a second host with its own certificate',
  async () => {
    const first = await startServer(epode, { more: CONFIG });
    expect((await addUser('you@localhost')).out).toBe('Created you@localhost.\n');
    expect(await signIns('localhost')).toHaveLength(4);

    edit(text.replace(/^hosts:\n( {2}.*\n)+/m, `${fromReadme('hosts:')}\n`));
    expect((await run('check')).out).toContain(
      'The certificate file /etc/letsencrypt/live/example.org/fullchain.pem does not exist. Correct its path.\n',
    );
    expect((await run('reload')).out).toContain(
      'Needs a restart: hosts.\nwarning: a restart would fail: The certificate file /etc/letsencrypt/',
    );

    edit(withSecondHost());
    expect((await run('check')).out).toBe('conf/epode.yaml: the server can start.\n');
    expect((await addUser('juliet@example.org')).err).toBe(
      'The domain example.org is not served here.\nServed: localhost. One that is new in the file needs a restart.\n',
    );
    expect((await run('doctor', '--host', 'example.org')).out).toContain(
      'The file has the host example.org, but the running server does not serve it.',
    );

    await run('stop');
    await first.ended;
    await startServer(epode, { more: CONFIG });
    expect((await addUser('juliet@example.org')).out).toBe('Created juliet@example.org.\n');
    expect(await signIns('example.org')).toHaveLength(4);
    const [, own] = JSON.parse((await run('cert', 'show', '--json')).out);
    expect(own).toMatchObject({ host: 'example.org', isInUse: true, problem: '' });
  },
  TIMEOUT,
);

test.each([
  [
    'a slip in a name',
    'listeners:',
    'listners:',
    /unknown key "listners"; did you mean "listeners"/,
  ],
  ['a value of another kind', 'type: c2s,', 'type: web,', /listeners\[0\]\.type must be one of/],
  ['a tab', '  localhost:', '\tlocalhost:', /a tab indents this line; YAML wants spaces/],
  ['a key in the wrong place', '  localhost:', '  localhost:\n    port: 1', /unknown key "port"/],
])('%s is told of with its place, and the server goes on', async (_, right, wrong, message) => {
  await startServer(epode, { more: CONFIG });
  edit(text.replace(right, wrong));
  const checked = await run('check');
  expect(checked).toMatchObject({ code: 1, out: expect.stringMatching(message) });
  expect(checked.out).toMatch(/^conf\/epode\.yaml:\d+:\d+: /);
  expect((await run('reload')).err).toMatch(message);
  expect((await run('doctor')).out).toMatch(message);
  edit(text);
  expect((await run('reload')).out).toContain('Changed: nothing.');
  expect((await addUser('you@localhost')).code).toBe(0);
});
