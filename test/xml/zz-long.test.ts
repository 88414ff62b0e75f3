import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parser as createSax } from 'sax';
import { SaxesParser } from 'saxes';
import { buildElement, type Element } from '../../src/xml/element.ts';
import type { Frame } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';
import { HEADER, LIMITS, Recorder } from './recorder.ts';

// Two other parsers judge the same documents: `saxes` whether they are
// namespace-well-formed, `sax` what is in them.

const FOOTER = '</stream:stream>';

/** Whether saxes takes it for namespace-well-formed. */
function isWellFormed(document: Buffer): boolean {
  const text = document.toString();
  // Saxes reads text: whether the bytes are UTF-8 is not its to judge.
  if (!Buffer.from(text).equals(document)) return false;
  try {
    new SaxesParser({ xmlns: true }).write(text).close();
    return true;
  } catch {
    return false;
  }
}

/** The error that the parser ends with, 'unfinished', or '' when it read all. */
function verdict(document: Buffer): string {
  const recorder = new Recorder().write(document);
  if (recorder.error !== '') return recorder.error;
  return recorder.events.at(-1) === 'footer' ? '' : 'unfinished';
}

/** Why a document that saxes takes may still be refused here. */
const STRICTER: ReadonlySet<string> = new Set([
  // XMPP allows no comments, processing instructions, DTDs (RFC 6120 §11.1).
  'restricted-xml',
  // No text between stanzas; and version 1.1 in an XML declaration.
  'bad-format',
  // Limits are ours.
  'policy-violation',
]);

/**
 * The document as far as it counts here: what follows the stream's end is dropped.
 */
function readPart(document: Buffer): Buffer {
  const recorder = new Recorder();
  let length = 0;
  while (length < document.length && recorder.events.at(-1) !== 'footer') {
    recorder.write(document.subarray(length, ++length));
  }
  return document.subarray(0, length);
}

/** Where saxes is no judge of a document. */
const SAXES_ERRS: readonly RegExp[] = [
  // It drops a byte order mark in front; for XMPP that is text (RFC 6120 §11.6).
  /^\ufeff/,
  // The part behind a colon may begin as no name may (Namespaces in XML 1.0 §4).
  /:(?:[-.0-9]|\u0300)/,
  // White space around the name of a namespace is cut off.
  /xmlns[^=<>]*=\s*(?:"[^"]*(?:\s|&#13;)|'[^']*(?:\s|&#13;))/,
];

/** Sax takes characters beyond U+FFFF for no part of a name (XML 1.0 §2.3). */
const SAX_ERRS = /<[^>]*\u{1f600}/u;

const SEEDS = [
  "<message to='a@b' type='chat'><body>Hi &amp; \u00e9\u20ac\u{1f600}</body></message>",
  "<iq id=\"1\"><q xmlns='u' xmlns:p='v' p:a='x'><p:item/>t]] ></q></iq>",
  '<presence><![CDATA[x]]y]]><c a="&#65;&#x42;"/></presence>\n ',
  "<stream:features><p:x xmlns:p='u' xml:lang='en'/></stream:features>",
];

/** What mutations put in: the grammar's own pieces hit more than random bytes do. */
const FRAGMENTS = [
  ...['<', '>', '/', '=', '"', "'", '&', ';', ':', ' ', '\n', '\t', '!', '?', '[', ']', '-', '#'],
  ...[
    '&amp;',
    '&#x0;',
    '&#13;',
    '&lol;',
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?x?>',
    '<a>',
    '</a>',
  ],
  ...[
    '<a/>',
    "xmlns='w'",
    " xmlns:p='w'",
    ' p:a="1"',
    ' a=""',
    'p:',
    'xml',
    'xmlns',
    '\0',
    '\u0001',
  ],
  ...['\u00e9', '\ufffe', '\uffff', '\ufeff', '\u0300', '\u{1f600}', '\r', '0', 'x'],
].map((text) => Buffer.from(text));
const BAD_BYTES = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
  [0xef],
];

interface Mutation {
  readonly at: number;
  readonly removed: number;
  readonly inserted: Buffer;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  // In thousandths of the length: doubles would crowd at the ends.
  at: fc.nat(999),
  removed: fc.nat(3),
  inserted: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_BYTES.map((bytes) => Buffer.from(bytes))) },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  ),
});

function mutate(bytes: Buffer, { at, removed, inserted }: Mutation): Buffer {
  const start = Math.floor((at * bytes.length) / 1000);
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)]);
}

