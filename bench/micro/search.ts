/**
 * What the index of words costs: for each message it takes in, in time that it is behind while
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
import { create, exchange, inTurns, owner, say } from './archive-load.ts';

const LARGE = Number(process.argv[2] ?? 1_000_000);
const OWNERS = 100;
/** Messages a second that the index has to follow, and for how many seconds. */
const RATE = 2_000;
const SECONDS = 10;
/** Of a language: few words are said often, most of them seldom. */
const VOCABULARY = 30_000;
const WORDS = 15;
const RARE = 'apothecary';

function sentence(n: number): string {
  const rank = () => Math.floor(Math.exp(Math.random() * Math.log(VOCABULARY)));
  const words = Array.from({ length: WORDS }, () => `w${rank().toString(36)}`);
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
  say('to take a message in', (user + system) / LARGE, 'us');
  say('a step, median', times[times.length >> 1]!, 'ms');
  say('a step, slowest of a hundred', times[Math.floor(times.length * 0.99)]!, 'ms');
}

async function lateness(storage: Storage, file: string): Promise<void> {
  const db = connect(file);
  const next = db
    .prepare<[], number | null>(
      'SELECT min(id) FROM message WHERE id > (SELECT upto FROM search_progress)',
    )
    .pluck();
  const start = performance.now();
  let longest = 0;
  for (let n = 0, due = 0; due < RATE * SECONDS; ) {
    due = ((performance.now() - start) / 1000) * RATE;
    for (; n < due; n++) {
      const pair = (2 * n) % OWNERS;
      exchange(storage, owner(pair), owner(pair + 1), LARGE + n, sentence(n));
    }
    await pause(5);
    const oldest = next.get() ?? null;
    if (oldest !== null) longest = Math.max(longest, Date.now() - timeOfId(oldest));
  }
  db.close();
  say(`at ${RATE} messages/s it is behind by up to`, longest, 'ms');
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
  await lateness(storage, file);
  await searching(storage);
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
