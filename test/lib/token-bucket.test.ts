import { describe, expect, test } from '@jest/globals';
import { TokenBucket } from '../../src/lib/token-bucket.ts';

describe('a token bucket', () => {
  const bucket = () => new TokenBucket({ perSecond: 10, burst: 20 }, 1_000);

  test('gives a burst at once, and from then on by its rate', () => {
    const tokens = bucket();
    expect(tokens.take(20, 1_000)).toBe(0);
    expect(tokens.take(1, 1_000)).toBe(100);
    expect(tokens.take(1, 1_100)).toBe(100);
    expect(tokens.take(1, 1_300)).toBe(0);
  });

  test('is never fuller than its burst', () => {
    const tokens = bucket();
    expect(tokens.take(20, 100_000)).toBe(0);
    expect(tokens.waitFor(1, 100_000)).toBe(100);
  });

  test('tells for how long to wait, and takes nothing by that', () => {
    const tokens = bucket();
    expect(tokens.waitFor(25, 1_000)).toBe(500);
    expect(tokens.waitFor(20, 1_000)).toBe(0);
    expect(tokens.take(20, 1_000)).toBe(0);
  });

  test('gives nothing for time that goes back, nor twice for what comes again', () => {
    const tokens = bucket();
    tokens.take(20, 2_000);
    expect(tokens.waitFor(1, 1_000)).toBe(100);
    expect(tokens.waitFor(1, 2_000)).toBe(100);
    expect(tokens.waitFor(1, 2_100)).toBe(0);
  });
});
