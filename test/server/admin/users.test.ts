import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocalDirectory } from '../../../src/cluster/local-directory.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { AdminDispatcher } from '../../../src/server/admin/dispatch.ts';
import { userCommands } from '../../../src/server/admin/users.ts';
import { Server } from '../../../src/server/server.ts';
import { openSource } from '../../../src/sources/open.ts';
import type { Storage } from '../../../src/storage/ports.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { deriveScramKeys } from '../../../src/stream/sasl/scram-keys.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const DAY = 86_400_000;
const sessions = { perAccount: 10, resourceConflict: 'replace' } as const;
const HOSTS = [
  { domain: 'b.example', scramIterations: 4096 },
  { domain: 'a.example', scramIterations: 5000 },
].map(({ domain, scramIterations }) => ({
  domain,
  sessions,
  accounts: { scramIterations, nameRetirement: 90 * DAY, suitsImported: true },
  source: { type: 'internal' as const },
  modules: new Map(),
}));

let clock: ManualClock;
let storage: Storage;
let server: Server;

beforeEach(async () => {
  clock = new ManualClock();
  storage = await openStorage({ memory: true, log: silentLog });
  const directory = new LocalDirectory();
  server = new Server(HOSTS, {
    storage,
    directory,
    clock,
    log: silentLog,
    openSource,
    modules: [],
  });
});
afterEach(() => storage.close());

function run(name: string, params: unknown) {
  const report = (error: unknown) => {
    throw error;
  };
  return new AdminDispatcher(userCommands(server, storage), report).run(name, params);
}

async function add(...jids: string[]) {
  for (const jid of jids) await run('user.add', { jid, password: 'secret' });
}

describe('user.add', () => {
  test('creates an account under its prepared name [RFC7622 3.3]', async () => {
    const answer = await run('user.add', { jid: 'JULIET@A.Example', password: 'secret' });
    expect(answer).toEqual({ result: { jid: 'juliet@a.example' } });
    expect(await storage.users.find('juliet@a.example')).toMatchObject({
      created: clock.now(),
      isDisabled: false,
      lastLogin: null,
    });
  });

  test('stores keys for every SCRAM mechanism, with the host’s iterations [RFC5802 3]', async () => {
    await add('juliet@a.example');
    const keys = await storage.users.keys('juliet@a.example');
    expect(keys.map(({ hash }) => hash).sort()).toEqual(['SHA-1', 'SHA-256', 'SHA-512']);
    for (const { hash, iterations, salt, storedKey } of keys) {
      const same = await deriveScramKeys('secret', hash, iterations, Buffer.from(salt));
      expect(iterations).toBe(5000);
      expect(Buffer.from(storedKey)).toEqual(same.storedKey);
    }
  });

  test('refuses a host where everybody is anonymous [XEP-0175 3]', async () => {
    const hosts = [{ ...HOSTS[0]!, kind: 'anonymous' as const }];
    const directory = new LocalDirectory();
    server = new Server(hosts, {
      storage,
      directory,
      clock,
      log: silentLog,
      openSource,
      modules: [],
    });
    expect(await run('user.add', { jid: 'juliet@b.example', password: 'secret' })).toMatchObject({
      error: { code: 'bad-address', message: expect.stringContaining('everybody is anonymous') },
    });
  });

  test.each([
    ['juliet', 'bad-address', 'Write it as juliet@b.example.'],
    ['a.example', 'bad-address', 'Write it as a.example@b.example.'],
    ['juliet@a.example/balcony', 'bad-address', 'Write it as juliet@b.example.'],
    ['jul:iet@a.example', 'bad-address', ''],
    ['juliet@c.example', 'unknown-host', 'Served: b.example, a.example.'],
  ])('refuses %s as an account', async (jid, code, hint) => {
    const answer = await run('user.add', { jid, password: 'secret' });
    expect(answer).toMatchObject({ error: { code, hint } });
  });

  test('refuses a name that is taken, in whatever case', async () => {
    await add('juliet@a.example');
    const answer = await run('user.add', { jid: 'Juliet@a.example', password: 'other' });
    expect(answer).toMatchObject({
      error: { code: 'exists', message: 'The account juliet@a.example exists already.' },
    });
  });

  test('refuses what cannot be a password, and does not repeat it [RFC4013 2.3]', async () => {
    for (const password of ['', 'bell\u0007']) {
      const answer = await run('user.add', { jid: 'juliet@a.example', password });
      expect(answer).toMatchObject({ error: { code: 'bad-password' } });
      expect(JSON.stringify(answer)).not.toContain('bell');
    }
    expect(await storage.users.find('juliet@a.example')).toBeNull();
  });

  test('refuses parameters of another shape', async () => {
    for (const params of [null, 'x', { jid: 'a@b' }, { jid: 1, password: 'x' }]) {
      expect(await run('user.add', params)).toMatchObject({ error: { code: 'bad-params' } });
    }
  });
});

