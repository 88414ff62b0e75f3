import { expect, test } from '@jest/globals';
import { parseDuration, parseSize } from '../../../src/server/config/quantities.ts';

test.each([
  ['250ms', 250],
  ['60s', 60_000],
  ['1.5 m', 90_000],
  [' 2h ', 7_200_000],
  ['1d', 86_400_000],
  ['60', null],
  ['60 sec', null],
  ['-1s', null],
  ['1e3s', null],
  ['s', null],
  ['', null],
])('%j as a duration is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ['10000', 10_000],
  ['0 B', 0],
  ['256 KiB', 262_144],
  ['10KB', 10_000],
  ['1.5 MiB', 1_572_864],
  ['1 GB', 1_000_000_000],
  ['256k', null],
  ['10,000', null],
  ['1 TiB', null],
  ['-1', null],
])('%j as a size is %j bytes', (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});
