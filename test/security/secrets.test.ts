import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** Lines of the server's source that something is true of, with their files. */
function linesThat(isMeant: (line: string) => boolean): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const lines = readFileSync(join('src', name), 'utf8').split('\n');
      return lines.filter(isMeant).map((line) => `${name}: ${line.trim()}`);
    });
}

/** What nobody may find out by how long a comparison takes. */
const SECRET = /\b(storedKey|serverKey|clientKey|proof|salted|signature|password)\b/i;
const COMPARISON = /[!=]==|\.equals\(|\.(startsWith|indexOf|includes|localeCompare)\(/;
/** What is said about a secret by itself: that it is there, or how long it is. */
const HARMLESS =
  /\(\w+ === undefined\) === |[!=]== (null|undefined|''|'string')|\blength [!=]== [\w.]+/g;
/** Names of elements and fields are none. */
const NAMES = /'[a-z]+'/g;
/** What the operator has typed or configured: twice the same, and whether it is there. */
const OWN = [
  'cli/password.ts: if (password === again) return password;',
  'modules/external-services/settings.ts: if ((username === undefined) !== (password === undefined)) {',
];

describe('secrets', () => {
  test('are compared in constant time alone', () => {
    const isSuspect = (line: string) =>
      SECRET.test(line.replace(NAMES, '')) && COMPARISON.test(line.replace(HARMLESS, ''));
    expect(linesThat(isSuspect)).toEqual(OWN);
    expect(linesThat((line) => /timingSafeEqual\(/.test(line))).toHaveLength(5);
  });

  test('and ids are made by what nobody can predict [RFC4086]', () => {
    expect(linesThat((line) => /Math\.random/.test(line))).toEqual([]);
  });
});
