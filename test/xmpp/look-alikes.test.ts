import { describe, expect, test } from '@jest/globals';
import { generateLookAlikes } from '../../scripts/generate-look-alikes.ts';
import { prepareLocal } from '../../src/xmpp/jid.ts';
import { LOOK_ALIKES } from '../../src/xmpp/look-alikes.generated.ts';
import {
  coarseLook,
  hasTooManyMarks,
  isInOneScript,
  looksLikeAscii,
} from '../../src/xmpp/look-alikes.ts';

describe('the generated table', () => {
  test('has only characters that a localpart may have, each once', () => {
    const characters = LOOK_ALIKES.flatMap(([, each]) => Array.from(each));
    expect(characters.length).toBeGreaterThan(300);
    expect(new Set(characters).size).toBe(characters.length);
    // Some need the right neighbours; the Greek and Cyrillic letters do not.
    for (const character of 'аеорсухіјѕԁοανρ') {
      expect(characters).toContain(character);
      expect(prepareLocal(character)).toBe(character);
    }
  });

  test('is made of the lines of the data file that matter', () => {
    const file = [
      '# Version: 99.0.0',
      '0430 ;\t0061 ;\tMA\t# CYRILLIC SMALL LETTER A',
      '0251 ;\t0061 ;\tMA\t# LATIN SMALL LETTER ALPHA',
      '0410 ;\t0041 ;\tMA\t# capital: never in a localpart',
      'FF41 ;\t0061 ;\tMA\t# fullwidth: never in a localpart',
      '05AD ;\t0596 ;\tMA\t# looks like something beyond ASCII',
      '006D ;\t0072 006E ;\tMA\t# is ASCII',
      '02BC ;\t0027 ;\tMA\t# MODIFIER LETTER APOSTROPHE',
    ].join('\n');
    const made = generateLookAlikes(file);
    expect(made).toContain('confusables.txt 99.0.0');
    expect(made.split('\n').filter((line) => line.startsWith('  ['))).toEqual([
      "  ['\\'', 'ʼ'],",
      "  ['a', 'аɑ'],",
    ]);
  });
});

describe('scripts in one name [UTS39 5.2]', () => {
  test.each([
    'juliet',
    'j.u-l_1',
    'жулие́тта',
    'ιουλιέτα',
    'ジュリエット',
    '朱丽叶2',
    'jürgen',
    'bob山田',
    '줄리엣',
  ])('%s is in one', (name) => expect(isInOneScript(name)).toBe(true));

  test.each([
    ['Latin with Cyrillic', 'julіet'],
    ['Latin with Greek', 'rοmeo'],
    ['Japanese with Korean', 'ひ줄'],
    ['a script that nobody is used to', 'ᏣᎳᎩ'],
    ['a sign of no script', 'a〇ꜝ'],
  ])('%s is not', (_, name) => expect(isInOneScript(name)).toBe(false));
});

test('a name that looks like ASCII as a whole is told from one that does not [UTS39 4]', () => {
  for (const name of ['раура', 'сосо', 'ɑlice', 'οσο', 'mıra']) {
    expect([name, looksLikeAscii(name)]).toEqual([name, true]);
  }
  for (const name of ['alice', '1l0o', 'жулиетта', 'jürgen', '山田', 'ιουλιέτα']) {
    expect([name, looksLikeAscii(name)]).toEqual([name, false]);
  }
});

test('what looks the same at a glance has one look', () => {
  for (const name of [
    'admin',
    'adm1n',
    'admln',
    'adrnin',
    'ádmin',
    'аdmіn',
    'ad-min',
    'admin.',
    'adm|n',
  ]) {
    expect([name, coarseLook(name)]).toEqual([name, coarseLook('admin')]);
  }
  for (const name of ['vvebmaster', 'webmaster']) expect(coarseLook(name)).toBe('webmaster');
  for (const name of ['root', 'r00t', 'гооt']) expect(coarseLook(name)).toBe('root');
  for (const name of ['admins', 'admi', 'nimda']) {
    expect(coarseLook(name)).not.toBe(coarseLook('admin'));
  }
});

test('marks pile up only so high [UTS39 5.4]', () => {
  expect(hasTooManyMarks(`a${'\u0323\u0302\u0301'}`)).toBe(false);
  expect(hasTooManyMarks(`a${'\u0301'.repeat(5)}`)).toBe(true);
});
