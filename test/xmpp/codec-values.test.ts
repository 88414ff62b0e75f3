import { describe, expect, test } from '@jest/globals';
import { boolean, dateTime, integer, jid, oneOf } from '../../src/xmpp/codec-values.ts';

describe('values', () => {
  test.each([['0'], ['-5'], ['+5'], ['007'], ['9007199254740991']])(
    '%s is an integer',
    (written) => {
      expect(integer(-5, Number.MAX_SAFE_INTEGER).parse(written)).toBe(Number(written));
    },
  );

  test.each([[''], [' 1'], ['1.0'], ['1e3'], ['0x10'], ['-6'], ['٣'], ['1'.repeat(100_000)]])(
    '%.20j is no integer from -5 on',
    (written) => {
      expect(integer(-5, Number.MAX_SAFE_INTEGER).parse(written)).toBeUndefined();
    },
  );

  test('a boolean has two spellings each', () => {
    expect(['true', '1', 'false', '0', 'TRUE', '', 'constructor'].map(boolean.parse)).toEqual([
      ...[true, true, false, false, undefined, undefined, undefined],
    ]);
  });

  test('words, addresses and dates are refused when they are none', () => {
    expect(oneOf('to', 'from').parse('from')).toBe('from');
    expect(oneOf('to', 'from').parse('both')).toBeUndefined();
    expect(jid.parse('Juliet@example.com')?.toString()).toBe('juliet@example.com');
    expect(jid.parse('@')).toBeUndefined();
    expect(dateTime.parse('1970-01-01T00:00:01Z')).toBe(1000);
    expect(dateTime.parse('tomorrow')).toBeUndefined();
  });
});
