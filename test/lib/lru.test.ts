import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LruMap } from '../../src/lib/lru.ts';

describe('a bounded map', () => {
  test('gives back what was set', () => {
    const map = new LruMap<string, number>(4);
    map.set('a', 1);
    map.set('a', 2);
    expect(map.get('a')).toBe(2);
    expect(map.get('b')).toBeUndefined();
    expect(map.size).toBe(1);
  });

  test('forgets what has not been used for long, and keeps what has', () => {
    const map = new LruMap<number, string>(10);
    map.set(-1, 'used');
    map.set(-2, 'unused');
    for (let key = 0; key < 100; key++) {
      map.set(key, 'new');
      expect(map.get(-1)).toBe('used');
    }
    expect(map.get(-2)).toBeUndefined();
  });

  test('deletes from both generations', () => {
    const map = new LruMap<string, number>(4);
    map.set('old', 1);
    map.set('older', 2);
    map.set('young', 3);
    expect(map.delete('old')).toBe(true);
    expect(map.delete('young')).toBe(true);
    expect(map.delete('never')).toBe(false);
    expect([map.get('old'), map.get('older'), map.get('young')]).toEqual([undefined, 2, undefined]);
    map.clear();
    expect(map.size).toBe(0);
  });

  test('refuses a capacity that holds nothing', () => {
    expect(() => new LruMap(1)).toThrow(RangeError);
    expect(() => new LruMap(Number.NaN)).toThrow(RangeError);
  });

  test('is never larger than its capacity and never gives a wrong value', () => {
    const step = fc.record({
      kind: fc.constantFrom('set', 'get', 'delete'),
      key: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(step), (capacity, steps) => {
        const map = new LruMap<number, number>(capacity);
        const all = new Map<number, number>();
        for (const [turn, { kind, key }] of steps.entries()) {
          if (kind === 'set') {
            map.set(key, turn);
            all.set(key, turn);
            expect(map.get(key)).toBe(turn);
          } else if (kind === 'get') {
            expect([undefined, all.get(key)]).toContain(map.get(key));
          } else {
            map.delete(key);
            all.delete(key);
            expect(map.get(key)).toBeUndefined();
          }
          expect(map.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });
});
