import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocalDirectory } from '../../../src/cluster/local-directory.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type ExportPage, transferCommands } from '../../../src/modules/transfer/commands.ts';
import type { ImportResult } from '../../../src/modules/transfer/portable-account.ts';
import { type AdminAnswer, AdminDispatcher } from '../../../src/server/admin/dispatch.ts';
import { Server } from '../../../src/server/server.ts';
import { openSource } from '../../../src/sources/open.ts';
import type { Storage } from '../../../src/storage/ports.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const BCRYPT = `$2y$10$${'a'.repeat(53)}`;
const JULIET = 'juliet@a.example';
const HOSTS = ['a.example', 'b.example'].map((domain) => ({
  domain,
  sessions: { perAccount: 10, resourceConflict: 'replace' as const },
  accounts: { scramIterations: 4096, nameRetirement: 90_000, suitsImported: true },
  source: { type: 'internal' as const },
  modules: new Map(),
}));

let clock: ManualClock;
let storage: Storage;
let server: Server;
let admin: AdminDispatcher;
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
  admin = new AdminDispatcher(transferCommands(server, storage, clock), (error) => {
    throw error;
  });
});
afterEach(() => storage.close());

const resultOf = <T>(answer: AdminAnswer | AsyncIterable<unknown>) =>
  (answer as { result: T }).result;

async function bring(accounts: readonly object[], more: object = {}): Promise<ImportResult[]> {
  const answer = await admin.run('user.import', { accounts, ...more });
  return resultOf<{ results: ImportResult[] }>(answer).results;
}

async function bringOne(account: object): Promise<ImportResult> {
  const [result] = await bring([{ jid: JULIET, password: 's3cret', ...account }]);
  return result!;
}

const out = async (domain: string, more: object = {}) =>
  resultOf<ExportPage>(await admin.run('user.export', { domain, ...more }));

