import { describe, expect, test } from '@jest/globals';
import { parseElement } from '../../src/xml/element.ts';
import { XmlError } from '../../src/xml/frame.ts';
import { parseContent, parseFrame } from '../../src/xml/parse.ts';

describe('a text', () => {
  test.each(['', 'x', '<a>', '<a/><b/>', '<a/>x', '</a>', '</>', '<!-- --><a/>', '&amp;', '<a'])(
    'that is not one element is refused: %j',
    (text) => {
      expect(() => parseFrame(text)).toThrow(XmlError);
    },
  );

  test('that is one element is read, with white space around it', () => {
    expect(parseFrame(' <a/>\n').raw.toString()).toBe('<a/>');
    expect(parseElement(' <a xmlns="u"/>\n').getNS()).toBe('u');
  });

  test('inherits nothing', () => {
    expect(parseFrame('<a/>').xmlns).toBe('');
    expect(() => parseFrame('<stream:features/>')).toThrow(XmlError);
  });

  test('that was refused leaves nothing behind for the next', () => {
    expect(() => parseFrame("<p:a xmlns:p='u'><b")).toThrow(XmlError);
    expect(() => parseFrame('<p:a/>')).toThrow(XmlError);
    expect(parseFrame('<a>x</a>').children).toEqual([]);
  });
});

test('content is read under the declarations it is given', () => {
  const content = parseContent('x<p:a/><b/>', " xmlns='v' xmlns:p='u'");
  expect(content.children.map(({ name, xmlns }) => [name, xmlns])).toEqual([
    ['a', 'u'],
    ['b', 'v'],
  ]);
  expect(content.raw.toString('utf8', content.contentStart, content.contentEnd)).toBe(
    'x<p:a/><b/>',
  );
});
