/**
 * What the index of words costs: for each message that comes, in time that it is behind while
 * messages come at a fixed rate, and to search a large account for a rare word.
 *
 *     node bench/micro/search.ts [messages of the large account] [directory on the disk to measure]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLog as log } from '../../src/lib/log.ts';
import { timeOfId } from '../../src/storage/archive-port.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { connect } from '../../src/storage/sqlite/connection.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { SqliteStore } from '../../src/storage/sqlite/store.ts';
import { cpuNow, create, exchange, inTurns, owner, say } from './archive-load.ts';

const LARGE = Number(process.argv[2] ?? 1_000_000);
const DOMAIN = 'montague.example';
const OWNERS = 100;
/** Messages a second that the index has to follow, and for how many seconds. */
const RATE = 2_000;
const SECONDS = 10;
const ROUNDS = 3;
/** Of a language: few words are said often, most of them seldom. */
const VOCABULARY = 30_000;
const WORDS = 20;
const RARE = 'apothecary';

function sentence(n: number): string {
  const rank = () => Math.floor(Math.exp(Math.random() * Math.log(VOCABULARY)));
  const words = Array.from({ length: WORDS }, () => rank().toString(36).padStart(5, 'w'));
  if (n % Math.ceil(LARGE / 20) === 7) words.push(RARE);
  return words.join(' ');
}

/** All of the large account's, with the index far behind, which then is let go on by itself. */
async function fill(storage: Storage): Promise<void> {
  await inTurns(storage, LARGE, (n) =>
    exchange(storage, owner(0), owner(1 + (n % (OWNERS - 1))), n, sentence(n)),
  );
}

/** In steps as the writer thread does them, each a commit. */
function takeIn(file: string): void {
  const store = new SqliteStore(connect(file));
  const before = process.threadCpuUsage();
  const times: number[] = [];
  for (let isDone = false; !isDone; ) {
    const start = performance.now();
    isDone = store.commit([['search', 'index']]).length > 0;
    times.push(performance.now() - start);
  }
  const { user, system } = process.threadCpuUsage(before);
  store.close();
  times.sort((a, b) => a - b);
  say('a message taken in long after it came', (user + system) / LARGE, 'us');
  say('a step, median', times[times.length >> 1]!, 'ms');
  say('a step, slowest of a hundred', times[Math.floor(times.length * 0.99)]!, 'ms');
}

interface Load {
  /** CPU of all threads, us a message, until everything is filed, and indexed where it is. */
  readonly cost: number;
  /** ms */
  readonly late: number;
}

/** Messages at the rate, between a hundred accounts. */
async function load(storage: Storage, file: string): Promise<Load> {
  const db = connect(file);
  const number = (sql: string) => db.prepare<[], number | null>(sql).pluck();
  const unfiled = number('SELECT min(id) FROM arrival');
  const unindexed = number(`
    SELECT min(id) FROM message WHERE id > (SELECT nullif(upto, -1) FROM search_progress)`);
  const cpu = cpuNow();
  const start = performance.now();
  let late = 0;
  let n = 0;
  for (let due = 0; due < RATE * SECONDS; ) {
    due = ((performance.now() - start) / 1000) * RATE;
    for (; n < due; n++) {
      const pair = (2 * n) % OWNERS;
      exchange(storage, owner(pair), owner(pair + 1), LARGE + n, sentence(n));
    }
    await pause(5);
    const oldest = unindexed.get() ?? null;
    if (oldest !== null) late = Math.max(late, Date.now() - timeOfId(oldest));
  }
  while ((unfiled.get() ?? unindexed.get() ?? null) !== null) await pause(50);
  db.close();
  return { cost: (cpuNow() - cpu) / n, late };
}

/** The same load with the index and without, in turns, each in a new store. */
async function comparing(): Promise<void> {
  const costs = { with: 0, without: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ['without', 'with'] as const) {
      const directory = join(place, `${way}-${round}`);
      const storage = await openStorage({ directory, log, mode: 'thread' });
      storage.archive.keepIndex(DOMAIN, way === 'with');
      for (let n = 0; n < OWNERS; n++) await create(storage, owner(n));
      const { cost, late } = await load(storage, join(directory, 'epode.sqlite'));
      costs[way] += cost / ROUNDS;
      if (way === 'with') say(`at ${RATE} messages/s the index is behind by up to`, late, 'ms');
      await storage.close();
    }
  }
  say('a message at that rate without the index: CPU of all threads', costs.without, 'us');
  say('the same with it', costs.with, 'us');
}

async function searching(storage: Storage): Promise<void> {
  const times: number[] = [];
  let found = 0;
  for (let n = 0; n < 100; n++) {
    const start = performance.now();
    found = (await storage.archive.search(owner(0), { text: RARE, limit: 50 })).length;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  say(`a word that ${found} of ${LARGE} messages have, median`, times[times.length >> 1]!, 'ms');
  say('the same, slowest', times.at(-1)!, 'ms');
}

const place = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'epode-bench-'));
const directory = join(place, 'data');
const file = join(directory, 'epode.sqlite');
try {
  await comparing();
  let storage = await openStorage({ directory, log, mode: 'thread' });
  for (let n = 0; n < OWNERS; n++) await create(storage, owner(n));
  await fill(storage);
  await storage.close();
  // What it has taken in meanwhile, it takes in once more.
  const db = connect(file);
  db.exec("INSERT INTO message_text (message_text) VALUES ('delete-all')");
  db.exec('DELETE FROM search_progress');
  db.close();
  takeIn(file);
  storage = await openStorage({ directory, log, mode: 'thread' });
  const { late } = await load(storage, file);
  say(`with all these, at ${RATE} messages/s it is behind by up to`, late, 'ms');
  await searching(storage);
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
