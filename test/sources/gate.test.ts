import { beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { Gate } from '../../src/sources/gate.ts';
import { SourceError } from '../../src/sources/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

const TIMEOUT = 1_000;

let clock: ManualClock;
let gate: Gate;
beforeEach(() => {
  clock = new ManualClock();
  gate = new Gate(TIMEOUT, { clock, log });
});

/** Questions that are answered when the test says so. */
function questions(count: number) {
  const asked: { answer: (value: number) => void; signal: AbortSignal }[] = [];
  const answers = Array.from({ length: count }, () =>
    gate.run((signal) => {
      const { promise, resolve } = Promise.withResolvers<number>();
      asked.push({ answer: resolve, signal });
      return promise;
    }),
  );
  // Whether they fail is looked at later.
  for (const answer of answers) answer.catch(() => {});
  return { asked, answers };
}

const turn = () => new Promise(setImmediate);
const fail = () => gate.run(() => Promise.reject(new Error('down')));

test('sixteen are asked at a time, and whoever waits longest is next', async () => {
  const { asked, answers } = questions(20);
  await turn();
  expect(asked).toHaveLength(16);
  asked[0]!.answer(1);
  expect(await answers[0]).toBe(1);
  await turn();
  expect(asked).toHaveLength(17);
  for (const index of [...Array(20).keys()].slice(1)) {
    await turn();
    asked[index]!.answer(index);
  }
  expect(await answers[19]).toBe(19);
});

test('no more than a bounded number wait', async () => {
  questions(16 + 256);
  await expect(gate.run(async () => 1)).rejects.toThrow(SourceError);
});

test('the deadline counts for those who wait as well, and ends the question', async () => {
  const { asked, answers } = questions(17);
  await turn();
  clock.advance(TIMEOUT);
  const outcomes = await Promise.allSettled(answers);
  expect(outcomes.map(({ status }) => status)).toEqual(Array(17).fill('rejected'));
  expect(asked).toHaveLength(16);
  expect(asked.every(({ signal }) => signal.aborted)).toBe(true);
  // All places are free again, once it has rested.
  clock.advance(5_000);
  const again = questions(16);
  await turn();
  expect(again.asked).toHaveLength(16);
});

test('after five failures in a row nobody is asked for five seconds', async () => {
  for (let count = 0; count < 5; count++) await expect(fail()).rejects.toThrow('down');
  await expect(fail()).rejects.toThrow('it has failed too often');
  clock.advance(5_000);
  expect(await gate.run(async () => 1)).toBe(1);
  await expect(fail()).rejects.toThrow('down');
  expect(await gate.run(async () => 2)).toBe(2);
});

test('whatever goes wrong is told in one line, by its cause', async () => {
  const cause = new Error('connect ECONNREFUSED\nand more');
  const failure = gate.run(() => Promise.reject(new TypeError('fetch failed', { cause })));
  await expect(failure).rejects.toEqual(new SourceError('connect ECONNREFUSED'));
});
