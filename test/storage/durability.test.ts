import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { connect } from '../../src/storage/sqlite/connection.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { ROMEO, user } from '../contracts/records.ts';
import { temporaryPlaces } from './places.ts';

const CHILD = new URL('./durability-child.ts', import.meta.url).pathname;
const ROUNDS = 8;
const newPlace = temporaryPlaces();

/** Lets a child write, kills it after `lines` printed numbers, returns what it printed. */
async function writeUntilKilled(directory: string, first: number, lines: number) {
  const child = spawn(process.execPath, [CHILD, directory, ROMEO, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const printed: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(Number(line));
    if (printed.length === lines) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return printed;
}

async function stored(directory: string) {
  const storage = await openStorage({ directory, log, mode: 'inline' });
  const messages = await storage.offline.load(ROMEO);
  const [counter] = (await storage.rosters.load(ROMEO)).items;
  await storage.close();
  return { messages, counter: Number(counter?.name) };
}

test('what was committed survives kill -9, in order and in whole batches', async () => {
  const directory = newPlace();
  const storage = await openStorage({ directory, log, mode: 'inline' });
  await storage.users.create(user(ROMEO), []);
  await storage.close();
  let count = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const lines = 1 + Math.floor(Math.random() * 500);
    const printed = await writeUntilKilled(directory, count + 1, lines);
    expect(printed).toEqual(printed.map((_, n) => count + 1 + n));
    const last = printed.at(-1)!;
    const { messages, counter } = await stored(directory);
    expect(messages.length).toBeGreaterThanOrEqual(last);
    expect(messages.map(({ stamp }) => stamp)).toEqual(messages.map((_, n) => n + 1));
    expect(messages.every(({ stamp, stanza }) => stanza === `<message id='${stamp}'/>`)).toBe(true);
    expect(counter).toBe(messages.length);
    count = messages.length;
  }
  const db = connect(join(directory, 'epode.sqlite'));
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
}, 30_000);
