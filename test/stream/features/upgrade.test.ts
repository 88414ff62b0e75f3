import { pbkdf2Sync } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ScramHash, ScramKeys } from '../../../src/stream/ports.ts';
import { deriveScramKeys } from '../../../src/stream/sasl/scram-keys.ts';
import { clientFinal, readServerFirst } from '../../security/support/scram.ts';
import { PASSWORD } from '../stub-host.ts';
import { base64, makeWorld, type Talk, type World } from '../talk.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const UPGRADE = 'urn:xmpp:sasl:upgrade:0';
const SCRAM = 'urn:xmpp:scram-upgrade:0';
const BIND = "<bind xmlns='urn:xmpp:bind:0'/>";
const OF_256 = 'UPGR-SCRAM-SHA-256';
const OF_512 = 'UPGR-SCRAM-SHA-512';

let world: World;
let juliet: Talk;
/** What the account has got. */
let added: ScramKeys[];
beforeEach(async () => {
  world = await makeWorld();
  added = [];
  const scram = [await deriveScramKeys(PASSWORD, 'SHA-1', 4096)];
  const addKeys = async (keys: readonly ScramKeys[]) => void added.push(...keys);
  const imported = { bcrypt: null, upgrade: async () => {}, addKeys };
  const account = { username: 'juliet', scram, isDisabled: false, imported };
  world.host.accounts.set('juliet', account);
  Object.assign(world.host, { upgrades: ['SHA-256', 'SHA-512'] });
  juliet = world.connect({ certifiedAddresses: ['juliet@example.com'] });
  await juliet.opensSecurely();
});

const wish = (task: string) => `<upgrade xmlns='${UPGRADE}'>${task}</upgrade>`;
const next = (task: string) => `<next xmlns='${SASL2}' task='${task}'/>`;
const hash = (text: string) =>
  `<task-data xmlns='${SASL2}'><hash xmlns='${SCRAM}'>${text}</hash></task-data>`;
const authenticate = (mechanism: string, initial: string, content: string) =>
  `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>` +
  `<initial-response>${initial}</initial-response>${content}</authenticate>`;
const INVITATION = (task: string) => `<tasks><task>${task}</task></tasks></continue>`;
const FAILURE = (condition: string) =>
  `<failure xmlns="${SASL2}"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/></failure>`;

/** Signs in by SCRAM, up to the answer to its last message, which is still to come. */
async function proves(...wishes: string[]): Promise<void> {
  const first = base64('n,,n=juliet,r=abc');
  juliet.says(authenticate('SCRAM-SHA-1', first, wishes.map(wish).join('') + BIND));
  const challenge = /<challenge[^>]*>([^<]*)/.exec(await juliet.hears('</challenge>'))![1]!;
  const server = readServerFirst(challenge);
  const final = { hash: 'sha1', password: PASSWORD, firstBare: 'n=juliet,r=abc', server } as const;
  juliet.says(`<response xmlns='${SASL2}'>${base64(clientFinal(final))}</response>`);
}

/** Begins a task and returns what the client derives. */
async function begins(task: string): Promise<string> {
  const heard = await juliet.says(next(task)).hears('</task-data>');
  const [, iterations, salt] = new RegExp(
    `^<task-data xmlns="${SASL2}"><salt xmlns="${SCRAM}" iterations="(\\d+)">([^<]+)</salt></task-data>$`,
  ).exec(heard)!;
  const [length, digest] = task === OF_256 ? [32, 'sha256'] : [64, 'sha512'];
  const bytes = Buffer.from(salt!, 'base64');
  expect(bytes).toHaveLength(16);
  return pbkdf2Sync(PASSWORD, bytes, Number(iterations), Number(length), String(digest)).toString(
    'base64',
  );
}

/** What the keys would be, had the server derived them itself. */
async function derived({ hash, salt, iterations }: ScramKeys): Promise<ScramKeys> {
  return await deriveScramKeys(PASSWORD, hash as ScramHash, iterations, salt);
}

test('[XEP-0480 2.1] what some account lacks is announced', async () => {
  const other = world.connect();
  const upgrades = `</inline>${wish(OF_256)}${wish(OF_512)}</authentication>`;
  expect(await other.opensSecurely()).toContain(upgrades.replaceAll("'", '"'));
  Object.assign(world.host, { upgrades: [] });
  expect(await world.connect().opensSecurely()).not.toContain('upgrade');
});

