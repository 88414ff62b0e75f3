/**
 * What a message more costs, and a page, in archives that grow: by default of 10 thousand and a
 * million messages. Ten million take 7 GB and half an hour; after two hours it ends in any case. The
 * index of words is off: `search.ts` has what that costs.
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
/** Messages between two looks at the clock, which ends all after so many milliseconds. */
const STEP = 100_000;
const LIMIT_MS = 2 * 3_600_000;

function add(storage: Storage, count: number): Promise<void> {
  return inTurns(storage, count, (n) => {
    const pair = Math.floor(Math.random() * (OWNERS / 2)) * 2;
    exchange(storage, owner(pair + (n % 2)), owner(pair + 1 - (n % 2)), n);
  });
}

/** @throws {Error} when the time is over. */
async function grow(storage: Storage, from: number, to: number): Promise<void> {
  for (let there = from; there < to; there += STEP) {
    if (performance.now() > LIMIT_MS) throw new Error(`the time is over, with ${there} messages`);
    await add(storage, Math.min(STEP, to - there));
  }
}

/** Until every archive has what was committed for it. */
async function settle(storage: Storage): Promise<void> {
  for (let n = 0; n < OWNERS; n++) await storage.archive.bounds(owner(n));
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
  await settle(storage);
  let cpu = cpuNow();
  await add(storage, MEASURED);
  await settle(storage);
  say(`${size} messages: one more, both owners, all threads`, (cpuNow() - cpu) / MEASURED, 'us');
  await readPages(storage);
  cpu = cpuNow();
  const read = await readPages(storage);
  say(`${size} messages: a message of a page`, (cpuNow() - cpu) / read, 'us');
}

const place = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'epode-bench-'));
try {
  const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
  storage.archive.keepIndex('montague.example', false);
  for (let n = 0; n < OWNERS; n++) await create(storage, owner(n));
  let there = 0;
  for (const size of SIZES) {
    await grow(storage, there, size);
    await measure(storage, size);
    there = Math.max(size, there) + MEASURED;
  }
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
