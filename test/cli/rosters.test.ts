import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(async () => {
  epode = new Installation();
  for (const jid of ['juliet@localhost', 'romeo@localhost']) {
    await epode.run(['user', 'add', jid, '--password-stdin'], 'secret');
  }
});
afterEach(() => epode.remove());

const run = (line: string) => epode.run(line.split(' '));

test('contacts are added, listed and removed on a store without server', async () => {
  expect(await run('roster list juliet@localhost')).toMatchObject({ out: 'No contacts.\n' });
  const add = 'roster add juliet@localhost nurse@example.com --name Nurse --group Home --group Old';
  expect(await run(add)).toEqual({ code: 0, out: 'Added nurse@example.com.\n', err: '' });
  const { out } = await run('roster list juliet@localhost');
  expect(out).toMatch(/^CONTACT .*\nnurse@example\.com +none +Nurse +Home, Old\n$/);
  const remove = 'roster remove juliet@localhost nurse@example.com';
  expect(await run(remove)).toMatchObject({ code: 0, out: 'Removed nurse@example.com.\n' });
  expect(await run(remove)).toMatchObject({ code: 1, err: 'There is no such contact.\n' });
  expect(await run('roster list nobody@localhost')).toMatchObject({
    code: 1,
    err: 'There is no account nobody@localhost.\n',
  });
}, 30_000);

test('friends are made, and parted when one of them is deleted', async () => {
  const add = 'roster add juliet@localhost romeo@localhost --mutual';
  expect(await run(add)).toMatchObject({
    code: 0,
    out: 'juliet@localhost and romeo@localhost see each other.\n',
  });
  expect((await run('roster list romeo@localhost')).out).toMatch(/juliet@localhost +both/);
  await run('user delete juliet@localhost');
  expect((await run('roster list romeo@localhost')).out).toMatch(/juliet@localhost +none/);
  const again = ['user', 'add', 'juliet@localhost', '--password-stdin'];
  expect(await epode.run(again, 'secret')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--reuse'),
  });
  expect(await epode.run([...again, '--reuse'], 'secret')).toMatchObject({ code: 0 });
}, 30_000);

test('an account is disabled, shown and enabled', async () => {
  expect(await run('user disable juliet@localhost')).toMatchObject({
    code: 0,
    out: 'Disabled juliet@localhost.\n',
  });
  const { out } = await run('user show juliet@localhost');
  expect(out).toMatch(/^account +juliet@localhost \(disabled\)\n/);
  expect(out).toMatch(/\nlast seen +never\n/);
  expect(await run('user enable juliet@localhost')).toMatchObject({
    code: 0,
    out: 'juliet@localhost may sign in.\n',
  });
  const shown = JSON.parse((await run('user show juliet@localhost --json')).out);
  expect(shown).toMatchObject({ jid: 'juliet@localhost', isDisabled: false, sessions: [] });
}, 30_000);
