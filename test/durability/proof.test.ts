import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadFor, SWEEPS, schedule } from './proof/faults.ts';
import { readOptions, UsageError } from './proof/options.ts';
import { runChapter } from './proof/proof.ts';
import { Random } from './proof/random.ts';

const PROGRAM = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  resolve('src/cli/main.ts'),
];
const DEVICES = ['ann/laptop', 'ben/phone'];

/** Run by `npm run prove` with hundreds of kills; `docs/durability.md` tells what it shows. */
test('what was acknowledged survives kills, stops, cuts and a full disk', async () => {
  const load = { ...loadFor(4, ['message']), stops: 1, leaves: 2, clockMoves: 1 };
  const { counts, violations, details } = await runChapter(PROGRAM, 'tests', load);
  expect([details, violations]).toEqual(['', []]);
  expect(counts).toMatchObject({ kills: 4 });
  expect(counts.acknowledged).toBeGreaterThan(20);
  expect(counts.heard).toBeGreaterThan(20);
  expect(counts.cuts).toBeGreaterThan(100);
}, 120_000);

describe('the faults', () => {
  const load = loadFor(20, SWEEPS);
  const made = (seed: string) => schedule(new Random(seed), load, DEVICES);

  test('are those that were asked for, in an order that the seed makes', () => {
    const count = (kind: string) => made('a').filter((fault) => fault.kind === kind).length;
    expect(count('kill')).toBe(20);
    expect(count('sweep')).toBe(SWEEPS.length);
    expect(made('a')).toEqual(made('a'));
    expect(made('a')).not.toEqual(made('b'));
  });

  test('move the clock forwards by less than what sessions are kept for', () => {
    const moves = made('a').flatMap((fault) => (fault.kind === 'clock' ? [fault.seconds] : []));
    expect(moves.length).toBeGreaterThan(0);
    expect(Math.max(...moves)).toBeLessThanOrEqual(60);
  });
});

describe('the options', () => {
  test('have defaults, and a seed of their own each time', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ kills: 500, minutes: 60, keep: false });
    expect(readOptions([]).seed).not.toBe(options.seed);
  });

  test.each([
    ['--kills', 'many'],
    ['--kills', '-1'],
    ['--minutes', '0'],
    ['--frills', '1'],
  ])('%s %s is refused, with what is possible', (...args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(/usage: npm run prove/);
  });
});
