import { describe, expect, test } from '@jest/globals';
import { findOutOfContext } from '../../src/xmpp/precis-context.ts';

describe('characters that need a context [RFC5892 A]', () => {
  test.each([
    ['A.1', 'a non-joiner behind a virama', 'क\u094d\u200cष'],
    ['A.1', 'a non-joiner between joining letters', 'نامه\u200cای'],
    ['A.1', 'a non-joiner with marks beside it', 'ب\u064b\u200c\u064bب'],
    ['A.2', 'a joiner behind a virama', 'क\u094d\u200dष'],
    ['A.3', 'a middle dot between two l', 'col·legi'],
    ['A.4', 'a keraia before a Greek letter', '\u0375α'],
    ['A.5', 'a geresh behind a Hebrew letter', 'צ\u05f3'],
    ['A.6', 'gershayim behind a Hebrew letter', 'צה\u05f4ל'],
    ['A.7', 'a katakana middle dot among katakana', 'アー・ア'],
    ['A.7', 'a katakana middle dot with a Han character', 'a・山'],
    ['A.8', 'Arabic-Indic digits', '\u0661\u0662'],
    ['A.9', 'extended Arabic-Indic digits', '\u06f1\u06f2'],
  ])('%s: %s may stand', (_, __, text) => {
    expect(findOutOfContext(text)).toBeUndefined();
  });

  test.each([
    ['A.1', 'a non-joiner at the beginning', '\u200cب', '\u200c'],
    ['A.1', 'a non-joiner at the end', 'ب\u200c', '\u200c'],
    ['A.1', 'a non-joiner behind a letter that does not join it', 'د\u200cب', '\u200c'],
    ['A.1', 'a non-joiner between Latin letters', 'a\u200cb', '\u200c'],
    ['A.1', 'a second non-joiner', 'ب\u200c\u200cب', '\u200c'],
    ['A.2', 'a joiner between joining letters', 'ب\u200dب', '\u200d'],
    ['A.3', 'a middle dot elsewhere', 'a·b', '·'],
    ['A.3', 'a middle dot behind one l only', 'l·a', '·'],
    ['A.4', 'a keraia before a Latin letter', '\u0375a', '\u0375'],
    ['A.5', 'a geresh at the beginning', '\u05f3צ', '\u05f3'],
    ['A.6', 'gershayim behind a Latin letter', 'a\u05f4', '\u05f4'],
    ['A.7', 'a katakana middle dot among Latin letters', 'a・b', '・'],
    ['A.8', 'both kinds of digits', '\u0661\u06f2', '\u06f2'],
    ['A.9', 'both kinds of digits, the other way round', '\u06f2\u0661', '\u06f2'],
  ])('%s: %s must not stand', (_, __, text, found) => {
    expect(findOutOfContext(text)).toBe(found);
  });
});
