import { describe, expect, test } from '@jest/globals';
import { obeysBidiRule } from '../../src/xmpp/precis-bidi.ts';

describe('the Bidi Rule [RFC5893 2]', () => {
  test.each([
    ['no right-to-left character, so no rule', '1-', true],
    ['1: begins with a right-to-left letter', 'אב', true],
    ['1: begins with an Arabic number', '\u0661א', false],
    ['1: begins with punctuation', '-א', false],
    ['2: a left-to-right letter within', 'אbא', false],
    ['2: punctuation and digits within', 'א-1ב', true],
    ['3: ends with a digit', 'א1', true],
    ['3: ends with a mark', 'א\u05b0', true],
    ['3: ends with punctuation', 'א-', false],
    ['3: ends with punctuation and a mark', 'א-\u05b0', false],
    ['4: European and Arabic digits', 'ب1\u0661ب', false],
    ['4: one kind of digits', 'ب\u0661ب', true],
    ['5: a right-to-left letter in left-to-right text', 'aאb', false],
    ['5: an Arabic number in left-to-right text', 'a\u0661b', false],
  ])('%s', (_, text, expected) => {
    expect(obeysBidiRule(text)).toBe(expected);
  });
});