describe('user.passwd', () => {
  test('changes the keys', async () => {
    await add('juliet@a.example');
    const before = await storage.users.keys('juliet@a.example');
    const answer = await run('user.passwd', { jid: 'juliet@a.example', password: 'new' });
    expect(answer).toEqual({ result: { jid: 'juliet@a.example', closed: 0 } });
    const after = await storage.users.keys('juliet@a.example');
    expect(after).toHaveLength(3);
    expect(after[0]?.storedKey).not.toEqual(before[0]?.storedKey);
  });
});

describe('user.disable and user.enable', () => {
  test('are kept, and shown', async () => {
    const jid = 'juliet@a.example';
    await add(jid);
    expect(await run('user.disable', { jid })).toEqual({ result: { jid, closed: 0 } });
    expect(await storage.users.find(jid)).toMatchObject({ isDisabled: true });
    expect(await run('user.show', { jid })).toMatchObject({ result: { isDisabled: true } });
    expect(await run('user.enable', { jid })).toEqual({ result: { jid, closed: 0 } });
    expect(await storage.users.find(jid)).toMatchObject({ isDisabled: false });
  });
});

describe('user.delete', () => {
  test('deletes, and keeps the name from others for a while', async () => {
    const jid = 'juliet@a.example';
    await add(jid);
    expect(await run('user.delete', { jid })).toEqual({ result: { jid, closed: 0 } });
    expect(await storage.users.find(jid)).toBeNull();
    const again = { jid, password: 'secret' };
    expect(await run('user.add', again)).toMatchObject({
      error: { code: 'retired', hint: 'To give it away all the same, say --reuse.' },
    });
    clock.advance(90 * DAY);
    expect(await run('user.add', again)).toEqual({ result: { jid } });
  });

  test('leaves the name to an operator who insists', async () => {
    const jid = 'juliet@a.example';
    await add(jid);
    await run('user.delete', { jid });
    const again = { jid, password: 'secret', reuse: true };
    expect(await run('user.add', again)).toEqual({ result: { jid } });
    expect(await run('user.add', again)).toMatchObject({ error: { code: 'exists' } });
  });
});

test.each(['passwd', 'disable', 'enable', 'delete', 'show'])(
  'user.%s needs an account',
  async (name) => {
    const params = { jid: 'romeo@a.example', ...(name === 'passwd' && { password: 'new' }) };
    const answer = await run(`user.${name}`, params);
    expect(answer).toMatchObject({ error: { code: 'not-found' } });
  },
);

describe('user.list', () => {
  /** All pages, as names between bars. */
  async function pages(params: object): Promise<string> {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const answer = (await run('user.list', { ...params, ...(after && { after }) })) as {
        result: { users: { jid: string }[]; next: string | null };
      };
      seen.push(answer.result.users.map(({ jid }) => jid.replace('.example', '')).join(' '));
      after = answer.result.next ?? undefined;
    } while (after);
    return seen.join(' | ');
  }

  test('goes through the domains in their order, by name, page by page', async () => {
    await add('c@a.example', 'a@a.example', 'b@b.example', 'd@b.example');
    expect(await pages({})).toBe('b@b d@b a@a c@a');
    expect(await pages({ limit: 3 })).toBe('b@b d@b a@a | c@a');
    expect(await pages({ limit: 2 })).toBe('b@b d@b | a@a c@a | ');
    expect(await pages({ limit: 1, domain: 'b.example' })).toBe('b@b | d@b | ');
  });

  test('says what it knows of an account and nothing of its keys', async () => {
    await add('a@a.example');
    expect(await run('user.list', { domain: 'a.example' })).toEqual({
      result: {
        users: [
          {
            jid: 'a@a.example',
            isDisabled: false,
            created: clock.now(),
            lastLogin: null,
            nickname: null,
            source: null,
          },
        ],
        next: null,
      },
    });
  });

  test('refuses a domain that is not served', async () => {
    const answer = await run('user.list', { domain: 'c.example' });
    expect(answer).toMatchObject({ error: { code: 'unknown-host' } });
  });
});
