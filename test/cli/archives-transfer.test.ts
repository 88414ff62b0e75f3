import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { timeOfId } from '../../src/storage/archive-port.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { Installation } from './installation.ts';

const JULIET = 'juliet@localhost';
const ROMEO = 'romeo@localhost';
const PAGE = { page: { limit: 1000, direction: 'forward', wantsCount: true } } as const;
const ROSES = 600;

let from: Installation;
let to: Installation;
beforeEach(() => {
  from = new Installation();
  to = new Installation();
});
afterEach(() => {
  from.remove();
  to.remove();
});

const run = (epode: Installation, line: string) => epode.run(line.split(' '));

async function inStore<T>(epode: Installation, look: (storage: Storage) => Promise<T>): Promise<T> {
  const directory = join(epode.directory, 'data');
  const storage = await openStorage({ directory, log, mode: 'inline' });
  try {
    return await look(storage);
  } finally {
    await storage.close();
  }
}

/** They talk to each other, and she to herself. */
async function converse({ archive }: Storage): Promise<void> {
  for (let n = 0; n < ROSES; n++) {
    const stanza = `<message xmlns='jabber:client' to='${JULIET}' from='${ROMEO}/a' type='chat' id='${n}'><body>rose &lt;${n}&gt; “é”</body></message>`;
    const said = { sender: ROMEO, reference: `${n}`, stanza };
    const { id } = archive.append(ROMEO, { ...said, peer: JULIET, counts: 'neither' });
    archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
  }
  const stanza = `<message xmlns='jabber:client' to='${JULIET}' from='${JULIET}/a'><body>note</body></message>`;
  archive.append(JULIET, { sender: JULIET, reference: '', stanza, peer: JULIET, counts: 'read' });
}

/** What is in an archive, without the ids. */
async function archiveOf({ archive }: Storage, owner: string) {
  const { messages, count } = await archive.page(owner, PAGE);
  return { count, messages: messages.map(({ id, stanza }) => ({ time: timeOfId(id), stanza })) };
}

const isAscending = (ids: readonly number[]) => ids.every((id, n) => n === 0 || id > ids[n - 1]!);

test('archives go along and are the same on the other server [XEP-0227 4.11]', async () => {
  for (const jid of [JULIET, ROMEO]) {
    await from.run(['user', 'add', jid, '--password-stdin'], 'secret');
  }
  const before = await inStore(from, async (storage) => {
    await converse(storage);
    return [await archiveOf(storage, JULIET), await archiveOf(storage, ROMEO)];
  });
  const total = 2 * ROSES + 1;
  expect(await run(from, 'user export localhost -o all.xml')).toMatchObject({
    out: `Exported 2 accounts, with ${total} messages of their archives.\n`,
  });
  const xml = readFileSync(join(from.directory, 'all.xml'), 'utf8');
  const result =
    /<archive xmlns='urn:xmpp:pie:0#mam'>\n<result xmlns='urn:xmpp:mam:2' id='[\w-]{22}'>/;
  expect(xml).toMatch(result);

  copyFileSync(join(from.directory, 'all.xml'), join(to.directory, 'all.xml'));
  expect(await run(to, 'user import all.xml')).toEqual({
    code: 0,
    out: `Created 2 accounts; 0 exist already, 0 refused.\nTheir archives have ${total} messages.\n`,
    err: '',
  });
  await inStore(to, async (storage) => {
    const after = [await archiveOf(storage, JULIET), await archiveOf(storage, ROMEO)];
    expect(after).toEqual(before);
    const { messages } = await storage.archive.page(JULIET, PAGE);
    expect(isAscending(messages.map(({ id }) => id))).toBe(true);
    // The text is one, as it was, and nothing is new to anybody.
    const shared = await storage.archive.find(ROMEO, messages[0]!.id);
    expect(shared).toEqual(messages[0]);
    const query = { unreadOnly: false, from: 'newest', limit: 10 } as const;
    expect(await storage.archive.conversations(JULIET, query)).toMatchObject({
      unread: 0,
      conversations: [
        { peer: JULIET, count: 1 },
        { peer: ROMEO, count: ROSES },
      ],
    });
    const search = { text: '599', limit: 5 };
    expect(await storage.archive.search(JULIET, search)).toHaveLength(1);
    expect(await storage.archive.search(ROMEO, search)).toHaveLength(1);
  });
  expect(await run(to, 'user import all.xml')).toMatchObject({
    out: 'Created 0 accounts; 2 exist already, 0 refused.\n',
  });
}, 60_000);

