import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchOf, textOf } from '../../../../src/storage/sqlite/archive/words.ts';
import { connect, MEMORY } from '../../../../src/storage/sqlite/connection.ts';

const message = (inside: string) => `<message xmlns='jabber:client'>${inside}</message>`;

/** Whether a search finds a message that says just this. */
function finds(search: string, said: string): boolean {
  const db = connect(MEMORY);
  try {
    db.exec("CREATE VIRTUAL TABLE t USING fts5(body, tokenize = 'unicode61 remove_diacritics 2')");
    db.prepare('INSERT INTO t VALUES (?)').run(textOf(message(`<body>${said}</body>`)));
    const match = matchOf(search);
    return match !== null && db.prepare('SELECT 1 FROM t WHERE t MATCH ?').get(match) !== undefined;
  } finally {
    db.close();
  }
}

describe('the text of a message', () => {
  test('is what people read of it, in every language', () => {
    const bodies = "<body>Yes</body><body xml:lang='de'>Ja</body><subject>Wedding</subject>";
    expect(textOf(message(`${bodies}<x xmlns='urn:example'>No</x>`))).toBe('Yes\nJa\nWedding');
  });

  test.each([
    "<body>Yes</body><active xmlns='http://jabber.org/protocol/chatstates'/>",
    "<active xmlns='http://jabber.org/protocol/chatstates'/><body>Yes</body>",
    '<x xmlns="urn:example" a="/>" b=\'"\'/><body>Yes</body>',
    "<body>Yes</body><html xmlns='urn:xhtml'><body xmlns='urn:html'>No</body></html>",
    '<body>Yes</body><subject/>',
    '<body/><body>Yes</body>',
    '<body>1 &lt; 2</body>',
    '<![CDATA[/><body>No</body>]]><body>Yes</body>',
    '<body><![CDATA[<body>Yes</body>]]></body>',
    '<thread>1</thread><body>Yes</body>',
    "<body>Yes</body><j:body xmlns:j='jabber:client'>Ja</j:body>",
  ])('is the same where nothing of it is known in advance: %s', (inside) => {
    const [plain, furnished] = [message(inside), message(`<x><y/></x>${inside}`)];
    expect(textOf(plain)).toBe(textOf(furnished));
    expect(textOf(plain)).not.toContain('No');
  });

  test('is nothing where there is none', () => {
    expect(textOf(message("<x xmlns='urn:example'><body>No</body></x>"))).toBe('');
  });
});

describe('a search [XEP-0431 3]', () => {
  test.each([
    ['balcony', 'On the BALCONY, at nine'],
    ['nine balcony', 'On the balcony, at nine'],
    ['"at nine"', 'On the balcony, at nine'],
    ['balc*', 'On the balcony, at nine'],
    ['cafe', 'Im Café'],
    ['привет', 'Привет, мир'],
    ['你好', '他说你好吗'],
    ['さくら', '桜はさくらです'],
    ["it's", "It's me"],
    ['NOT', 'why not'],
    ['"unclosed phrase', 'an unclosed phrase'],
    ['body:x', 'body x'],
  ])('for %s finds "%s"', (search, said) => {
    expect(finds(search, said)).toBe(true);
  });

  test.each([
    ['balcony', 'in the orchard'],
    ['nine ten', 'at nine'],
    ['"nine at"', 'at nine'],
    ['balc', 'balcony'],
    ['好你', '你好'],
    ['', 'anything'],
    ['!!! "" *', 'anything'],
  ])('for %s does not find "%s"', (search, said) => {
    expect(finds(search, said)).toBe(false);
  });

  test('is never a mistake, whatever is looked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (search, said) => {
        const text = said.replace(/[^\p{L}\p{N} ]/gu, ' ');
        expect(typeof finds(search, text)).toBe('boolean');
        expect(typeof finds(`"${search}" *`, text)).toBe('boolean');
      }),
      { numRuns: 100 },
    );
  });
});
