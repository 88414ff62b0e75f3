import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { Installation } from './installation.ts';

const PHONE = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const LAPTOP = '9bd51a34-6b5c-4ea0-a43e-5a1d3f5a2a61';
const YEAR_2200 = 7_258_118_400_000;

let epode: Installation;
beforeEach(async () => {
  epode = new Installation();
  await epode.run(['user', 'add', 'juliet@localhost', '--password-stdin'], 'secret');
});
afterEach(() => epode.remove());

const run = (line: string) => epode.run(line.split(' '));

/** As if clients had been given tokens. */
async function give(...clients: readonly string[]): Promise<void> {
  const directory = join(epode.directory, 'data');
  const storage = await openStorage({ directory, log, mode: 'inline' });
  for (const client of clients) {
    const sealed = Buffer.from(`sealed for ${client}`);
    const token = { client, name: 'A\u202e phone', mechanism: 'HT-SHA-256-NONE', sealed };
    const times = { issued: 1_780_000_000_000, expires: YEAR_2200 };
    await storage.tokens.grant('juliet@localhost', { ...token, ...times }, 20);
  }
  await storage.close();
}

test('tokens are listed and revoked on a store without server', async () => {
  expect(await run('token list juliet@localhost')).toMatchObject({ out: 'No tokens.\n' });
  await give(PHONE, LAPTOP);
  const { out } = await run('token list juliet@localhost');
  expect(out.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/^CLIENT +NAME +MECHANISM +ISSUED \(UTC\) +LAST USED +EXPIRES$/),
    `${PHONE}  A? phone  HT-SHA-256-NONE  2026-05-28 20:26  never      2200-01-01 00:00`,
  ]);
  const { tokens } = JSON.parse((await run('token list juliet@localhost --json')).out);
  expect(tokens).toMatchObject([{ client: PHONE }, { client: LAPTOP }]);
  const answer = await run(`token revoke juliet@localhost ${PHONE}`);
  expect(answer).toEqual({
    code: 0,
    out:
      'Revoked the tokens of 1 client. ' +
      'Sessions go on; to end them: epode session kick juliet@localhost\n',
    err: '',
  });
  expect((await run('token list juliet@localhost')).out).not.toContain(PHONE);
  expect(await run(`token revoke juliet@localhost ${PHONE}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`No client ${PHONE} of juliet@localhost has a token.`),
  });
  expect((await run('token revoke juliet@localhost')).out).toMatch(/^Revoked .* of 1 client\./);
  expect(await run('token list juliet@localhost')).toMatchObject({ out: 'No tokens.\n' });
}, 30_000);

test('a new password makes tokens void', async () => {
  await give(PHONE);
  await epode.run(['user', 'passwd', 'juliet@localhost', '--password-stdin'], 'other secret');
  expect(await run('token list juliet@localhost')).toMatchObject({ out: 'No tokens.\n' });
}, 30_000);

test('what is no account has no tokens', async () => {
  expect(await run('token list nobody@localhost')).toMatchObject({
    code: 1,
    err: 'There is no account nobody@localhost.\n',
  });
  expect((await run('token revoke juliet@elsewhere.example')).code).toBe(1);
}, 30_000);
