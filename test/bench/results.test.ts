import { expect, test } from '@jest/globals';
import { finiteOnly, parseResults, readResults } from '../../bench/suite/results.ts';
import { suiteResults } from './sample-results.ts';

const text = (results: unknown) => JSON.stringify(results);

test('results are what was written', () => {
  expect(parseResults(text(suiteResults), 'suite.json')).toEqual(suiteResults);
});

test('figures that do not apply are left out of the file', () => {
  expect(finiteOnly({ rate: 1, kib: Number.NaN, ratio: Number.POSITIVE_INFINITY })).toEqual({
    rate: 1,
  });
});

test.each([
  ['another format', { ...suiteResults, format: 2 }, /format/],
  ['no run', { ...suiteResults, runs: [] }, /runs/],
  ['a figure that is none', { ...suiteResults, minutes: null }, /minutes/],
  [
    'a sample that is none',
    { ...suiteResults, runs: [{ ...suiteResults.runs[0], rounds: [{ epode: { rate: '1' } }] }] },
    /runs\[0\]\.rounds\[0\]\.epode\.rate/,
  ],
])('%s is refused by name', (_, results, wanted) => {
  expect(() => parseResults(text(results), 'suite.json')).toThrow(wanted);
  expect(() => parseResults(text(results), 'suite.json')).toThrow(/^suite\.json has no results/);
});

test('what is no JSON, and what is not there, is said so', () => {
  expect(() => parseResults('{', 'suite.json')).toThrow(/^suite\.json is no JSON/);
  expect(() => readResults('/nowhere/suite.json')).toThrow(
    /^\/nowhere\/suite\.json cannot be read/,
  );
});
