/**
 * Makes src/xmpp/precis-tables.generated.ts: the Unicode properties that PRECIS
 * needs, as of the Unicode version of the Node.js that runs this.
 *
 *     node scripts/generate-precis.ts
 *
 * Bidirectional classes and joining types are not among the properties that
 * regular expressions know; they are read off the expressions of tr46.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const LAST_CODE_POINT = 0x10ffff;

const require = createRequire(import.meta.url);
const tr46 = require('tr46/lib/regexes.js') as Record<
  'bidiS1LTR' | 'bidiS1RTL' | 'bidiS2' | 'bidiS3' | 'bidiS4EN' | 'bidiS4AN' | 'validZWNJ',
  RegExp
>;
const tr46Version = (require('tr46/package.json') as { version: string }).version;

/** The text of the generated file. */
export function generatePrecisTables(): string {
  return [
    '// Made by scripts/generate-precis.ts; do not edit.',
    `// Unicode ${process.versions.unicode}; bidirectional classes and joining types from tr46 ${tr46Version}.`,
    '// Each table covers all code points in order: run lengths in base 36, each followed by its class.',
    '',
    `export const UNICODE_VERSION = '${process.versions.unicode}';`,
    '',
    '/** Derived properties of RFC 8264 §8. */',
    table('DERIVED_PROPERTIES', derivedProperty),
    '/** Bidirectional classes, as far as RFC 5893 §2 tells them apart. */',
    table('BIDI_CLASSES', bidiClass),
    '/** Joining types, for RFC 5892 §A.1. */',
    table('JOINING_TYPES', joiningType),
    '/** V: canonical combining class Virama (RFC 5892 §A.1, §A.2). */',
    table('VIRAMAS', (character) => (isVirama(character) ? 'V' : 'N')),
  ].join('\n');
}

type Classify = (character: string, codePoint: number) => string | undefined;

/** What `classify` leaves open goes with the code points before it, to make few runs. */
function table(name: string, classify: Classify): string {
  let runs = '';
  let current: string | undefined;
  let start = 0;
  for (let codePoint = 0; codePoint <= LAST_CODE_POINT; codePoint++) {
    const found = classify(String.fromCodePoint(codePoint), codePoint);
    if (found === undefined || found === current) continue;
    if (current) runs += (codePoint - start).toString(36) + current;
    current = found;
    start = codePoint;
  }
  runs += (LAST_CODE_POINT + 1 - start).toString(36) + current;
  const lines = runs.match(/.{1,90}/g) ?? [];
  return `export const ${name} =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`;
}

// RFC 8264 §9.6, which refers to RFC 5892 §2.6.
const EXCEPTIONS = new Map<number, string>([
  ...[0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007].map((c) => [c, 'P'] as const),
  ...[0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb].map((c) => [c, 'O'] as const),
  ...range(0x660, 0x669).map((c) => [c, 'O'] as const),
  ...range(0x6f0, 0x6f9).map((c) => [c, 'O'] as const),
  ...[0x640, 0x7fa, 0x302e, 0x302f, ...range(0x3031, 0x3035), 0x303b].map((c) => [c, 'D'] as const),
]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
const UNASSIGNED = /\p{Cn}/u;
const JOIN_CONTROL = /\p{Join_Control}/u;
// Hangul_Syllable_Type L, V and T.
const OLD_HANGUL_JAMO = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb]/u;
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}]/u;
const LETTER_DIGIT = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u;
const OTHER_LETTER_DIGIT = /[\p{Lt}\p{Nl}\p{No}\p{Me}]/u;
const SPACE_SYMBOL_PUNCTUATION = /[\p{Zs}\p{S}\p{P}]/u;

/**
 * RFC 8264 §8, in its order. P: valid in both classes; F: in the freeform class
 * alone; J and O: where the context allows; D: disallowed; U: unassigned.
 */
function derivedProperty(character: string, codePoint: number): string {
  const exception = EXCEPTIONS.get(codePoint);
  if (exception) return exception;
  if (isUnassigned(character)) return 'U';
  if (codePoint >= 0x21 && codePoint <= 0x7e) return 'P';
  if (JOIN_CONTROL.test(character)) return 'J';
  if (OLD_HANGUL_JAMO.test(character) || IGNORABLE.test(character)) return 'D';
  if (character.normalize('NFKC') !== character) return 'F';
  if (LETTER_DIGIT.test(character)) return 'P';
  if (OTHER_LETTER_DIGIT.test(character) || SPACE_SYMBOL_PUNCTUATION.test(character)) return 'F';
  return 'D';
}

function isUnassigned(character: string): boolean {
  return UNASSIGNED.test(character) && !NONCHARACTER.test(character);
}

const HEBREW_ALEF = '\u05d0';

/** L; R for R and AL; E: European, A: Arabic numbers; M: nonspacing marks; N: ES, CS, ET, ON, BN; X: others. */
function bidiClass(character: string): string | undefined {
  if (isUnassigned(character)) return undefined;
  if (tr46.bidiS1LTR.test(character)) return 'L';
  if (tr46.bidiS1RTL.test(character)) return 'R';
  if (tr46.bidiS4EN.test(character)) return 'E';
  if (tr46.bidiS4AN.test(character)) return 'A';
  if (!tr46.bidiS2.test(character)) return 'X';
  // A nonspacing mark may follow the letter that ends a right-to-left label.
  return tr46.bidiS3.test(HEBREW_ALEF + character) ? 'M' : 'N';
}

const ARABIC_BEH = '\u0628';
const ZWNJ = '\u200c';

/** L, R, D; T: transparent; U: those that join nothing. The probe is RFC 5892 §A.1. */
function joiningType(character: string): string | undefined {
  if (isUnassigned(character)) return undefined;
  const joinsNext = tr46.validZWNJ.test(character + ZWNJ + ARABIC_BEH);
  const joinsPrevious = tr46.validZWNJ.test(ARABIC_BEH + ZWNJ + character);
  if (joinsNext) return joinsPrevious ? 'D' : 'L';
  if (joinsPrevious) return 'R';
  return tr46.validZWNJ.test(ARABIC_BEH + character + ZWNJ + ARABIC_BEH) ? 'T' : 'U';
}

const CLASS_8_MARK = '\u3099';
const CLASS_10_MARK = '\u05b0';

/** Combining class 9: canonical ordering puts it behind class 8 and before class 10. */
function isVirama(character: string): boolean {
  return isReordered(character + CLASS_8_MARK) && isReordered(CLASS_10_MARK + character);
}

function isReordered(marks: string): boolean {
  const [first, second] = marks;
  return first !== second && marks.normalize('NFD') === `${second}${first}`;
}

if (import.meta.main) {
  const target = new URL('../src/xmpp/precis-tables.generated.ts', import.meta.url);
  writeFileSync(fileURLToPath(target), generatePrecisTables());
}