describe('who has shown to know the password', () => {
  test('[XEP-0480 3] gives the keys that the client asked to give, and is bound then', async () => {
    await proves(OF_256);
    const heard = await juliet.hears('</continue>');
    expect(heard).toMatch(
      new RegExp(`^<continue xmlns="${SASL2}"><additional-data>[^<]+</additional-data><tasks>`),
    );
    expect(heard).toContain(INVITATION(OF_256));
    expect(world.host.sessions).toEqual([]);
    juliet.says(hash(await begins(OF_256)));
    const success = await juliet.hears('</success>');
    expect(success).toMatch(/^<success xmlns="urn:xmpp:sasl:2"><authorization-identifier>juliet@/);
    expect(success).toContain('/made-by-server<');
    await juliet.hears('</stream:features>');
    expect(added.map((keys) => keys.hash)).toEqual(['SHA-256']);
    expect(added[0]).toEqual(await derived(added[0]!));
  });

  test('[XEP-0480 2.2] does so one after the other, in the order of the wishes', async () => {
    await proves(OF_512, 'UPGR-BLOOP2', OF_256, OF_512);
    await juliet.hears(INVITATION(OF_512));
    juliet.says(hash(await begins(OF_512)));
    expect(await juliet.hears(INVITATION(OF_256))).toMatch(/^<continue xmlns="[^"]*"><tasks>/);
    expect(added).toEqual([]);
    juliet.says(hash(await begins(OF_256)));
    await juliet.hears('</success>');
    expect(added).toEqual([await derived(added[0]!), await derived(added[1]!)]);
  });

  test.each([
    ['asks for nothing', []],
    ['asks for what is not announced', ['UPGR-SCRAM-SHA-1', 'UPGR-SCRAM-SHA-256-PLUS', '']],
  ])('[XEP-0480 2.2] has no task where it %s', async (_, wishes) => {
    await proves(...wishes);
    expect(await juliet.hears('</success>')).not.toContain('continue');
  });

  test('[XEP-0480 2.2] has no task where the account lacks nothing', async () => {
    const account = world.host.accounts.get('juliet')!;
    const more = await deriveScramKeys(PASSWORD, 'SHA-256', 4096);
    world.host.accounts.set('juliet', { ...account, scram: [...account.scram, more] });
    await proves(OF_256);
    expect(await juliet.hears('</success>')).not.toContain('continue');
  });
});

test('[XEP-0480 2.2] who has shown a certificate has no task', async () => {
  juliet.says(authenticate('EXTERNAL', '', wish(OF_256)));
  expect(await juliet.hears('</success>')).not.toContain('continue');
  expect(added).toEqual([]);
});

test('[XEP-0388 2.6.2] who has failed has no task', async () => {
  juliet.says(authenticate('PLAIN', base64('\0juliet\0wrong'), wish(OF_256)));
  await juliet.hears(FAILURE('not-authorized'));
  await juliet.says(next(OF_256)).hears(FAILURE('malformed-request'));
});

describe('a task fails', () => {
  test.each([
    ['that was not asked for', [next(OF_512)]],
    ['without a name', [`<next xmlns='${SASL2}'/>`]],
    ['that was not begun', [hash(base64('x'.repeat(32)))]],
    ['that is begun twice', [next(OF_256), next(OF_256)]],
    ['with a hash of another length', [next(OF_256), hash(base64('x'.repeat(20)))]],
    ['with what is no base64', [next(OF_256), hash('***')]],
    ['with an empty hash', [next(OF_256), hash('')]],
    ['without a hash', [next(OF_256), `<task-data xmlns='${SASL2}'/>`]],
  ])('[XEP-0388 2.6.3] %s, and with it the sign-in', async (_, words) => {
    await proves(OF_256);
    await juliet.hears('</continue>');
    await juliet.says(...words).hears(FAILURE('malformed-request'));
    expect(added).toEqual([]);
    expect(world.host.sessions).toEqual([]);
    await proves();
    await juliet.hears('</success>');
  });

  test('[XEP-0388 6.5] when the client gives up', async () => {
    await proves(OF_256);
    await juliet.hears('</continue>');
    juliet.says(next(OF_256), `<abort xmlns='${SASL2}'/>`);
    await juliet.hears(FAILURE('aborted'));
    await juliet.says(hash(base64('x'.repeat(32)))).hears(FAILURE('malformed-request'));
    expect(added).toEqual([]);
  });
});

test.each([
  ['another beginning', authenticate('PLAIN', base64(`\0juliet\0${PASSWORD}`), '')],
  ['a response', `<response xmlns='${SASL2}'/>`],
  ['a stanza', '<message/>'],
  ['white space', ' '],
])('[XEP-0388 6.8] the stream ends on %s in place of a task', async (_, words) => {
  await proves(OF_256);
  await juliet.hears('</continue>');
  expect(await juliet.says(words).hearsTheEnd()).toMatch(/<stream:error><(not-auth|policy-viol)/);
  expect(world.host.sessions).toEqual([]);
});
