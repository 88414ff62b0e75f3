import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/lib/log.ts';
import { deriveAccountKeys } from '../../../src/server/admin/account-keys.ts';
import { AdminDispatcher } from '../../../src/server/admin/dispatch.ts';
import type { SessionControl } from '../../../src/server/admin/ports.ts';
import { userCommands } from '../../../src/server/admin/users.ts';
import type { Storage } from '../../../src/storage/ports.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { deriveScramKeys } from '../../../src/stream/sasl/scram-keys.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const HOSTS = [
  { domain: 'b.example', scramIterations: 4096 },
  { domain: 'a.example', scramIterations: 5000 },
];

let storage: Storage;
/** What became of sessions, in order, with what the store said at that time. */
let calls: string[];

const sessions: SessionControl = {
  list: () => [],
  async close(jid, condition) {
    const user = await storage.users.find(jid);
    calls.push(`close ${jid} ${condition}${user?.isDisabled ? ', disabled' : ''}`);
    return 2;
  },
  forget: (account) => calls.push(`forget ${account}`),
};

beforeEach(async () => {
  calls = [];
  storage = await openStorage({ memory: true, log: silentLog });
});
afterEach(() => storage.close());

function run(name: string, params: unknown) {
  const commands = userCommands({
    storage,
    hosts: HOSTS,
    deriveKeys: deriveAccountKeys,
    sessions,
    now: () => NOW,
  });
  const report = (error: unknown) => {
    throw error;
  };
  return new AdminDispatcher(commands, report).run(name, params);
}

async function add(...jids: string[]) {
  for (const jid of jids) await run('user.add', { jid, password: 'secret' });
}

describe('user.add', () => {
  test('creates an account under its prepared name [RFC7622 3.3]', async () => {
    const answer = await run('user.add', { jid: 'JULIET@A.Example', password: 'secret' });
    expect(answer).toEqual({ result: { jid: 'juliet@a.example' } });
    expect(await storage.users.find('juliet@a.example')).toMatchObject({
      created: NOW,
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
  test('changes the keys, then ends the sessions', async () => {
    await add('juliet@a.example');
    const before = await storage.users.keys('juliet@a.example');
    const answer = await run('user.passwd', { jid: 'juliet@a.example', password: 'new' });
    expect(answer).toEqual({ result: { jid: 'juliet@a.example', closed: 2 } });
    const after = await storage.users.keys('juliet@a.example');
    expect(after).toHaveLength(3);
    expect(after[0]?.storedKey).not.toEqual(before[0]?.storedKey);
    expect(calls).toEqual(['close juliet@a.example not-authorized']);
  });

  test('needs an account', async () => {
    const answer = await run('user.passwd', { jid: 'romeo@a.example', password: 'new' });
    expect(answer).toMatchObject({ error: { code: 'not-found' } });
    expect(calls).toEqual([]);
  });
});

describe('user.delete', () => {
  test('lets nobody in while the sessions end, then deletes and forgets', async () => {
    await add('juliet@a.example');
    const answer = await run('user.delete', { jid: 'juliet@a.example' });
    expect(answer).toEqual({ result: { jid: 'juliet@a.example', closed: 4 } });
    expect(await storage.users.find('juliet@a.example')).toBeNull();
    expect(calls).toEqual([
      'close juliet@a.example not-authorized, disabled',
      'forget juliet@a.example',
      // For those that began in between.
      'close juliet@a.example not-authorized',
    ]);
  });

  test('needs an account', async () => {
    const answer = await run('user.delete', { jid: 'romeo@a.example' });
    expect(answer).toMatchObject({ error: { code: 'not-found' } });
  });
});

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
        users: [{ jid: 'a@a.example', isDisabled: false, created: NOW, lastLogin: null }],
        next: null,
      },
    });
  });

  test('refuses a domain that is not served', async () => {
    const answer = await run('user.list', { domain: 'c.example' });
    expect(answer).toMatchObject({ error: { code: 'unknown-host' } });
  });
});