describe('an import', () => {
  test('creates accounts under their prepared names, with keys for passwords', async () => {
    const results = await bring([
      { jid: 'JULIET@A.example', password: 's3cret', nickname: ' Jule\n C ' },
      { jid: 'romeo@b.example', hash: BCRYPT, disabled: true },
    ]);
    expect(results).toEqual([
      { jid: JULIET, outcome: 'created', reason: '', leftOut: [] },
      { jid: 'romeo@b.example', outcome: 'created', reason: '', leftOut: [] },
    ]);
    expect(await storage.users.keys(JULIET)).toHaveLength(3);
    expect(await storage.users.find(JULIET)).toEqual({
      owner: JULIET,
      nickname: 'Jule C',
      isDisabled: false,
      created: clock.now(),
      lastLogin: null,
      imported: null,
      source: null,
    });
    const romeo = { imported: BCRYPT, isDisabled: true };
    expect(await storage.users.find('romeo@b.example')).toMatchObject(romeo);
    expect(server.find('b.example')?.keeper.imported.isAny).toBe(true);
    expect(server.find('a.example')?.keeper.imported.isAny).toBe(false);
  });

  test('passes over those that exist, also when it is run again', async () => {
    const accounts = [{ jid: JULIET, hash: BCRYPT }];
    await bring(accounts);
    const again = await bring([{ jid: 'Juliet@a.example', password: 'other' }, ...accounts]);
    expect(again.map(({ outcome }) => outcome)).toEqual(['exists', 'exists']);
    expect(await storage.users.find(JULIET)).toMatchObject({ imported: BCRYPT });
  });

  test('of one name twice takes the first', async () => {
    const results = await bring([
      { jid: JULIET, hash: BCRYPT, nickname: 'first' },
      { jid: JULIET, hash: BCRYPT, nickname: 'second' },
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'exists']);
    expect(await storage.users.find(JULIET)).toMatchObject({ nickname: 'first' });
  });

  test('that is dry says the same and changes nothing', async () => {
    const accounts = [
      { jid: JULIET, password: 'a' },
      { jid: 'a b@a.example', password: 'a' },
    ];
    const results = await bring(accounts, { dryRun: true });
    expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'refused']);
    expect(await storage.users.find(JULIET)).toBeNull();
  });

  test('gives a retired name away only when told so', async () => {
    await bring([{ jid: JULIET, hash: BCRYPT }]);
    await server.find('a.example')!.keeper.remove('juliet');
    expect(await bringOne({})).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/--reuse/),
    });
    const [result] = await bring([{ jid: JULIET, hash: BCRYPT }], { reuse: true });
    expect(result).toMatchObject({ outcome: 'created' });
  });

  test.each([
    ['a name that PRECIS forbids', { jid: 'jul iet@a.example' }, /no address/],
    ['a name of invisible characters', { jid: 'juli\u200bet@a.example' }, /no address/],
    ['a full JID', { jid: `${JULIET}/balcony` }, /no account/],
    ['a domain that is not served', { jid: 'x@c.example' }, /not served/],
    ['no password', { password: undefined }, /no password, hash or SCRAM/],
    ['a password that SASLprep forbids', { password: 'a\u0007' }, /cannot be a password/],
    ['another hash', { password: undefined, hash: '$argon2id$v=19$x' }, /not bcrypt/],
    [
      'a hash of a high cost',
      { password: undefined, hash: BCRYPT.replace('10', '16') },
      /too long/,
    ],
    ['keys of another length', { password: undefined, scram: [scram('c2FsdA==')] }, /20 bytes/],
    [
      'too few rounds',
      { password: undefined, scram: [{ ...scram(), iterations: 1 }] },
      /iterations/,
    ],
    [
      'endless rounds',
      { password: undefined, scram: [{ ...scram(), iterations: 1e9 }] },
      /iterations/,
    ],
    ['keys twice', { password: undefined, scram: [scram(), scram()] }, /one mechanism/],
    ['what nobody knows', { surname: 'Capulet' }, /surname/],
  ])('refuses %s, and says why', async (_, account, reason) => {
    const result = await bringOne(account);
    expect(result).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(reason) });
    expect(result.reason).not.toContain('s3cret');
    expect(await storage.users.list('a.example', null, 10)).toEqual([]);
  });

  test('with keys of some mechanisms is to be completed later', async () => {
    await bring([{ jid: JULIET, scram: [scram()] }]);
    expect(await storage.users.find(JULIET)).toMatchObject({ imported: 'SHA-1' });
  });

  test('takes over contacts, requests and blocked addresses', async () => {
    const { leftOut } = await bringOne({
      roster: [
        {
          jid: 'Romeo@B.example/x',
          name: 'R',
          subscription: 'both',
          ask: true,
          groups: ['A', 'A', ''],
        },
        { jid: 'nurse@b.example', ask: true, approved: true },
        { jid: JULIET },
        { jid: 'no one@b.example' },
      ],
      requests: [
        '<presence xmlns="jabber:client" type="subscribe" from="paris@b.example/x"/>',
        '<presence xmlns="jabber:client" type="subscribe"/>',
        '<presence xmlns="jabber:client" from="paris@b.example"/>',
        '<presence',
      ],
      blocked: ['Tybalt@B.example', 'spam.example', ''],
    });
    const { items } = await storage.rosters.load(JULIET);
    expect(items).toEqual([
      expect.objectContaining({
        contact: 'nurse@b.example',
        isAsking: true,
        isPreApproved: true,
        subscription: 'none',
      }),
      expect.objectContaining({
        contact: 'paris@b.example',
        isListed: false,
        request: `<presence xmlns="jabber:client" type="subscribe" from="paris@b.example" to="${JULIET}"/>`,
      }),
      expect.objectContaining({ contact: 'romeo@b.example', isAsking: false, groups: ['A'] }),
    ]);
    expect(await storage.blocks.load(JULIET)).toEqual(['spam.example', 'tybalt@b.example']);
    expect(leftOut.map((what) => what.split(':')[0])).toEqual([
      'subscription request',
      'subscription request',
      'subscription request',
      'contact',
      'contact',
      'blocked address',
    ]);
  });

  test('takes over messages with their time, private XML and the vCard', async () => {
    const message = (more: string, from = 'romeo@b.example/o', type = 'chat') =>
      `<message xmlns="jabber:client" from="${from}" type="${type}"><body>hi</body>${more}</message>`;
    const delay = '<delay xmlns="urn:xmpp:delay" from="a.example" stamp="2020-01-01T00:00:00Z"/>';
    const { leftOut } = await bringOne({
      offline: [
        message(delay),
        message(''),
        message('', ''),
        message('', 'a@b', 'groupchat'),
        `<message xmlns="jabber:client" from="a@b">${'<a>'.repeat(200)}${'</a>'.repeat(200)}</message>`,
        '<iq xmlns="jabber:client" from="a@b"/>',
        '<!DOCTYPE x><message/>',
      ],
      private: ['<n xmlns="urn:n"/>', '<query xmlns="jabber:iq:roster"/>'],
      vcard: '<vCard xmlns="vcard-temp"><FN>Juliet</FN></vCard>',
    });
    const stored = await storage.offline.load(JULIET);
    expect(stored.map(({ stamp }) => stamp)).toEqual([Date.UTC(2020), clock.now()]);
    expect(stored[0]?.stanza).not.toContain('delay');
    expect(stored[1]?.stanza).toContain(`to="${JULIET}"`);
    expect(await storage.privateXml.find(JULIET, { name: 'n', xmlns: 'urn:n' })).toBe(
      '<n xmlns="urn:n"/>',
    );
    expect(await storage.vcards.find(JULIET)).toMatchObject({ photoHash: '' });
    expect(await storage.users.find(JULIET)).toMatchObject({ nickname: 'Juliet' });
    expect(leftOut).toHaveLength(6);
  });

  test('leaves out what is beyond all bounds, not the account', async () => {
    const { outcome, leftOut } = await bringOne({
      offline: Array.from({ length: 1_100 }, (_, index) => {
        return `<message xmlns="jabber:client" from="a@b"><body>${index}</body></message>`;
      }),
      private: Array.from({ length: 150 }, (_, index) => `<n xmlns="urn:${index}"/>`),
      vcard: `<vCard xmlns="vcard-temp"><FN>${'x'.repeat(300_000)}</FN></vCard>`,
    });
    expect(outcome).toBe('created');
    expect(await storage.offline.count(JULIET)).toBe(1_000);
    expect(leftOut).toContain('offline messages beyond the first 1000');
    expect(leftOut.filter((what) => what.startsWith('private XML'))).toHaveLength(50);
    expect(await storage.vcards.find(JULIET)).toBeNull();
  });
});

