import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildChild, serialize } from '../../src/xml/element.ts';
import type { Frame, FrameContent } from '../../src/xml/frame.ts';
import { XmlError } from '../../src/xml/frame.ts';
import { parseFrame } from '../../src/xml/parse.ts';
import {
  extraAttributes,
  needsRebuild,
  rebuildContent,
  spliceContent,
} from '../../src/xml/splice.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';
import { LIMITS, Recorder } from './recorder.ts';

const STREAM =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:c='jabber:client'>";

/** What `read` makes of the one frame in a stream. */
function inStream<T>(content: string, read: (frame: Frame) => T): T {
  const results: T[] = [];
  const handler = Object.assign(new Recorder(), {
    onFrame: (frame: Frame) => void results.push(read(frame)),
  });
  new XmlStreamParser(handler, LIMITS).write(Buffer.from(STREAM + content));
  return results[0]!;
}

const textOf = ({ raw, contentStart, contentEnd }: FrameContent) =>
  raw.toString('utf8', contentStart, contentEnd);

/** Every child as its name, namespace, bytes and inner bytes say. */
const partsOf = ({ raw, children }: FrameContent) =>
  children.map(({ name, xmlns, start, end, contentStart, contentEnd }) => [
    `{${xmlns}}${name}`,
    raw.toString('utf8', start, end),
    raw.toString('utf8', contentStart, contentEnd),
  ]);

describe('splicing', () => {
  const message = "<message> <a>1</a>\u00e9<b xmlns='u'/><a>2</a> </message>";

  test('some children are dropped, some are appended', () => {
    const spliced = inStream(message, (frame) =>
      spliceContent(frame, {
        drop: ({ name }) => name === 'a',
        append: "<c xmlns='v'>3</c><d/>",
      }),
    );
    expect(textOf(spliced)).toBe(" \u00e9<b xmlns='u'/> <c xmlns='v'>3</c><d/>");
    expect(partsOf(spliced)).toEqual([
      ['{u}b', "<b xmlns='u'/>", ''],
      ['{v}c', "<c xmlns='v'>3</c>", '3'],
      ['{jabber:client}d', '<d/>', ''],
    ]);
  });

  test('a frame that closes itself gets content', () => {
    const spliced = inStream('<presence/>', (frame) => spliceContent(frame, { append: '<x/>' }));
    expect(textOf(spliced)).toBe('<x/>');
  });

  test('the bytes are copies and nothing besides', () => {
    const spliced = inStream(message, (frame) => {
      const result = spliceContent(frame, {});
      frame.raw.fill(0);
      return result;
    });
    expect(textOf(spliced)).toBe(message.slice('<message>'.length, -'</message>'.length));
    expect(spliced.raw).toHaveLength(spliced.contentEnd);
  });

  test('what is appended has to be well-formed', () => {
    const frame = parseFrame('<a/>');
    expect(() => spliceContent(frame, { append: '<b>' })).toThrow(XmlError);
    expect(() => spliceContent(frame, { append: '</content><content>' })).toThrow(XmlError);
  });

  test('offsets stay right whatever is dropped', () => {
    const piece = fc.constantFrom('<a/>', '<b>\u20ac</b>', 'text', " <c xmlns='u'><a/></c>");
    fc.assert(
      fc.property(fc.array(piece), fc.infiniteStream(fc.boolean()), (pieces, drops) => {
        const frame = parseFrame(`<m>${pieces.join('')}</m>`);
        const spliced = spliceContent(frame, {
          drop: () => drops.next().value as boolean,
          append: '<d/>',
        });
        const again = parseFrame(`<m>${textOf(spliced)}</m>`);
        const named = (content: FrameContent) => partsOf(content).map(([, ...rest]) => rest);
        expect(named(spliced)).toEqual(named(again));
      }),
    );
  });
});

