import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import { userCommands } from '../../src/server/admin/users.ts';
import { Server } from '../../src/server/server.ts';
import { openSource } from '../../src/sources/open.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { serveControl } from '../../src/transports/control.ts';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(() => epode.remove());

const add = (jid: string, password = 'secret\n') =>
  epode.run(['user', 'add', jid, '--password-stdin'], password);

describe('on a store without server', () => {
  test('an account is created, listed, given another password and deleted', async () => {
    expect(await add('Juliet@localhost')).toEqual({
      code: 0,
      out: 'Created juliet@localhost.\n',
      err: '',
    });
    const { out } = await epode.run(['user', 'list']);
    expect(out).toMatch(
      /^ACCOUNT +CREATED \(UTC\) +LAST SIGN-IN\njuliet@localhost +\S+ \S+ +never\n$/,
    );

    const passwd = ['user', 'passwd', 'juliet@localhost', '--password-stdin'];
    expect(await epode.run(passwd, 'other')).toMatchObject({
      code: 0,
      out: 'Changed the password of juliet@localhost.\n',
    });
    expect(await epode.run(['user', 'delete', 'juliet@localhost'])).toMatchObject({
      code: 0,
      out: 'Deleted juliet@localhost.\n',
    });
    expect(await epode.run(['user', 'list'])).toMatchObject({ code: 0, out: 'No accounts.\n' });
  });

  test('lists are data on request, and come in pages', async () => {
    await add('a@b.example');
    await add('b@b.example');
    const first = await epode.run(['user', 'list', 'b.example', '--limit', '1', '--json']);
    expect(JSON.parse(first.out)).toMatchObject({
      users: [{ jid: 'a@b.example', isDisabled: false, lastLogin: null }],
      next: 'a@b.example',
    });
    const second = await epode.run(['user', 'list', '--after', 'a@b.example']);
    expect(second.out).toContain('b@b.example');
    expect(second.out).not.toContain('a@b.example');
  });

  test('what cannot be fails with one message and its mend', async () => {
    await add('juliet@localhost');
    expect(await add('juliet@localhost')).toEqual({
      code: 1,
      out: '',
      err: 'The account juliet@localhost exists already.\nTo set its password, use passwd.\n',
    });
    expect(await add('juliet@other.example')).toMatchObject({
      code: 1,
      err: 'The domain other.example is not served here.\nServed: localhost, b.example.\n',
    });
    expect(await add('romeo@localhost', '\n')).toMatchObject({
      code: 1,
      err: 'This cannot be a password: the password is empty.\n',
    });
  });
});

test('a password is never an argument', async () => {
  const outcome = await epode.run(['user', 'add', 'juliet@localhost', 'secret']);
  expect(outcome.code).toBe(2);
  expect(outcome.err).toContain('too many arguments');
  expect(await epode.run(['user', 'add', 'juliet@localhost'])).toMatchObject({
    code: 2,
    err: 'There is no terminal to ask for the password.\nGive it with --password-stdin.\n',
  });
});

test('a store that a server holds is changed through its control socket', async () => {
  epode.makeData();
  const storage = await openStorage({ memory: true, log: silentLog });
  const host = {
    domain: 'localhost',
    sessions: { perAccount: 1, resourceConflict: 'replace' as const },
    accounts: { scramIterations: 4096, nameRetirement: 0, suitsImported: true },
    source: { type: 'internal' as const },
    modules: new Map(),
  };
  const directory = new LocalDirectory();
  const deps = { storage, directory, clock: systemClock, log: silentLog, openSource, modules: [] };
  const admin = new AdminDispatcher(userCommands(new Server([host], deps), storage), () => {});
  const control = await serveControl(epode.socket, (name, params) => admin.run(name, params));
  try {
    expect(await add('juliet@localhost')).toMatchObject({ code: 0 });
    expect(await storage.users.find('juliet@localhost')).not.toBeNull();
    expect(await add('juliet@localhost')).toMatchObject({ code: 1 });
  } finally {
    await control.close();
    await storage.close();
  }
});

test('a store that another process holds, with no socket to ask, is left alone', async () => {
  const directory = `${epode.directory}/data`;
  const storage = await openStorage({ directory, mode: 'inline', log: silentLog });
  try {
    const outcome = await add('juliet@localhost');
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain('in use by another process');
    expect(outcome.err).not.toContain('    at ');
  } finally {
    await storage.close();
  }
});
