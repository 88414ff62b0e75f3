import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { titleOf } from '../../bench/profile/areas.ts';
import { callTreeOfCpu, callTreeOfHeap, tally } from '../../bench/profile/call-tree.ts';
import { figuresOf } from '../../bench/profile/collections.ts';
import { within } from '../../bench/profile/cpu-profile.ts';
import { type RecordedWindow, Recorder } from '../../bench/profile/recorder.ts';
import { Sources } from '../../bench/profile/source-maps.ts';

const GARBAGE = `
const kept = [];
function makeGarbage() {
  for (let i = 0; i < 3e4; i++) kept[i % 100] = { i, text: [i, i + 1].join() };
}
`;
/** Makes garbage in short turns, as its helper does, and says when that has made some more. */
const MAIN = `
import { Worker } from 'node:worker_threads';
const helper = new Worker(new URL('helper.mjs', import.meta.url));
helper.on('message', () => process.stdout.write('some\\n'));
${GARBAGE}
setInterval(makeGarbage, 1);
`;
const HELPER = `
import { parentPort } from 'node:worker_threads';
${GARBAGE}
let turns = 0;
setInterval(() => {
  makeGarbage();
  if (++turns % 10 === 0) parentPort.postMessage('some');
}, 1);
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'epode-recorder-'));
  writeFileSync(join(folder, 'main.mjs'), MAIN);
  writeFileSync(join(folder, 'helper.mjs'), HELPER);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is recorded of that program while it makes some garbage. */
async function record(what: 'cpu' | 'heap', interval: number): Promise<RecordedWindow> {
  const recorder = await Recorder.open(folder, what, interval);
  // V8 gives the time in a loop that is compiled while it runs to the caller of its function.
  const argv = ['--no-use-osr', join(folder, 'main.mjs')];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...recorder.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    recorder.begin(child.pid!);
    await once(child.stdout, 'data');
    recorder.end();
    await recorder.settle();
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    recorder.close();
  }
  expect(recorder.windows).toHaveLength(1);
  return recorder.windows[0]!;
}

const names = (tallies: readonly { readonly name: string }[]) => tallies.map(({ name }) => name);

test('every thread of a program is recorded, and collections with it', async () => {
  const { threads, processor, from, to } = await record('cpu', 200);
  expect([...threads.keys()].sort()).toEqual(['helper', 'main']);
  for (const { cpu, collections } of threads.values()) {
    const profile = within(cpu!, from, to);
    expect(profile.endTime - profile.startTime).toBeLessThanOrEqual(to - from);
    const functions = names(tally(callTreeOfCpu(new Sources().ofCpu(profile)), titleOf));
    expect(functions.some((name) => name.startsWith('makeGarbage'))).toBe(true);
    const { allocated, kinds } = figuresOf(collections!);
    expect(allocated).toBeGreaterThan(1_000_000);
    expect(names(kinds.map(({ kind }) => ({ name: kind })))).toContain('Scavenge');
  }
  expect(processor.find(({ name }) => name === 'main')?.all).toBeGreaterThan(0);
});

test('what is allocated is recorded by function, though nothing of it stays', async () => {
  const { threads } = await record('heap', 4_096);
  for (const { heap } of threads.values()) {
    const functions = tally(callTreeOfHeap(heap!), titleOf);
    const garbage = functions.find(({ name }) => name.startsWith('makeGarbage'));
    expect(garbage?.total).toBeGreaterThan(1_000_000);
  }
});