describe('an export', () => {
  test('never has passwords, and can be imported again to the same', async () => {
    await bring([
      {
        jid: JULIET,
        password: 's3cret',
        roster: [{ jid: 'romeo@b.example', subscription: 'to', groups: ['A'] }],
        offline: ['<message xmlns="jabber:client" from="a@b"><body>hi</body></message>'],
        private: ['<n xmlns="urn:n"/>'],
        vcard: '<vCard xmlns="vcard-temp"><FN>Juliet</FN></vCard>',
        blocked: ['tybalt@b.example'],
      },
      { jid: 'nurse@a.example', hash: BCRYPT, disabled: true },
    ]);
    const { accounts, next } = await out('a.example');
    expect(next).toBeNull();
    expect(JSON.stringify(accounts)).not.toContain('s3cret');
    const before = await storage.accounts.load(JULIET);
    for (const name of ['juliet', 'nurse']) await server.find('a.example')!.keeper.remove(name);
    await bring(accounts, { reuse: true });
    expect(await storage.accounts.load(JULIET)).toEqual(before);
    expect((await out('a.example')).accounts).toEqual(accounts);
  });

  test('comes in pages, and of one domain', async () => {
    await bring(['a', 'b', 'c'].map((name) => ({ jid: `${name}@a.example`, hash: BCRYPT })));
    const first = await out('a.example', { limit: 2 });
    expect(first.accounts.map(({ jid }) => jid)).toEqual(['a@a.example', 'b@a.example']);
    const rest = await out('a.example', { limit: 2, after: first.next });
    expect(rest).toMatchObject({ accounts: [{ jid: 'c@a.example' }], next: null });
    expect((await out('b.example')).accounts).toEqual([]);
    expect(await admin.run('user.export', { domain: 'c.example' })).toMatchObject({
      error: { code: 'unknown-host' },
    });
  });
});

function scram(storedKey = Buffer.alloc(20).toString('base64')) {
  const serverKey = Buffer.alloc(20).toString('base64');
  return { mechanism: 'SCRAM-SHA-1', iterations: 4096, salt: 'c2FsdA==', storedKey, serverKey };
}
