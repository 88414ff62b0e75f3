import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeAttribute, decodeText, escapeAttribute, escapeText } from '../../src/xml/text.ts';

const decoded = (decode: typeof decodeText, written: string) => {
  const bytes = Buffer.from(`<${written}>`);
  return decode(bytes, 1, bytes.length - 1);
};

describe('escaping', () => {
  test.each([
    ['plain text', 'plain text'],
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    [']]>', ']]&gt;'],
    [`it's "quoted"`, `it's "quoted"`],
    ['tab\tline\n', 'tab\tline\n'],
    ['carriage\rreturn', 'carriage&#13;return'],
    ['\u00e9\u20ac\u{1f600}', '\u00e9\u20ac\u{1f600}'],
  ])('text %j', (text, written) => {
    expect(escapeText(text)).toBe(written);
  });

  test.each([
    [`it's "quoted" <&>`, 'it&apos;s &quot;quoted&quot; &lt;&amp;&gt;'],
    ['\t\n\r', '&#9;&#10;&#13;'],
  ])('attribute %j', (value, written) => {
    expect(escapeAttribute(value)).toBe(written);
  });

  test.each(['\0', '\u0008', '\u000b', '\u001f', '\ufffe', '\uffff', '\ud800', '\udc00'])(
    'what XML cannot carry is replaced: %j',
    (character) => {
      expect(escapeText(`a${character}b`)).toBe('a\ufffdb');
      expect(escapeAttribute(`a${character}b`)).toBe('a\ufffdb');
    },
  );
});

describe('decoding', () => {
  test.each([
    ['plain', 'plain'],
    ['&lt;&gt;&amp;&apos;&quot;', `<>&'"`],
    ['&#65;&#x42;&#x1F600;&#0067;', 'AB\u{1f600}C'],
    ['&amp;lt;', '&lt;'],
    ['a\r\nb\rc\n', 'a\nb\nc\n'],
    ['&#13;&#10;', '\r\n'],
    ['x<![CDATA[<&amp;]]>y<![CDATA[]]>&lt;', 'x<&amp;y<'],
    ['<![CDATA[]]]]><![CDATA[>]]>', ']]>'],
  ])('text %j [XML 2.11]', (written, text) => {
    expect(decoded(decodeText, written)).toBe(text);
  });

  test.each([
    ['a\tb\nc\rd\r\ne', 'a b c d e'],
    ['&#9;&#10;&#13;', '\t\n\r'],
    ['  a  ', '  a  '],
    ['&lt;&#60;', '<<'],
  ])('attribute %j [XML 3.3.3]', (written, value) => {
    expect(decoded(decodeAttribute, written)).toBe(value);
  });
});

const carried = fc
  .string({ unit: 'binary' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out.
  .filter((text) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text));

test('what is escaped decodes to itself', () => {
  fc.assert(
    fc.property(carried, (text) => {
      expect(decoded(decodeText, escapeText(text))).toBe(text);
      expect(decoded(decodeAttribute, escapeAttribute(text))).toBe(text);
    }),
  );
});
