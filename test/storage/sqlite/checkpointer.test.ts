import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROMEO, user } from '../../contracts/records.ts';
import { temporaryPlaces, temporaryStores } from '../places.ts';

const newPlace = temporaryPlaces();
const open = temporaryStores();

test('copies the log back while the store is open, once there is enough of it', async () => {
  const directory = newPlace();
  const storage = await open(directory, 'thread');
  await storage.users.create(user(ROMEO), []);
  const append = async (stanza: string, count: number) => {
    for (let n = 0; n < count; n++) storage.offline.append(ROMEO, { stamp: 1, stanza });
    await storage.durability.whenCommitted(storage.durability.latest);
  };
  const isInFile = () => readFileSync(join(directory, 'epode.sqlite')).includes('wherefore');
  await append('wherefore', 100);
  expect(isInFile()).toBe(false);
  await append('art thou', 1_500);
  while (!isInFile()) await append('Romeo', 1);
});