const mutated = fc
  .tuple(fc.shuffledSubarray(SEEDS, { minLength: 1 }), fc.array(mutation, { maxLength: 3 }))
  .map(([seeds, mutations]) =>
    mutations.reduce(mutate, Buffer.from(`${HEADER}${seeds.join('')}${FOOTER}`)),
  );

describe('against saxes', () => {
  test('the samples are taken by both', () => {
    for (const seed of SEEDS) {
      const document = Buffer.from(HEADER + seed + FOOTER);
      expect([seed, verdict(document), isWellFormed(document)]).toEqual([seed, '', true]);
    }
  });

  test('mutated streams are taken by both or by neither', () => {
    fc.assert(
      fc.property(mutated, (document) => {
        fc.pre(!SAXES_ERRS.some((pattern) => pattern.test(document.toString())));
        const error = verdict(document);
        if (STRICTER.has(error)) return;
        const isTaken = error === '';
        const judged = isTaken ? readPart(document) : document;
        expect({ isTaken }).toEqual({ isTaken: isWellFormed(judged) });
      }),
      { numRuns: 400000 },
    );
  });

  test('the verdict does not depend on how the bytes are cut', () => {
    fc.assert(
      fc.property(mutated, fc.integer({ min: 1, max: 7 }), (bytes, size) => {
        // Within a tag that never ends, an error may be told later or not at all.
        const document = Buffer.concat([bytes, Buffer.from('>"\'>')]);
        const recorder = new Recorder();
        for (let at = 0; at < document.length; at += size) {
          recorder.write(document.subarray(at, at + size));
        }
        expect(recorder.events).toEqual(new Recorder().write(document).events);
      }),
      { numRuns: 10 },
    );
  });
});

type Node = string | { name: string; xmlns: string; attributes: object; children: Node[] };

/** Sax leaves values as they are written (XML 1.0 §3.3.3). */
const normalise = (value: string) => value.replace(/[\t\n]/g, ' ');

/** The stanzas of a stream as sax sees them. */
function readWithSax(document: string): Node[] {
  const parser = createSax(true, { xmlns: true });
  const stack: { children: Node[] }[] = [{ children: [] }];
  const addText = (text: string) => {
    const { children } = stack.at(-1)!;
    const last = children.at(-1);
    if (typeof last === 'string') children[children.length - 1] = last + text;
    else if (text !== '') children.push(text);
  };
  parser.onopentag = (tag) => {
    if (!('local' in tag)) return;
    const attributes: Record<string, string> = {};
    for (const { name, value } of Object.values(tag.attributes))
      attributes[name] = normalise(value);
    const node = { name: tag.name, xmlns: normalise(tag.uri), attributes, children: [] };
    stack.at(-1)!.children.push(node);
    stack.push(node);
  };
  parser.onclosetag = () => void stack.pop();
  parser.ontext = addText;
  parser.oncdata = addText;
  // It leaves line ends as they are, too (§2.11).
  parser.write(document.replace(/\r\n?/g, '\n')).close();
  const root = stack[0]!.children[0];
  if (typeof root !== 'object') return [];
  return root.children.filter((node) => typeof node === 'object');
}

function asNode(element: Element): Node {
  const { stream: _, ...attributes } = element.attrs;
  return {
    name: element.name,
    xmlns: element.getNS() ?? '',
    attributes,
    children: element.children.map((child) => (typeof child === 'string' ? child : asNode(child))),
  };
}

function readHere(document: string): Node[] {
  const nodes: Node[] = [];
  const handler = Object.assign(new Recorder(), {
    onFrame: (frame: Frame) => {
      const node = asNode(buildElement(frame)) as Exclude<Node, string>;
      // The root declares what it inherits; in the document it does not.
      const written = new Set(frame.attributes.map(({ name }) => name));
      const own = Object.entries(node.attributes).filter(([name]) => written.has(name));
      nodes.push({ ...node, attributes: Object.fromEntries(own) });
    },
  });
  new XmlStreamParser(handler, LIMITS).write(Buffer.from(document));
  return nodes;
}

describe('against sax', () => {
  test('streams hold the same trees', () => {
    fc.assert(
      fc.property(mutated, (bytes) => {
        fc.pre(verdict(bytes) === '' && !SAX_ERRS.test(bytes.toString()));
        const document = readPart(bytes).toString();
        expect(readHere(document)).toEqual(readWithSax(document));
      }),
      { numRuns: 10 },
    );
  });
});
