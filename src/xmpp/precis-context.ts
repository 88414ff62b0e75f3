import { isVirama, joiningType } from './precis-properties.ts';

/** Whether the character at `at` may stand where it stands. */
type ContextRule = (characters: readonly string[], at: number) => boolean;

const GREEK = /^\p{Script=Greek}/u;
const HEBREW = /^\p{Script=Hebrew}/u;
const KANA_OR_HAN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const KATAKANA_MIDDLE_DOT = '\u30fb';
const ARABIC_INDIC_DIGIT = /[\u0660-\u0669]/;
const EXTENDED_ARABIC_INDIC_DIGIT = /[\u06f0-\u06f9]/;

const zeroWidthNonJoiner: ContextRule = (characters, at) =>
  followsVirama(characters, at) || separatesJoiningLetters(characters, at);
const middleDot: ContextRule = (characters, at) =>
  characters[at - 1] === 'l' && characters[at + 1] === 'l';
const keraia: ContextRule = (characters, at) => GREEK.test(characters[at + 1] ?? '');
const geresh: ContextRule = (characters, at) => HEBREW.test(characters[at - 1] ?? '');

/** The rules that look at neighbours (RFC 5892 §A.1 to §A.6). */
const NEIGHBOUR_RULES = new Map<string, ContextRule>([
  ['\u200c', zeroWidthNonJoiner],
  ['\u200d', followsVirama],
  ['\u00b7', middleDot],
  ['\u0375', keraia],
  ['\u05f3', geresh],
  ['\u05f4', geresh],
]);

function followsVirama(characters: readonly string[], at: number): boolean {
  return at > 0 && isVirama(characters[at - 1]!);
}

/** Joins to the left, and to the right, over marks (RFC 5892 §A.1). */
function separatesJoiningLetters(characters: readonly string[], at: number): boolean {
  const before = skipTransparent(characters, at, -1);
  const after = skipTransparent(characters, at, 1);
  return (before === 'L' || before === 'D') && (after === 'R' || after === 'D');
}

function skipTransparent(characters: readonly string[], from: number, step: 1 | -1) {
  let at = from + step;
  while (at >= 0 && at < characters.length && joiningType(characters[at]!) === 'T') at += step;
  const found = characters[at];
  return found === undefined ? undefined : joiningType(found);
}

/** The rules that look at the whole text (RFC 5892 §A.7 to §A.9). */
function findOutOfPlace(text: string): string | undefined {
  if (text.includes(KATAKANA_MIDDLE_DOT) && !KANA_OR_HAN.test(text)) return KATAKANA_MIDDLE_DOT;
  return ARABIC_INDIC_DIGIT.test(text) ? EXTENDED_ARABIC_INDIC_DIGIT.exec(text)?.[0] : undefined;
}

/**
 * The first character that needs a context it does not have (RFC 5892
 * appendix A, RFC 8264 §4.2.2), or undefined when all is well.
 */
export function findOutOfContext(text: string): string | undefined {
  const characters = [...text];
  const isOutOfContext = (character: string, at: number) =>
    NEIGHBOUR_RULES.get(character)?.(characters, at) === false;
  return characters.find(isOutOfContext) ?? findOutOfPlace(text);
}
