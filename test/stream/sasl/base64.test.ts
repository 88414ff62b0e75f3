import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeBase64 } from '../../../src/stream/sasl/base64.ts';

test('[RFC4648 4] decodes what was encoded', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
    }),
  );
});

describe('[RFC6120 13.9.1] refuses', () => {
  test.each([
    ['missing padding', 'YQ'],
    ['padding too much', 'YWFh='],
    ['padding alone', '='],
    ['a line break', 'YWFh\nYWFh'],
    ['a space', ' YWFh'],
    ['the alphabet of URLs', '-_-_'],
    ['stray bits', 'YR=='],
    ['text behind the padding', 'YQ==YWFh'],
    ['a single character', 'Y'],
    ['anything else', '*'],
  ])('%s', (_, text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});
