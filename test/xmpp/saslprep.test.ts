import { describe, expect, test } from '@jest/globals';
import {
  prepareQueryPassword,
  prepareStoredPassword,
  SaslprepError,
} from '../../src/xmpp/saslprep.ts';

describe.each([
  ['stored', prepareStoredPassword],
  ['sent', prepareQueryPassword],
])('a %s password', (_, prepare) => {
  // RFC 4013 §3, and what stands behind each rule.
  test.each([
    ['soft hyphen', 'I\u00adX', 'IX'],
    ['ASCII', 'user', 'user'],
    ['case', 'USER', 'USER'],
    ['feminine ordinal', '\u00aa', 'a'],
    ['roman nine', '\u2168', 'IX'],
    ['no-break space', 'a\u00a0b', 'a b'],
    ['ideographic space', 'a\u3000b', 'a b'],
    ['en quad', 'a\u2000b', 'a b'],
    ['ASCII spaces, kept', ' a  b ', ' a  b '],
    ['fullwidth letters', 'ｐａｓｓ', 'pass'],
    ['ligature', '\ufb01', 'fi'],
    ['letter and mark apart', 'e\u0301', '\u00e9'],
    ['right-to-left letters', '\u0627\u0031\u0628', '\u0627\u0031\u0628'],
  ])('%s: mapped [RFC4013 3]', (__, text, prepared) => {
    expect(prepare(text)).toBe(prepared);
  });

  test.each([
    ['a control character', 'a\u0007b'],
    ['DEL', '\u007f'],
    ['a right-to-left letter and a digit at the end', '\u0627\u0031'],
    ['letters of both directions', '\u0627a\u0627'],
    ['private use', '\ue000'],
    ['a noncharacter', '\ufffe'],
    ['a lone surrogate', '\ud800'],
    ['a replacement character', '\ufffd'],
    ['a right-to-left mark', 'a\u200fb'],
    ['a tag', '\u{e0041}'],
    ['nothing', ''],
    ['nothing but soft hyphens', '\u00ad\u00ad'],
  ])('%s: refused [RFC4013 2.3, 2.4]', (__, text) => {
    expect(() => prepare(text)).toThrow(SaslprepError);
  });

  test('1023 bytes are the most', () => {
    expect(prepare('a'.repeat(1023))).toHaveLength(1023);
    expect(() => prepare('a'.repeat(1024))).toThrow('too long');
    expect(() => prepare('é'.repeat(512))).toThrow('too long');
  });

  test('the error does not repeat the password', () => {
    expect(() => prepare('secret\u0007')).toThrow(
      expect.objectContaining({ text: expect.not.stringContaining('secret') }),
    );
  });
});

test('unassigned characters are for queries only [RFC4013 2.5, RFC5802 2.2]', () => {
  expect(prepareQueryPassword('a\u0221')).toBe('a\u0221');
  expect(() => prepareStoredPassword('a\u0221')).toThrow(SaslprepError);
});
