import { expect, test } from '@jest/globals';
import { randomText } from '../../src/lib/random.ts';

test('nothing comes twice, over many fillings of the pool', () => {
  const texts = Array.from({ length: 2000 }, () => randomText(16));
  expect(new Set(texts).size).toBe(2000);
  for (const text of texts) expect(text).toMatch(/^[\w-]{22}$/);
});

test('every size is whole, and every bit both ways', () => {
  const seen = { ones: Buffer.alloc(4096), zeros: Buffer.alloc(4096) };
  for (let n = 0; n < 64; n++) {
    const bytes = Buffer.from(randomText(4096), 'base64url');
    expect(bytes).toHaveLength(4096);
    bytes.forEach((byte, at) => {
      seen.ones[at]! |= byte;
      seen.zeros[at]! |= ~byte;
    });
  }
  expect(seen.ones.every((byte) => byte === 255)).toBe(true);
  expect(seen.zeros.every((byte) => byte === 255)).toBe(true);
});
