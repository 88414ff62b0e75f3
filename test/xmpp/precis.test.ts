import { describe, expect, test } from '@jest/globals';
import { findNoIdentifier, opaqueString, usernameCaseMapped } from '../../src/xmpp/precis.ts';

const username = (text: string) => usernameCaseMapped(text, 'name');
const opaque = (text: string) => opaqueString(text, 'text');

describe('user names under UsernameCaseMapped', () => {
  // RFC 8265 §3.5, table 1 and the notes on case.
  test.each([
    ['juliet@example.com', 'juliet@example.com'],
    ['fussball', 'fussball'],
    ['fußball', 'fußball'],
    ['π', 'π'],
    ['Σ', 'σ'],
    ['σ', 'σ'],
    ['ς', 'ς'],
  ])('%j becomes %j [RFC8265 3.5]', (text, prepared) => {
    expect(username(text)).toBe(prepared);
  });

  // RFC 8265 §3.5, table 2.
  test.each([['foo bar'], ['henryⅣ'], ['∞']])('%j is refused [RFC8265 3.5]', (text) => {
    expect(() => username(text)).toThrow('must not contain');
  });

  test.each([
    ['Kelvin sign', '\u212a'],
    ['Ångström sign', '\u212b'],
    ['Ohm sign', '\u2126'],
    ['long s', '\u017f'],
    ['ligature fi', '\ufb01'],
    ['Arabic ligature of a phrase', '\ufdfa'],
    ['superscript two', '\u00b2'],
    ['mathematical bold a', '\u{1d41a}'],
    ['soft hyphen', 'a\u00adb'],
    ['zero-width space', 'a\u200bb'],
    ['byte order mark', 'a\ufeffb'],
    ['variation selector', 'a\ufe0f'],
    ['right-to-left override', 'a\u202eb'],
    ['tag letter', 'a\u{e0061}'],
    ['line separator', 'a\u2028b'],
    ['control character', 'a\u0000'],
    ['old Hangul jamo', '\u1100\u1161'],
    ['halfwidth Hangul', '\uffa1'],
    ['fullwidth macron', 'a\uffe3'],
    ['Arabic tatweel', '\u0640'],
    ['emoji', '\u{1f600}'],
    ['lone surrogate', 'a\ud800'],
    ['noncharacter', 'a\uffff'],
    ['private use', 'a\ue000'],
    ['unassigned', '\u0378'],
    ['titlecase letter', '\u01c5'],
  ])('%s: refused [RFC8264 8]', (_, text) => {
    expect(() => username(text)).toThrow('must not contain');
  });

  test.each([
    ['fullwidth letters', 'Ｊｕｌｉｅｔ', 'juliet'],
    ['halfwidth katakana with its voice mark', 'ｶﾞ', 'ガ'],
    ['marks in another order', 'a\u0301\u0316', 'a\u0316\u0301'.normalize('NFC')],
    ['letter and mark apart', 'e\u0301', '\u00e9'],
    ['dotted capital I', '\u0130', 'i\u0307'],
    ['dotless small i', '\u0131', '\u0131'],
    ['Cherokee capitals', '\u13a0\u13a1', '\uab70\uab71'],
    ['Georgian capitals', '\u1c90', '\u10d0'],
    ['sigma at the end of a word', 'ΟΔΟΣ', 'οδος'],
    ['capital sharp s', '\u1e9e', 'ß'],
    ['Deseret', '\u{10400}', '\u{10428}'],
    ['Catalan capitals around their dot', 'COL·LEGI', 'col·legi'],
  ])('%s: mapped [RFC8265 3.3.2]', (_, text, prepared) => {
    expect(username(text)).toBe(prepared);
  });

  test.each([
    ['Hebrew', 'שלום', true],
    ['Hebrew with digits behind', 'שלום12', true],
    ['Arabic with a mark at the end', 'سلامً', true],
    ['Hebrew, then Latin', 'שa', false],
    ['Latin, then Hebrew', 'aש', false],
    ['digits first', '1שלום', false],
    ['both kinds of digits', 'س1\u0661', false],
    ['punctuation at the end', 'שלום-', false],
    ['Latin with punctuation at the end', 'a-', true],
  ])('%s: the Bidi Rule is applied [RFC8265 3.3.2, RFC5893 2]', (_, text, isValid) => {
    if (isValid) expect(username(text)).toBe(text);
    else expect(() => username(text)).toThrow('writing directions');
  });

  test('a joiner stands only behind a virama [RFC5892 A.2]', () => {
    expect(username('क\u094d\u200dष')).toBe('क\u094d\u200dष');
    expect(() => username('a\u200db')).toThrow('U+200D where it must not stand');
  });
});

describe('resources under OpaqueString', () => {
  // RFC 8265 §4.3, tables 3 and 4.
  test.each([
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['πßå', 'πßå'],
    ['Jack of ♦s', 'Jack of ♦s'],
    ['foo\u1680bar', 'foo bar'],
  ])('%j becomes %j [RFC8265 4.3]', (text, prepared) => {
    expect(opaque(text)).toBe(prepared);
  });

  test.each([['my cat is a \u0009by'], ['a\u00adb'], ['\u0007'], ['a\u{1f468}\u200d\u{1f469}']])(
    '%j is refused [RFC8265 4.3]',
    (text) => {
      expect(() => opaque(text)).toThrow(/must not/);
    },
  );

  test('width, case and direction stay as they are [RFC8265 4.2.2]', () => {
    expect(opaque('ＡｂCשa')).toBe('ＡｂCשa');
  });

  test('all spaces become the ordinary one, and marks are composed [RFC8265 4.2.2]', () => {
    expect(opaque('a\u00a0b\u3000c\u2003d')).toBe('a b c d');
    expect(opaque('e\u0301')).toBe('\u00e9');
  });
});

test('every single character is prepared to something stable, or refused', () => {
  for (let codePoint = 0; codePoint <= 0x2ffff; codePoint++) {
    const text = String.fromCodePoint(codePoint);
    for (const prepare of [username, opaque]) {
      const once = attempt(() => prepare(text));
      if (once !== undefined && once !== text) expect(prepare(once)).toBe(once);
    }
  }
});

function attempt(prepare: () => string): string | undefined {
  try {
    return prepare();
  } catch {
    return undefined;
  }
}

test('finds what no internationalised label may contain [RFC5892 2]', () => {
  expect(findNoIdentifier('bücher')).toBeUndefined();
  expect(findNoIdentifier('i♥ny')).toBe('♥');
  expect(findNoIdentifier('a·b')).toBe('·');
});
