import { describe, expect, test } from '@jest/globals';
import { XmlDocument } from '../../src/xml/document.ts';
import { XmlError } from '../../src/xml/frame.ts';
import { LIMITS } from './recorder.ts';

const ADOPTION = { from: 'outer', to: 'inner' };

/** What a document tells when it is read to its end: names of frames, or why it cannot be. */
function read(text: string): string[] {
  const told: string[] = [];
  try {
    const document = new XmlDocument(Buffer.from(text), LIMITS, ADOPTION);
    told.push(`${document.header.name} ${document.header.xmlns}`);
    for (let frame = document.next(LIMITS); frame; frame = document.next(LIMITS)) {
      told.push(`${frame.name} ${frame.xmlns} ${frame.raw}`);
    }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    told.push(error.condition);
  }
  return told;
}

describe('a document that is there at once', () => {
  test('is read child by child, when somebody asks', () => {
    expect(read("<r xmlns='u'> <a/>\n<b:c xmlns:b='v'>x</b:c></r >\n")).toEqual([
      'r u',
      'a u <a/>',
      "c v <b:c xmlns:b='v'>x</b:c>",
    ]);
  });

  test('may be empty, and begin with a declaration', () => {
    expect(read("<?xml version='1.0'?>\n<r/>")).toEqual(['r ']);
    expect(read('<r></r>')).toEqual(['r ']);
  });

  test('lends a namespace that means another to its children, and to nothing else', () => {
    const text = "<r xmlns='outer'><a><b/></a><c xmlns='outer'/></r>";
    expect(read(text)).toEqual(['r outer', 'a inner <a><b/></a>', "c outer <c xmlns='outer'/>"]);
    expect(read("<o:r xmlns:o='outer'><o:a/><b/></o:r>")).toEqual([
      'r outer',
      'a outer <o:a/>',
      'b  <b/>',
    ]);
  });

  test('tells whether it has children before they are read', () => {
    const isEmpty = (text: string) => new XmlDocument(Buffer.from(text), LIMITS, ADOPTION).isEmpty;
    expect(['<r/>', '<r> </r>', '<r> <a/></r>', '<r>'].map(isEmpty)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test.each([
    ['', 'not-well-formed'],
    ['text', 'not-well-formed'],
    ['<r', 'not-well-formed'],
    ['<!DOCTYPE r><r/>', 'restricted-xml'],
    ['<?php ?><r/>', 'restricted-xml'],
    ["<?xml version='1.0' encoding='latin-1'?><r/>", 'unsupported-encoding'],
    ['<p:r/>', 'not-well-formed'],
    ['<r/>more', 'not-well-formed'],
  ])('%#: cannot begin so', (text, condition) => {
    expect(read(text)).toEqual([condition]);
  });

  test.each([
    ['<r><a/>', 'not-well-formed'],
    ['<r><a/><', 'not-well-formed'],
    ['<r><a/></', 'not-well-formed'],
    ['<r><a/></r', 'not-well-formed'],
    ['<r><a/></s>', 'not-well-formed'],
    ['<r><a/></r>more', 'not-well-formed'],
    ['<r><a/><b></r>', 'not-well-formed'],
    ['<r><a/>text</r>', 'bad-format'],
    ['<r><a/><r/></r>', 'bad-format'],
    ['<r><a/><!-- --></r>', 'restricted-xml'],
    [`<r><a/><b>${'x'.repeat(LIMITS.bytes)}</b></r>`, 'policy-violation'],
  ])('%#: cannot go on so, behind what was right', (text, condition) => {
    expect(read(text)).toEqual(['r ', 'a  <a/>', condition]);
  });

  test('has children that are UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('<r><a>'),
      Buffer.from([0xc3]),
      Buffer.from('</a></r>'),
    ]);
    const document = new XmlDocument(bytes, LIMITS, ADOPTION);
    expect(() => document.next(LIMITS)).toThrow('UTF-8');
  });
});
