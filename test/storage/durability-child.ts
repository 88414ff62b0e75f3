// Writes numbered changes until it is killed, and prints each number once its
// ticket is committed. Arguments: data directory, owner, first number.
import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { item } from '../contracts/records.ts';

const [directory, owner, first] = process.argv.slice(2) as [string, string, string];
const MAX_PER_TURN = 7;

const storage = await openStorage({ directory, log, mode: 'thread' });
for (let number = Number(first); ; ) {
  const perTurn = 1 + (number % MAX_PER_TURN);
  for (let n = 0; n < perTurn; n++) write(number++);
  await new Promise(setImmediate);
  // Several turns may be on their way to the disk, but not any number of them.
  if (number % 5 === 0) await storage.durability.whenCommitted(storage.durability.latest);
}

/** Both changes go into the batch of one turn: a commit has both or none. */
function write(number: number): void {
  storage.offline.append(owner, { stamp: number, stanza: `<message id='${number}'/>` });
  const ticket = storage.rosters.put(
    owner,
    item('counter@montague.example', { name: `${number}` }),
  );
  Promise.resolve(storage.durability.whenCommitted(ticket)).then(
    () => process.stdout.write(`${number}\n`),
    () => process.exit(1),
  );
}
