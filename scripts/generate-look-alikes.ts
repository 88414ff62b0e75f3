/**
 * Makes src/xmpp/look-alikes.generated.ts from the data file of Unicode's
 * security mechanisms, which stands beside the report:
 * https://www.unicode.org/Public/security/latest/confusables.txt
 *
 *     node scripts/generate-look-alikes.ts confusables.txt
 *
 * Of its thousands of pairs only those are kept that matter for localparts:
 * characters beyond ASCII that PRECIS leaves in one, and that look like ASCII.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { derivedProperty } from '../src/xmpp/precis-properties.ts';

/** The text of the generated file. */
export function generateLookAlikes(confusables: string): string {
  const version = /^# Version: (\S+)/m.exec(confusables)?.[1];
  const groups = new Map<string, string>();
  for (const { character, look } of readPairs(confusables)) {
    if (isKept(character) && /^[!-~]+$/.test(look)) {
      groups.set(look, (groups.get(look) ?? '') + character);
    }
  }
  const lines = [...groups].sort(byLook).map((group) => `  [${group.map(quote).join(', ')}],`);
  return [
    '// Made by scripts/generate-look-alikes.ts; do not edit.',
    `// From confusables.txt ${version}, (c) Unicode, Inc., under the Unicode License v3.`,
    '',
    '/** Each text of ASCII, in lower case, with the characters that look like it. */',
    'export const LOOK_ALIKES: readonly (readonly [look: string, characters: string])[] = [',
    ...lines,
    '];',
    '',
  ].join('\n');
}

interface Pair {
  readonly character: string;
  readonly look: string;
}

function readPairs(confusables: string): Pair[] {
  return [...confusables.matchAll(/^([0-9A-F]+) ;\s*([0-9A-F ]+?) ;/gm)].map(
    ([, character, look]) => ({ character: decode(character!), look: decode(look!).toLowerCase() }),
  );
}

function decode(hex: string): string {
  return String.fromCodePoint(...hex.split(' ').map((each) => Number.parseInt(each, 16)));
}

/** Whether a prepared localpart may have it (RFC 8265 §3.3). */
function isKept(character: string): boolean {
  const isPrepared =
    character.toLowerCase() === character && character.normalize('NFC') === character;
  const isValid = 'POJ'.includes(derivedProperty(character) ?? '');
  return isPrepared && isValid && character.codePointAt(0)! > 0x7f;
}

function byLook([one]: [string, string], [other]: [string, string]): number {
  return one < other ? -1 : 1;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

if (import.meta.main) {
  const target = new URL('../src/xmpp/look-alikes.generated.ts', import.meta.url);
  const confusables = readFileSync(process.argv[2]!, 'utf8');
  writeFileSync(fileURLToPath(target), generateLookAlikes(confusables));
}
