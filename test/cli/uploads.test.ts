import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { slot } from '../contracts/uploads.ts';
import { Installation } from './installation.ts';

const YEAR_2200 = 7_258_118_400_000;
const NO_LIMITS = { quota: 1e9, purposeQuota: 1e9, makesRoom: false, slots: 9, daily: 1e9 };

let epode: Installation;
beforeEach(async () => {
  epode = new Installation();
  await epode.run(['user', 'add', 'juliet@localhost', '--password-stdin'], 'secret');
});
afterEach(() => epode.remove());

const run = (line: string) => epode.run(line.split(' '));

/** As if she had uploaded a file for each digit, the first one first. */
async function upload(...digits: readonly string[]): Promise<void> {
  const directory = join(epode.directory, 'data');
  const storage = await openStorage({ directory, log, mode: 'inline' });
  for (const [at, digit] of digits.entries()) {
    const created = 1_780_000_000_000 + at;
    const times = { created, expires: YEAR_2200, deadline: YEAR_2200 };
    const file = slot(digit, { owner: 'juliet@localhost', name: `${digit}\u202e.jpg`, ...times });
    await storage.uploads.reserve(file, NO_LIMITS);
    await storage.blobs.put(file.id, Readable.from([Buffer.alloc(10)], { objectMode: false }), 10);
    await storage.uploads.complete(file.id, file);
  }
  await storage.close();
}

const fileOf = (digit: string) =>
  join(epode.directory, 'data', 'uploads', digit.repeat(2), digit.repeat(32));

test('files are listed and removed on a store without server', async () => {
  expect(await run('upload list juliet@localhost')).toMatchObject({ out: 'No files.\n' });
  await upload('a', 'b', 'c');
  expect((await run('upload list juliet@localhost')).out.split('\n')).toEqual([
    expect.stringMatching(/^ID +SIZE +CAME \(UTC\) +EXPIRES +FOR +TYPE +NAME$/),
    ...['c', 'b', 'a'].map(
      (digit) =>
        `${digit.repeat(32)}  10 bytes  2026-05-28 20:26  2200-01-01 00:00  message  image/jpeg  ${digit}?.jpg`,
    ),
    '3 files, 30 bytes.',
    '',
  ]);
  const { out } = await run(`upload purge juliet@localhost --file ${'b'.repeat(32)}`);
  expect(out).toBe('Removed 1 file.\n');
  expect(['a', 'b', 'c'].map((digit) => existsSync(fileOf(digit)))).toEqual([true, false, true]);
  expect((await run('upload purge juliet@localhost --older-than 36500d')).out).toBe(
    'Removed 0 files.\n',
  );
  expect((await run('upload purge juliet@localhost --all')).out).toBe('Removed 2 files.\n');
  expect(existsSync(fileOf('a'))).toBe(false);
}, 60_000);

test('what is to be removed has to be said', async () => {
  for (const options of ['', ' --all --older-than 1d', ' --older-than soon', ' --file x']) {
    expect((await run(`upload purge juliet@localhost${options}`)).code).not.toBe(0);
  }
}, 60_000);

test('a backup says that files are not in it', async () => {
  const target = join(epode.directory, 'copy.sqlite');
  expect((await epode.run(['backup', target])).out).not.toContain('uploads');
  await upload('a');
  const other = join(epode.directory, 'other.sqlite');
  expect((await epode.run(['backup', other])).out).toContain('Uploaded files are not in it: copy ');
}, 60_000);
