import { JidError } from './jid-error.ts';
import { obeysBidiRule } from './precis-bidi.ts';
import { findOutOfContext } from './precis-context.ts';
import { type DerivedProperty, derivedProperty } from './precis-properties.ts';

/** What a character class admits, contexts aside (RFC 8264 §4.2, §4.3). */
type CharacterClass = ReadonlySet<DerivedProperty>;
const IDENTIFIER: CharacterClass = new Set<DerivedProperty>(['P', 'J', 'O']);
const FREEFORM: CharacterClass = new Set<DerivedProperty>(['P', 'F', 'J', 'O']);

/**
 * The profile UsernameCaseMapped (RFC 8265 §3.3). `part` names the text in the
 * error. Throws `JidError`.
 */
export function usernameCaseMapped(text: string, part: string): string {
  return enforce(text, part, IDENTIFIER, (input) => {
    const narrow = mapWidth(input);
    checkCharacters(narrow, part, IDENTIFIER);
    return narrow.toLowerCase().normalize('NFC');
  });
}

/** The profile OpaqueString (RFC 8265 §4.2), likewise. */
export function opaqueString(text: string, part: string): string {
  return enforce(text, part, FREEFORM, (input) => {
    checkCharacters(input, part, FREEFORM);
    return input.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  });
}

/**
 * The first character that is not valid in the identifier class, which is what
 * an internationalised domain label may consist of as well, or undefined.
 */
export function findNoIdentifier(text: string): string | undefined {
  return findForeign(text, IDENTIFIER) ?? findOutOfContext(text);
}

function enforce(
  text: string,
  part: string,
  characters: CharacterClass,
  map: (text: string) => string,
): string {
  const result = map(text);
  // Mapping the result again also checks that it consists of what the class admits.
  if (map(result) !== result) throw new JidError(`the ${part} has no stable form`);
  const stray = findOutOfContext(result);
  if (stray) throw new JidError(`the ${part} has ${nameOf(stray)} where it must not stand`);
  if (characters === IDENTIFIER && !obeysBidiRule(result)) {
    throw new JidError(`the ${part} mixes writing directions`);
  }
  return result;
}

function checkCharacters(text: string, part: string, characters: CharacterClass): void {
  const foreign = findForeign(text, characters);
  if (foreign) throw new JidError(`the ${part} must not contain ${nameOf(foreign)}`);
}

// A Node.js whose Unicode is older than the tables cannot map the letters that came later.
const UNKNOWN_HERE = /\p{Cn}/u;

function findForeign(text: string, characters: CharacterClass): string | undefined {
  for (const character of text) {
    if (!characters.has(derivedProperty(character)) || UNKNOWN_HERE.test(character)) {
      return character;
    }
  }
  return undefined;
}

/**
 * Fullwidth and halfwidth characters become their ordinary ones (RFC 8264
 * §5.2.1). NFKC goes further than the width mapping does for Hangul letters
 * and the macron; these are disallowed either way.
 */
function mapWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffee]/g, (character) => character.normalize('NFKC'));
}

/** Shows ASCII as it is; other characters may be invisible or look like another. */
function nameOf(character: string): string {
  if (character === ' ') return 'a space';
  if (/^[!-~]$/.test(character)) return character;
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
