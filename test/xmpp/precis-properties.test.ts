import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { generatePrecisTables } from '../../scripts/generate-precis.ts';
import {
  bidiClass,
  derivedProperty,
  isVirama,
  joiningType,
} from '../../src/xmpp/precis-properties.ts';
import { UNICODE_VERSION } from '../../src/xmpp/precis-tables.generated.ts';

describe('the generated tables', () => {
  const isSameUnicode = process.versions.unicode === UNICODE_VERSION;

  // Elsewhere the letters that never change stand for the rest.
  test('are what the script makes, on a Node.js with their version of Unicode', () => {
    const committed = new URL('../../src/xmpp/precis-tables.generated.ts', import.meta.url);
    if (isSameUnicode) expect(generatePrecisTables()).toBe(readFileSync(committed, 'utf8'));
    else expect(Array.from('aZ1é山', derivedProperty).join('')).toBe('PPPPP');
  });

  test.each([
    ['P', 'letters, digits, ASCII punctuation, exceptions', 'aZ9!~ßς〇山\u0301\u{11f42}'],
    ['F', 'spaces, symbols, other punctuation, compatibility characters', ' ♚—Ⅳﬁ\u212aＡ\u0958'],
    ['J', 'joiners', '\u200c\u200d'],
    ['O', 'what needs a context', '·\u0375\u05f3\u05f4・\u0660\u06f9'],
    [
      'D',
      'what is never valid',
      '\u0000\u007f\u00ad\u0640\u1100\u200b\u202e\ufeff\ufffe\ue000\ud800',
    ],
    ['U', 'what has no meaning yet', '\u0378\u{e0080}'],
  ])('%s: %s [RFC8264 8]', (property, _, characters) => {
    for (const character of characters)
      expect([character, derivedProperty(character)]).toEqual([character, property]);
  });

  test('know bidirectional classes', () => {
    expect(Array.from('aא\u06281\u0661\u0301-+.%! \u2028', bidiClass).join('')).toBe(
      'LRREAMNNNNNXX',
    );
  });

  test('know joining types and viramas', () => {
    expect(Array.from('\u0628\u0627\u064b\ua872a', joiningType).join('')).toBe('DRTLU');
    expect(Array.from('\u094d\u0e3a\ua953\u{1107f}\u05b0a', isVirama)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
