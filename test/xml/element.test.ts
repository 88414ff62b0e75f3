import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildChild,
  buildElement,
  Element,
  parseElement,
  serialize,
  xml,
} from '../../src/xml/element.ts';
import type { Frame } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';
import { HEADER, LIMITS, Recorder } from './recorder.ts';

/** What `read` makes of the one frame in a stream. */
function inStream<T>(content: string, read: (frame: Frame) => T): T {
  const results: T[] = [];
  const handler = Object.assign(new Recorder(), {
    onFrame: (frame: Frame) => void results.push(read(frame)),
  });
  new XmlStreamParser(handler, LIMITS).write(Buffer.from(HEADER + content));
  return results[0]!;
}

describe('trees from frames', () => {
  test('text, references, CDATA and elements', () => {
    const element = inStream(
      "<a b='&lt;&#10;'>x&amp;<![CDATA[<y>]]>z<c/>\r\n<d>e</d></a>",
      buildElement,
    );
    expect(element.attrs.b).toBe('<\n');
    expect(element.children.map(String)).toEqual(['x&<y>z', '<c/>', '\n', '<d>e</d>']);
    expect(element.getChildText('d')).toBe('e');
  });

  test("what comes from the stream's header is known to the tree", () => {
    const element = inStream("<message><stream:x/><y xmlns='u'><z/></y></message>", buildElement);
    const streams = 'http://etherx.jabber.org/streams';
    expect(element.getNS()).toBe('jabber:client');
    expect(element.getChild('x', streams)?.getNS()).toBe(streams);
    expect(element.getChild('y', 'u')?.getChild('z')?.getNS()).toBe('u');
  });

  test("xmlns='' ends an inherited namespace", () => {
    const element = inStream("<message><body xmlns=''/></message>", buildElement);
    expect(element.getChild('body', 'jabber:client')).toBeUndefined();
    expect(element.getChild('body')?.getNS()).toBe('');
  });

  test('a tree that was cut out stands for itself', () => {
    const [first, second] = inStream(
      "<message xmlns:p='u'><p:a><b/></p:a><c><stream:d p:e='1'/></c></message>",
      (frame) => frame.children.map((child) => buildChild(frame, child)),
    );
    expect(first?.getNS()).toBe('u');
    expect(first?.getChild('b')?.getNS()).toBe('jabber:client');
    expect(second?.getNS()).toBe('jabber:client');
    expect(second?.getChild('d')?.getNS()).toBe('http://etherx.jabber.org/streams');
    expect(second?.parent).toBeNull();
    expect(parseElement(serialize(second!)).toString()).toBe(serialize(second!));
  });

  test('a child of content alone knows its own namespace', () => {
    const [a, b] = inStream("<message><a/><p:b xmlns:p='u'/></message>", (frame) => {
      const { raw, contentStart, contentEnd, children } = frame;
      const content = { raw, contentStart, contentEnd, children };
      return children.map((child) => buildChild(content, child));
    });
    expect(a?.getNS()).toBe('jabber:client');
    expect(b?.getNS()).toBe('u');
  });

  test('an attribute named __proto__ is an attribute', () => {
    const element = parseElement("<a __proto__='x'/>");
    expect(Object.keys(element.attrs)).toEqual(['__proto__']);
    expect(serialize(element)).toBe('<a __proto__="x"/>');
  });

  test('deep trees need no deep stack', () => {
    const text = '<a>'.repeat(9000) + '</a>'.repeat(9000);
    expect(serialize(parseElement(text))).toBe(
      `${text.slice(0, 8999 * 3)}<a/>${'</a>'.repeat(8999)}`,
    );
  });
});

describe('builders', () => {
  test('xml() makes elements of the class that is exported here', () => {
    const element = xml('a', { xmlns: 'u', b: undefined }, xml('c'), 'd');
    expect(element).toBeInstanceOf(Element);
    expect(inStream('<a/>', buildElement)).toBeInstanceOf(Element);
    expect(element.getChildElements()).toHaveLength(1);
  });

  test('attributes and text are escaped, also where ltx would not', () => {
    const element = xml('a', { b: '"<\n\u0000', c: 1 }, '&\r\u0001');
    expect(serialize(element)).toBe('<a b="&quot;&lt;&#10;\ufffd" c="1">&amp;&#13;\ufffd</a>');
  });

  test('numbers are written, null and undefined are not', () => {
    const element = new Element('a', { b: undefined, c: null, d: 2 });
    element.children.push(1 as never, null as never, undefined as never);
    expect(serialize(element)).toBe('<a d="2">1</a>');
  });
});

const name = fc.constantFrom('a', 'b', 'body', '\u00e9', 'x.y-z');
const text = fc.string({ unit: 'grapheme', minLength: 1 });
const attributes = fc.dictionary(fc.constantFrom('to', 'id', 'type', 'xmlns', 'xml:lang'), text);
const { tree } = fc.letrec<{ tree: Element }>((tie) => ({
  tree: fc
    .tuple(
      name,
      attributes,
      fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, tie('tree')), {
        maxLength: 4,
      }),
    )
    .map(([name, attrs, children]) => xml(name, { ...attrs }, ...mergeTexts(children))),
}));

/** Neighbouring texts are one text in XML. */
function mergeTexts(children: readonly (Element | string)[]): (Element | string)[] {
  const merged: (Element | string)[] = [];
  for (const child of children) {
    const last = merged.at(-1);
    if (typeof child === 'string' && typeof last === 'string')
      merged[merged.length - 1] = last + child;
    else merged.push(child);
  }
  return merged;
}

type Plain = string | { name: string; attrs: object; children: Plain[] };

function plain(node: Element | string): Plain {
  if (typeof node === 'string') return node;
  return { name: node.name, attrs: { ...node.attrs }, children: node.children.map(plain) };
}

test('a tree that was written reads as the same tree', () => {
  fc.assert(
    fc.property(tree, (root) => {
      expect(plain(parseElement(serialize(root)))).toEqual(plain(root));
    }),
  );
});
