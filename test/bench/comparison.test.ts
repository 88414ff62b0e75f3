import { expect, test } from '@jest/globals';
import { advantages, valuesOf, warnings } from '../../bench/run/comparison.ts';
import { coresIn } from '../../bench/run/cores.ts';
import { median, spread } from '../../bench/run/statistics.ts';
import { chatRun } from './sample-results.ts';

const { rounds } = chatRun;

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[], Number.NaN],
])('the median of %j is %d', (values, wanted) => {
  expect(median(values)).toBe(wanted);
});

test('a spread is the median between its extremes, or the value alone', () => {
  expect(spread([3, 1, 2], 1)).toBe('2.0 [1.0 - 3.0]');
  expect(spread([2.25], 1)).toBe('2.3');
  expect(spread([], 1)).toBe('-');
});

test('figures are those of the rounds that have one', () => {
  expect(valuesOf(rounds, 'prosody', { key: 'cpuUsPerMessage' })).toEqual([80, 60, 90]);
  expect(valuesOf(rounds, 'ejabberd', { key: 'cpuUsPerMessage' })).toEqual([40]);
  expect(valuesOf(rounds, 'relay', { key: 'cpuUsPerMessage' })).toEqual([]);
});

test('an advantage is above 1 where Epode is better, less being better or more', () => {
  const cost = { key: 'cpuUsPerMessage', better: 'lower' } as const;
  expect(advantages(rounds, 'prosody', cost)).toEqual([20, 12, 30]);
  expect(advantages(rounds, 'ejabberd', cost)).toEqual([10]);
  expect(advantages(rounds, 'ejabberd', { key: 'rate', better: 'higher' })).toEqual([10]);
});

test('a disturbed server and a generator at its limit are warned of', () => {
  expect(warnings(rounds)).toEqual([]);
  const busy = { epode: { othersShare: 0.2 }, prosody: { loginGeneratorShare: 0.95 } };
  expect(warnings([rounds[0]!, busy])).toEqual([
    'round 2: other processes disturbed epode',
    'round 2: the generator had no time left: prosody may be faster',
  ]);
});

test.each([
  ['0-3', [0, 1, 2, 3]],
  ['5', [5]],
  ['0-1,6,8-9\n', [0, 1, 6, 8, 9]],
])('the kernel’s list %j means the cores %j', (list, cores) => {
  expect(coresIn(list)).toEqual(cores);
});
