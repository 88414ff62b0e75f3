/**
 * What a message more costs, and a page, in archives that grow: by default of 10 thousand and a
 * million messages. Ten million take 7 GB and half an hour.
 *
 *     node bench/micro/archive-growth.ts [10000,1000000,10000000] [directory on the disk to measure]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog as log } from '../../src/lib/log.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { cpuNow, create, exchange, inTurns, owner, say } from './archive-load.ts';

const SIZES = (process.argv[2] ?? '10000,1000000').split(',').map(Number);
const OWNERS = 200;
/** Messages that are measured at each size, which begin with so many unmeasured ones. */
const MEASURED = 20_000;
const PAGES = 300;

function add(storage: Storage, count: number): Promise<void> {
  return inTurns(storage, count, (n) => {
    const pair = Math.floor(Math.random() * (OWNERS / 2)) * 2;
    exchange(storage, owner(pair + (n % 2)), owner(pair + 1 - (n % 2)), n);
  });
}

/** From the newest back, of everybody in turn. */
async function readPages(storage: Storage): Promise<number> {
  let messages = 0;
  for (let n = 0; n < PAGES; n++) {
    const page = { limit: 100, direction: 'backward', wantsCount: true } as const;
    messages += (await storage.archive.page(owner(n % OWNERS), { page })).messages.length;
  }
  return messages;
}

async function measure(storage: Storage, size: number): Promise<void> {
  let cpu = cpuNow();
  await add(storage, MEASURED);
  say(`${size} messages: one more, both owners, all threads`, (cpuNow() - cpu) / MEASURED, 'us');
  await readPages(storage);
  cpu = cpuNow();
  const read = await readPages(storage);
  say(`${size} messages: a message of a page`, (cpuNow() - cpu) / read, 'us');
}

const place = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'epode-bench-'));
try {
  const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
  for (let n = 0; n < OWNERS; n++) await create(storage, owner(n));
  let there = 0;
  for (const size of SIZES) {
    await add(storage, Math.max(0, size - there));
    await measure(storage, size);
    there = Math.max(size, there) + MEASURED;
  }
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
