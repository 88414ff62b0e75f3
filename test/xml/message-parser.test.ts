import { describe, expect, test } from '@jest/globals';
import type { Frame, XmlError } from '../../src/xml/frame.ts';
import { XmlMessageParser } from '../../src/xml/message-parser.ts';
import { LIMITS } from './recorder.ts';

/** A parser with what it told: names of frames, conditions of errors. */
function recorded() {
  const told: string[] = [];
  const parser = new XmlMessageParser(
    {
      onFrame: ({ name, xmlns, raw }: Frame) => told.push(`${name} ${xmlns} ${raw.length}`),
      onError: ({ condition }: XmlError) => told.push(condition),
    },
    LIMITS,
  );
  return { parser, told };
}

function read(...messages: string[]): string[] {
  const { parser, told } = recorded();
  for (const message of messages) parser.write(Buffer.from(message));
  return told;
}

describe('messages of one element each [RFC7395 3.3.3]', () => {
  test('are frames, whose namespaces they declare themselves', () => {
    expect(read("<a xmlns='u'/>", "<b:c xmlns:b='v'>x<d/></b:c> \r\n", '<e/>')).toEqual([
      'a u 14',
      'c v 28',
      'e  4',
    ]);
  });

  test('may begin with an XML declaration, which is no part of the frame', () => {
    const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
    expect(read(`${declaration}<a xmlns='u'/>`, `${declaration}\r\n<b/> `)).toEqual([
      'a u 14',
      'b  4',
    ]);
  });

  test.each([
    ['', 'bad-format'],
    [' <a/>', 'bad-format'],
    ['text', 'bad-format'],
    ['<a/><b/>', 'bad-format'],
    ['<a/>text', 'bad-format'],
    ['<a>', 'not-well-formed'],
    ['<a></b>', 'not-well-formed'],
    ['</a>', 'not-well-formed'],
    ['<stream:features/>', 'not-well-formed'],
    ["<?xml version='1.0'?>", 'bad-format'],
    ["<?xml version='1.0'?>text", 'bad-format'],
    ["<?xml version='1.0'?><?xml version='1.0'?><a/>", 'restricted-xml'],
    ["<?xml version='1.0'?><a/><b/>", 'bad-format'],
    ["<?xml version='1.1'?><a/>", 'bad-format'],
    ["<?xml version='1.0' encoding='latin-1'?><a/>", 'unsupported-encoding'],
    ["<?xml version='1.0'?>text<a/>", 'bad-format'],
    ["<?xml version='1.0'", 'restricted-xml'],
    ['<?style?><a/>', 'restricted-xml'],
    ["<a/><?xml version='1.0'?>", 'bad-format'],
    ['<!DOCTYPE a><a/>', 'restricted-xml'],
    [`<a>${'x'.repeat(LIMITS.bytes)}</a>`, 'policy-violation'],
  ])('%#: anything else is an error, after which nothing is read', (message, condition) => {
    expect(read('<ok/>', message, '<late/>')).toEqual(['ok  5', condition]);
  });

  test('invalid UTF-8 is not well-formed', () => {
    const { parser, told } = recorded();
    parser.write(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]));
    expect(told).toEqual(['not-well-formed']);
  });
});

describe('held back', () => {
  test('messages wait in their order, whoever calls', () => {
    const { parser, told } = recorded();
    parser.pause();
    parser.write(Buffer.from('<a/>'));
    parser.write(Buffer.from('<b/>'));
    expect(told).toEqual([]);
    parser.resume();
    expect(told).toEqual(['a  4', 'b  4']);
  });

  test('a handler may pause and go on from within', () => {
    const told: string[] = [];
    const parser: XmlMessageParser = new XmlMessageParser(
      {
        onFrame({ name }) {
          told.push(name);
          if (name === 'a') {
            parser.pause();
            parser.write(Buffer.from('<c/>'));
            parser.resume();
          }
          if (name === 'b') parser.pause();
        },
        onError: () => told.push('error'),
      },
      LIMITS,
    );
    parser.pause();
    parser.write(Buffer.from('<a/>'));
    parser.write(Buffer.from('<b/>'));
    parser.resume();
    expect(told).toEqual(['a', 'b']);
    parser.resume();
    expect(told).toEqual(['a', 'b', 'c']);
  });

  test('limits hold from the next message on', () => {
    const { parser, told } = recorded();
    parser.setLimits({ ...LIMITS, bytes: 8 });
    parser.write(Buffer.from('<a>12</a>'));
    expect(told).toEqual(['policy-violation']);
  });
});
