import { expect, test } from '@jest/globals';
import type { Storage } from '../../../../src/storage/ports.ts';
import { JULIET, ROMEO, user } from '../../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
/** More than are looked through without asking first whose they are. */
const MANY = 1_100;

/** Somebody's own note. */
function note(storage: Storage, owner: string, n: number, text: string): void {
  const stanza = `<message xmlns='jabber:client' id='${n}' from='${owner}/a' to='${owner}'><body>${text} ${n}</body></message>`;
  const said = { peer: owner, sender: owner, reference: `${n}`, stanza };
  storage.archive.append(owner, { ...said, counts: 'neither' });
}

async function found(storage: Storage, owner: string, text: string): Promise<number> {
  return (await storage.archive.search(owner, { text, limit: 100 })).length;
}

/** The same, as clients page through what is found (XEP-0431 §3). */
async function paged(storage: Storage, owner: string, text: string): Promise<number> {
  const page = { limit: 100, direction: 'forward', wantsCount: false } as const;
  return (await storage.archive.page(owner, { text, page })).messages.length;
}

test('a word finds one’s own messages, whether few others have it or many', async () => {
  const storage = await open(newPlace(), 'thread');
  for (const owner of [ROMEO, JULIET]) await storage.users.create(user(owner), []);
  note(storage, ROMEO, 0, 'rose');
  note(storage, JULIET, 1, 'rose');
  expect(await found(storage, JULIET, 'rose')).toBe(1);
  for (let n = 2; n < MANY; n++) note(storage, ROMEO, n, 'rose');
  expect(await found(storage, JULIET, 'rose')).toBe(1);
  expect(await found(storage, ROMEO, `rose ${MANY - 1}`)).toBe(1);
  expect(await paged(storage, JULIET, 'rose')).toBe(1);
  expect(await paged(storage, JULIET, 'rose 1')).toBe(1);
  expect(await paged(storage, JULIET, 'rose 2')).toBe(0);
});
