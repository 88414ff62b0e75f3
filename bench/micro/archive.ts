/**
 * What the message archive costs: to add messages of two accounts each, to read pages of a
 * large archive, its bytes on disk, and what is felt of the end of a large account.
 *
 *     node bench/micro/archive.ts [directory on the disk to measure] [messages of the large account]
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog as log } from '../../src/lib/log.ts';
import type { ArchiveQuery, Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { bytesOfStanzas, cpuNow, create, exchange, inTurns, owner, say } from './archive-load.ts';

const OWNERS = 200;
const MESSAGES = 100_000;
const LARGE = Number(process.argv[3] ?? 1_000_000);
const LARGE_OWNER = 'chronicler@montague.example';
const RARE_PEER = 'apothecary@mantua.example';

async function adding(storage: Storage, what: string): Promise<void> {
  const cpu = cpuNow();
  const main = process.threadCpuUsage();
  const start = performance.now();
  await inTurns(storage, MESSAGES, (n) => {
    const pair = Math.floor(Math.random() * (OWNERS / 2)) * 2;
    exchange(storage, owner(pair + (n % 2)), owner(pair + 1 - (n % 2)), n);
  });
  const { user, system } = process.threadCpuUsage(main);
  say(`${what}, both owners: CPU of all threads`, (cpuNow() - cpu) / MESSAGES, 'us/message');
  say(`${what}, both owners: CPU of the main thread`, (user + system) / MESSAGES, 'us/message');
  say(`${what}, both owners`, MESSAGES / ((performance.now() - start) / 1000), 'messages/s');
}

async function fillLarge(storage: Storage): Promise<void> {
  await create(storage, LARGE_OWNER);
  await inTurns(storage, LARGE, (n) => {
    const isRare = n % Math.ceil(LARGE / 20) === 7;
    exchange(storage, LARGE_OWNER, isRare ? RARE_PEER : `peer${n % 500}@capulet.example`, n);
  });
}

async function timed(storage: Storage, what: string, queries: readonly ArchiveQuery[]) {
  const times: number[] = [];
  const cpu = cpuNow();
  for (const query of queries) {
    const start = performance.now();
    await storage.archive.page(LARGE_OWNER, query);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  say(`${what}: CPU of all threads`, (cpuNow() - cpu) / queries.length / 1000, 'ms');
  say(`${what}: elapsed, median`, times[times.length >> 1]!, 'ms');
  say(`${what}: elapsed, slowest`, times.at(-1)!, 'ms');
}

async function reading(storage: Storage): Promise<void> {
  const page = { limit: 100, direction: 'forward', wantsCount: true } as const;
  const { first } = (await storage.archive.bounds(LARGE_OWNER))!;
  const ids: number[] = [];
  // A few hundred places, evenly through the archive.
  for (let after = first; ids.length < 300; ) {
    const query = { page: { ...page, after, wantsCount: false } };
    const { messages, isComplete } = await storage.archive.page(LARGE_OWNER, query);
    ids.push(messages.at(-1)?.id ?? first);
    if (isComplete) break;
    const span = Math.max(1, Math.floor(LARGE / 300 / 100));
    after = await skip(storage, messages.at(-1)!.id, span);
  }
  await timed(
    storage,
    'page of 100 at any depth',
    ids.map((after) => ({ page: { ...page, after } })),
  );
  const back = { ...page, direction: 'backward' } as const;
  await timed(
    storage,
    'last page of 100',
    ids.map(() => ({ page: back })),
  );
  await timed(
    storage,
    'rare `with`',
    ids.map(() => ({ with: RARE_PEER, page })),
  );
}

async function skip(storage: Storage, after: number, pages: number): Promise<number> {
  const page = { limit: 100 * pages, direction: 'forward', wantsCount: false } as const;
  const { messages } = await storage.archive.page(LARGE_OWNER, { page: { ...page, after } });
  return messages.at(-1)?.id ?? after;
}

/** What somebody else's change waits while a large account goes. */
async function ending(storage: Storage): Promise<void> {
  const times: number[] = [];
  storage.users.delete(LARGE_OWNER, 0);
  const end = performance.now() + 5_000;
  for (let n = 0; performance.now() < end; n++) {
    const start = performance.now();
    exchange(storage, owner(0), owner(1), n);
    await storage.durability.whenCommitted(storage.durability.latest);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  say('a change while the large account goes, median', times[times.length >> 1]!, 'ms');
  say('a change while the large account goes, slowest', times.at(-1)!, 'ms');
}

const root = process.argv[2] ?? tmpdir();
mkdirSync(root, { recursive: true });
const place = mkdtempSync(join(root, 'epode-bench-'));
const directory = join(place, 'data');
const open = () => openStorage({ directory, log, mode: 'thread' });
try {
  let storage = await open();
  for (let n = 0; n < OWNERS; n++) await create(storage, owner(n));
  await adding(storage, `the first ${MESSAGES}`);
  await adding(storage, `the next ${MESSAGES}`);
  await storage.close();
  const size = statSync(join(directory, 'epode.sqlite')).size;
  const bytes = bytesOfStanzas();
  say('bytes of a stanza', bytes / (2 * MESSAGES), 'bytes');
  say('file, by the bytes of its stanzas counted once', size / bytes, 'times');
  storage = await open();
  await fillLarge(storage);
  await reading(storage);
  await ending(storage);
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
