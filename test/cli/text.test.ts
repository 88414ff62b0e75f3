import { expect, test } from '@jest/globals';
import {
  count,
  formatBytes,
  formatSpan,
  formatTime,
  printable,
  table,
} from '../../src/cli/text.ts';

test('a table is as wide as its widest cells and ends no line with spaces', () => {
  expect(
    table(
      ['A', 'LONG', ''],
      [
        ['wide', 'x', ''],
        ['é', 'yy', 'z'],
      ],
    ),
  ).toBe('A     LONG\nwide  x\né     yy    z');
});

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min 0 s'],
  [3_661_000, '1 h 1 min'],
  [90_000_000, '1 d 1 h'],
])('%i ms are %s', (milliseconds, expected) => {
  expect(formatSpan(milliseconds)).toBe(expected);
});

test('times are in UTC', () => {
  expect(formatTime(Date.parse('2026-06-01T12:34:56Z'))).toBe('2026-06-01 12:34');
  expect(formatTime(null)).toBe('never');
});

test('what turns or controls text is replaced, other scripts are not', () => {
  expect(printable('a\u001b[0m\n\u202e\u2066b')).toBe('a?[0m???b');
  expect(printable('юлия 朱丽叶 👩')).toBe('юлия 朱丽叶 👩');
});

test('one and many', () => {
  expect([count(1, 'session'), count(0, 'session')]).toEqual(['1 session', '0 sessions']);
});

test('sizes have the unit that keeps them short', () => {
  expect([1, 1_023, 1_024, 1_500_000, 3 * 1_024 ** 3].map(formatBytes)).toEqual([
    '1 byte',
    '1023 bytes',
    '1.0 KiB',
    '1.4 MiB',
    '3.0 GiB',
  ]);
});
