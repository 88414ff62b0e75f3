import { LOOK_ALIKES } from './look-alikes.generated.ts';

/**
 * Names that people take for others (UTS #39). They are for localparts as
 * prepared; what is right for them is not for displayed text.
 */

/**
 * Scripts that go together in one name, at the level that UTS #39 §5.2 calls
 * highly restrictive: the recommended scripts of UAX #31 by themselves, and
 * Latin with the scripts of Chinese, Japanese or Korean.
 */
const SCRIPT_SETS: readonly (readonly string[])[] = [
  ...[
    ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek'],
    ...['Gujarati', 'Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar'],
    ...['Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
  ].map((script) => [script]),
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Hangul'],
];

/** ASCII that is no letter belongs to every script, and so do marks that have none. */
const IN_ONE_SCRIPT = SCRIPT_SETS.map((scripts) => {
  const classes = scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('');
  return new RegExp(`^[${classes}\\p{Script_Extensions=Inherited}!-@[-\`{-~]*$`, 'u');
});

/** Whether all letters are of one script, or of such as are written together. */
export function isInOneScript(name: string): boolean {
  return IN_ONE_SCRIPT.some((pattern) => pattern.test(name));
}

/** More marks on one letter than any language has (UTS #39 §5.4). */
export function hasTooManyMarks(name: string): boolean {
  return /\p{Mn}{5}/u.test(name.normalize('NFD'));
}

const LOOKS: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKES.flatMap(([look, characters]) =>
    Array.from(characters, (character) => [character, look] as const),
  ),
);

/** Whether a name that is not of ASCII looks as if it were, as a whole. */
export function looksLikeAscii(name: string): boolean {
  return !isAscii(name) && isAscii(asciiLook(name));
}

function isAscii(text: string): boolean {
  return /^[!-~]*$/.test(text);
}

/** The skeleton of UTS #39 §4, as far as it is ASCII; other characters stay. */
function asciiLook(name: string): string {
  return Array.from(name.normalize('NFD'), (character) => LOOKS.get(character) ?? character).join(
    '',
  );
}

/**
 * What a name looks like at a glance: accents and ASCII punctuation go, and so
 * does the difference between letters and digits that are drawn alike. Two names
 * with one such look are worth telling apart only where one of them has weight.
 */
export function coarseLook(name: string): string {
  return asciiLook(name)
    .replace(/\p{M}|[!-/:-@[-`{}~]/gu, '')
    .replace(/[i1|]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w');
}