test('archives stay behind where that is wanted', async () => {
  await from.run(['user', 'add', JULIET, '--password-stdin'], 'secret');
  await inStore(from, converse);
  const without = await run(from, 'user export localhost --format xml --no-archives');
  expect(without).toMatchObject({ err: 'Exported 1 account.\n' });
  expect(without.out).not.toContain('<archive');
  expect((await run(from, 'user export localhost')).out).not.toContain('rose');
  writeFileSync(join(to.directory, 'all.xml'), (await run(from, 'user export --format xml')).out);
  expect(await run(to, 'user import all.xml --no-archives')).toMatchObject({
    out: 'Created 1 account; 0 exist already, 0 refused.\n',
  });
  expect(await inStore(to, (storage) => archiveOf(storage, JULIET))).toMatchObject({ count: 0 });
}, 60_000);

test('what can be no message of an archive is left out, and named [XEP-0227 4.11]', async () => {
  const result = (stamp: string, message: string) =>
    `<result xmlns='urn:xmpp:mam:2' id='x'><forwarded xmlns='urn:xmpp:forward:0'>
      <delay xmlns='urn:xmpp:delay' stamp='${stamp}'/>${message}</forwarded></result>`;
  const message = (attrs: string, more = '') =>
    `<message xmlns='jabber:client' ${attrs}><body>Hi</body>${more}</message>`;
  const now = '2025-01-01T00:00:00Z';
  const own = `<stanza-id xmlns='urn:xmpp:sid:0' by='${JULIET}' id='old'/>`;
  const archive = [
    result(now, message(`from='${ROMEO}/a'`, own)),
    result(now, message(`to='a@example.org'`)),
    result('2023-12-31T23:59:59Z', message(`from='${ROMEO}'`)),
    result('2999-01-01T00:00:00Z', message(`from='${ROMEO}'`)),
    result('yesterday', message(`from='${ROMEO}'`)),
    result(now, message(`from='a@example.org' to='${ROMEO}'`)),
    result(now, message(`from='${ROMEO}' type='groupchat'`)),
    result(now, message(`from='@' to='${JULIET}'`)),
    result(now, "<iq xmlns='jabber:client'/>"),
    '<message/>',
  ].join('');
  // Before the password, and beside an account that is there already.
  const user = `<user name='juliet' password='x'><archive xmlns='urn:xmpp:pie:0#mam'>${archive}</archive></user>`;
  const file = `<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'>${user}</host></server-data>`;
  writeFileSync(join(to.directory, 'in.xml'), file);
  const { out, code } = await run(to, 'user import in.xml');
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/without a message: it is none of an archive, or too large$/),
    expect.stringMatching(/without a message: it is none of an archive, or too large$/),
    expect.stringMatching(/of 2023-12-31T23:59:59Z: archives here begin with 2024$/),
    expect.stringMatching(/of 2999-01-01T00:00:00Z: it is of the future$/),
    expect.stringMatching(/of yesterday: its time is none$/),
    expect.stringMatching(/of 2025-01-01T00:00:00Z: it is of others' conversation$/),
    expect.stringMatching(/of 2025-01-01T00:00:00Z: it is of type groupchat$/),
    expect.stringMatching(/of 2025-01-01T00:00:00Z: /),
    'Created 1 account; 0 exist already, 0 refused.',
    'Their archives have 2 messages.',
    '',
  ]);
  const { messages } = await inStore(to, (storage) => archiveOf(storage, JULIET));
  expect(messages.map(({ stanza }) => stanza)).toEqual([
    expect.not.stringContaining('stanza-id'),
    expect.stringContaining(`from='${JULIET}'`),
  ]);
}, 60_000);
