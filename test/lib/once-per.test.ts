import { describe, expect, test } from '@jest/globals';
import { OncePer } from '../../src/lib/once-per.ts';

describe('what is made once', () => {
  test('is made once for each object and variant', () => {
    const made: string[] = [];
    const all = new OncePer<object, string>();
    const [one, other] = [{}, {}];
    const get = (key: object, variant: string) =>
      all.get(key, variant, () => `${made.push(variant)} ${variant}`);
    expect([get(one, 'a'), get(one, 'b'), get(other, 'a')]).toEqual(['1 a', '2 b', '3 a']);
    expect([get(one, 'a'), get(one, 'b'), get(other, 'a')]).toEqual(['1 a', '2 b', '3 a']);
  });
});
