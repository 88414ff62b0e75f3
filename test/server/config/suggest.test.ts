import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { editDistance, suggest, suggestionHint } from '../../../src/server/config/suggest.ts';

describe('the edit distance', () => {
  test.each([
    ['listners', 'listeners', 1],
    ['lsiteners', 'listeners', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('of %s and %s', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  test('is 0 for the same text and never more than the longer one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('a suggestion', () => {
  const known = ['hosts', 'listeners', 'limits', 'log'];

  test('is the nearest candidate, whatever the case', () => {
    expect(suggest('Limit', known)).toBe('limits');
    expect(suggest('LISTENER', known)).toBe('listeners');
    expect(suggest('lgo', known)).toBe('log');
  });

  test('is not made when nothing is near', () => {
    expect(suggest('database', known)).toBeNull();
    expect(suggest('x', known)).toBeNull();
    expect(suggestionHint('database', known)).toBe('possible here: hosts, listeners, limits, log');
    expect(suggestionHint('database', [])).toBe('');
  });
});