describe('what needs to be rebuilt [RFC6120 4.8.3]', () => {
  test.each([
    ['<message><body>x</body></message>', false],
    ["<message xmlns='jabber:client'><body>x</body></message>", false],
    ["<message><x xmlns='u' xmlns:p='v'><p:y/></x></message>", false],
    ["<message><p:x xmlns:p='v'/></message>", false],
    ["<message xmlns:p='u'/>", false],
    ["<message xmlns:p='u'><body/></message>", true],
    ["<message><body xmlns='jabber:client'/></message>", true],
    ["<message><body xmlns='jabber:server'/></message>", true],
    ['<message><c:body/></message>', true],
    ["<message><x xmlns='u'><stream:y/></x></message>", true],
    ["<message><p:body xmlns:p='jabber:client'/></message>", true],
    ["<c:message xmlns='u'><body/></c:message>", true],
  ])('%s: %s', (content, isNeeded) => {
    expect(inStream(content, (frame) => needsRebuild(frame, 'jabber:client'))).toBe(isNeeded);
  });

  test('a stream of another kind', () => {
    const other = "<message xmlns='jabber:server'><body/></message>";
    expect(inStream(other, (frame) => needsRebuild(frame, 'jabber:client'))).toBe(true);
    expect(inStream(other, (frame) => needsRebuild(frame, 'jabber:server'))).toBe(false);
  });
});

describe('rebuilding', () => {
  test.each([
    ["<message><body xmlns='jabber:client'>x&lt;</body></message>", '<body>x&lt;</body>'],
    ["<m xmlns='jabber:server'>t<body><b/></body></m>", 't<body><b/></body>'],
    ['<message><c:body><c:x/></c:body></message>', '<body xmlns:c="jabber:client"><x/></body>'],
    [
      "<message><x xmlns='u'><stream:y/><z/></x></message>",
      '<x xmlns="u" xmlns:stream="http://etherx.jabber.org/streams"><stream:y/><z/></x>',
    ],
    [
      "<message xmlns:p='v'><p:x p:y='1'><body/></p:x><a/></message>",
      '<p:x xmlns:p="v" p:y="1"><body/></p:x><a xmlns:p="v"/>',
    ],
    [
      "<c:message xmlns='u'><x/><c:body/></c:message>",
      '<x xmlns="u" xmlns:c="jabber:client"/><body xmlns:c="jabber:client"/>',
    ],
    ["<message xmlns='jabber:server'><x xmlns=''><y/></x></message>", '<x xmlns=""><y/></x>'],
    [
      "<m xmlns='jabber:server'><f xmlns='u'><message xmlns='jabber:client'><body/></message></f></m>",
      '<f xmlns="u"><message xmlns="jabber:client"><body/></message></f>',
    ],
  ])('%s', (content, rebuilt) => {
    const result = inStream(content, rebuildContent);
    expect(textOf(result)).toBe(rebuilt);
  });

  test('the children are indexed, and trees of them stand for themselves', () => {
    const result = inStream(
      "<message xmlns:p='v'><p:x/><c:body>1</c:body></message>",
      rebuildContent,
    );
    expect(partsOf(result).map(([name, , inner]) => [name, inner])).toEqual([
      ['{v}x', ''],
      ['{jabber:client}body', '1'],
    ]);
    const trees = result.children.map((child) => buildChild(result, child));
    expect(trees.map((tree) => tree.getNS())).toEqual(['v', 'jabber:client']);
    expect(() => trees.map((tree) => parseFrame(serialize(tree)))).not.toThrow();
  });
});

describe('attributes of the start tag that are passed on', () => {
  const except = new Set(['to', 'id', 'xml:lang']);

  test.each([
    ["<message to='a' id='b' xmlns='jabber:client'/>", ''],
    ["<message to='a' x = \"1&amp;\" id='b' y='2'/>", ` x = "1&amp;" y='2'`],
    ["<message xmlns:p='u' p:x='1'/>", " xmlns:p='u' p:x='1'"],
    ["<message stream:x='1'/>", ` stream:x='1' xmlns:stream="http://etherx.jabber.org/streams"`],
    ['<message><stream:x/></message>', ''],
  ])('%s', (content, text) => {
    expect(inStream(content, (frame) => extraAttributes(frame, except))).toBe(text);
  });
});
