import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Storage } from '../../../../src/storage/ports.ts';
import { connect } from '../../../../src/storage/sqlite/connection.ts';
import { JULIET, ROMEO, user } from '../../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();
const MESSAGES = 1500;

/** Rows of the tables behind the index, but for those that say what it is made of. */
function rowsIn(directory: string): number[] {
  const db = connect(join(directory, 'epode.sqlite'));
  try {
    const count = (what: string) => db.prepare(`SELECT count(*) FROM message_text_${what}`).pluck();
    return ['data WHERE id > 10', 'idx', 'docsize'].map((what) => count(what).get() as number);
  } finally {
    db.close();
  }
}

async function filled(directory: string): Promise<Storage> {
  const storage = await open(directory, 'thread');
  await storage.users.create(user(ROMEO), []);
  for (let n = 0; n < MESSAGES; n++) {
    const stanza = `<message xmlns='jabber:client' id='${n}' from='${ROMEO}/a' to='${JULIET}'><body>rose ${n}</body></message>`;
    const said = { peer: JULIET, sender: ROMEO, reference: `${n}`, stanza };
    storage.archive.append(ROMEO, { ...said, counts: 'neither' });
  }
  expect(await found(storage, `${MESSAGES - 1}`)).toBe(1);
  return storage;
}

/** How many messages say that. */
async function found(storage: Storage, text: string): Promise<number> {
  return (await storage.archive.search(ROMEO, { text, limit: 100 })).length;
}

test('of an index that is off no row stays', async () => {
  const directory = newPlace();
  const storage = await filled(directory);
  expect(rowsIn(directory).every((count) => count > 0)).toBe(true);
  storage.archive.keepIndex('localhost', false);
  expect(await found(storage, 'rose')).toBe(0);
  expect(rowsIn(directory)).toEqual([0, 0, 0]);
});

test('an index that was off when the store closed is made anew', async () => {
  const directory = newPlace();
  const storage = await filled(directory);
  storage.archive.keepIndex('localhost', false);
  await found(storage, 'rose');
  await storage.close();
  const reopened = await open(directory, 'thread');
  await found(reopened, 'rose');
  expect(await found(reopened, `${MESSAGES - 1}`)).toBe(1);
});
