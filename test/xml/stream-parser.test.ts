import { describe, expect, test } from '@jest/globals';
import type { Frame } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';
import { HEADER, LIMITS, Recorder } from './recorder.ts';

const RICH = [
  "<?xml version='1.0' encoding='UTF-8'?>\r\n",
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'",
  " xmlns:db='jabber:server:dialback' to='caf\u00e9.lit' xml:lang='en' a='&lt;\u20ac>'>\n ",
  '<message to=\'r&#x1F600;@m.lit\' type="chat"><body>\u00e9 &amp; \u{1f600} ]] > \uff21</body>',
  "<x:y xmlns:x='u' x:z='>' w = '1' ><![CDATA[<]]]>\uf8ff]]&gt;<x:y/></x:y >text</message>",
  "\r\n<db:result db:a=''/><iq xmlns='v'/><presence  /> ",
  "<a xmlns=''><b xmlns='w'>\ufffd</b><c/></a></stream:stream\n>",
].join('');

describe('frames', () => {
  const { events } = new Recorder().write(RICH);

  test('a document is told in its order', () => {
    expect(
      events.map((event) => (typeof event === 'string' ? event : Object.keys(event)[0])),
    ).toEqual(['header', 'frame', 'frame', 'frame', 'frame', 'frame', 'footer']);
  });

  test('a frame says what it is and where its parts are', () => {
    const raw = "<a:m xmlns:a='u' b='&lt;'> <c>x</c>\n<d xmlns='v'/><stream:e/></a:m>";
    const recorder = new Recorder().write(HEADER).write(raw);
    const at = (part: string) => raw.indexOf(part);
    const streams = 'http://etherx.jabber.org/streams';
    expect(recorder.events[1]).toEqual({
      frame: {
        raw,
        name: 'm',
        xmlns: 'u',
        defaultXmlns: 'jabber:client',
        attributes: [
          {
            name: 'xmlns:a',
            start: at('xmlns:a'),
            end: at(' b='),
            valueStart: at("u'"),
            valueEnd: at("' b"),
          },
          {
            name: 'b',
            start: at('b='),
            end: at('> <c'),
            valueStart: at('&lt'),
            valueEnd: at("'> <c"),
          },
        ],
        contentStart: at(' <c>'),
        contentEnd: at('</a:m>'),
        children: [
          {
            name: 'c',
            xmlns: 'jabber:client',
            start: at('<c>'),
            contentStart: at('x</c>'),
            contentEnd: at('</c>'),
            end: at('\n<d'),
            hasDeclarations: false,
          },
          {
            name: 'd',
            xmlns: 'v',
            start: at('<d'),
            contentStart: at('<stream:e'),
            contentEnd: at('<stream:e'),
            end: at('<stream:e'),
            hasDeclarations: true,
          },
          {
            name: 'e',
            xmlns: streams,
            start: at('<stream:e'),
            contentStart: at('</a:m>'),
            contentEnd: at('</a:m>'),
            end: at('</a:m>'),
            hasDeclarations: false,
          },
        ],
        streamPrefixes: [{ prefix: 'stream', xmlns: streams }],
        hasText: false,
      },
    });
  });

  test.each([
    ['<a> <b>x</b> </a>', false],
    ['<a>x<b/></a>', true],
    ['<a><b/>&#32;</a>', true],
    ['<a><b/><![CDATA[]]></a>', true],
  ])('text between direct children is noticed: %s', (raw, hasText) => {
    const recorder = new Recorder().write(HEADER).write(raw);
    expect(recorder.events[1]).toEqual({ frame: expect.objectContaining({ hasText }) });
  });

  test('a frame that lies whole in a chunk is not copied', () => {
    const chunk = Buffer.from(`${HEADER}<a/>`);
    const frames: Frame[] = [];
    const handler = Object.assign(new Recorder(), { onFrame: (it: Frame) => void frames.push(it) });
    new XmlStreamParser(handler, LIMITS).write(chunk);
    expect(frames[0]?.raw.buffer).toBe(chunk.buffer);
  });

  test('a root that closes itself is a stream that begins and ends', () => {
    const recorder = new Recorder().write("<stream to='a'/>").write('<a/>');
    expect(recorder.events).toEqual([
      { header: expect.objectContaining({ name: 'stream' }) },
      'footer',
    ]);
  });

  test('what follows the end of the stream is dropped', () => {
    const recorder = new Recorder().write(`${HEADER}</stream:stream><a/>`).write('\0');
    expect(recorder.events).toEqual([expect.anything(), 'footer']);
  });
});

describe('chunks', () => {
  const bytes = Buffer.from(RICH);
  const { events } = new Recorder().write(bytes);

  test('every split of a document is told alike', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const recorder = new Recorder().write(bytes.subarray(0, at)).write(bytes.subarray(at));
      expect({ at, events: recorder.events }).toEqual({ at, events });
    }
  });

  test.each([1, 2, 3, 5, 7, 64])('chunks of %d bytes are told alike', (size) => {
    const recorder = new Recorder();
    for (let at = 0; at < bytes.length; at += size) recorder.write(bytes.subarray(at, at + size));
    expect(recorder.events).toEqual(events);
  });

  test('a chunk may be written over when `write` returns', () => {
    const recorder = new Recorder();
    const chunk = Buffer.alloc(5);
    for (let at = 0; at < bytes.length; at += 5) {
      const length = bytes.copy(chunk, 0, at, at + 5);
      recorder.parser.write(chunk.subarray(0, length));
      chunk.fill(0);
    }
    expect(recorder.events).toEqual(events);
  });

  test.each([
    ['text', `<a>${'x'.repeat(200_000)}</a>`],
    ['references', `<a>${'&amp;'.repeat(50_000)}</a>`],
    ['elements', `<a>${'<b/>'.repeat(50_000)}</a>`],
    ['nesting', '<a>'.repeat(30_000) + '</a>'.repeat(30_000)],
    ['a value full of >', `<a b='${'>'.repeat(200_000)}'/>`],
    ['white space in a tag', `<a${' '.repeat(200_000)}/>`],
    ['CDATA', `<a><![CDATA[${']>'.repeat(100_000)}]]></a>`],
    ['a name', `<${'a'.repeat(200_000)}/>`],
    ['prefixes', `<p:a xmlns:p='u'>${'<p:b p:c=""/>'.repeat(15_000)}</p:a>`],
  ])('200 KB of %s byte by byte take no more than linear time', (_, raw) => {
    const unbounded = { bytes: 1e6, tagBytes: 1e6, depth: 1e6, elements: 1e6, attributes: 100 };
    const recorder = new Recorder(unbounded).write(HEADER);
    const started = process.cpuUsage();
    recorder.drip(raw);
    const { user, system } = process.cpuUsage(started);
    expect(recorder.raws).toEqual([raw]);
    // Quadratic time would be seconds; linear is some 50 ms.
    expect((user + system) / 1000).toBeLessThan(1500);
  });
});

describe('white space between frames [RFC6120 4.6.1] [RFC6120 11.7]', () => {
  test('is a sign of life', () => {
    const recorder = new Recorder().write(HEADER).write(' ').write('<a/>\n').write('\r\n\t');
    expect(recorder.whiteSpaces).toBe(3);
    expect(recorder.raws).toEqual(['<a/>']);
  });

  test('within a frame it is none', () => {
    const recorder = new Recorder().write(HEADER).write('<a>').write(' ').write('</a>');
    expect(recorder.whiteSpaces).toBe(0);
  });
});

describe('pause and resume', () => {
  test('frames wait behind the one that paused', () => {
    const recorder = new Recorder();
    recorder.onEvent = () => recorder.parser.pause();
    recorder.write(`${HEADER}<a/> <b/><c`).write('/><d/></stream:stream>');
    expect(recorder.events).toHaveLength(1);
    expect(recorder.parser.isPaused).toBe(true);
    for (const raws of [['<a/>'], ['<a/>', '<b/>'], ['<a/>', '<b/>', '<c/>']]) {
      recorder.parser.resume();
      expect(recorder.raws).toEqual(raws);
    }
    recorder.onEvent = () => {};
    recorder.parser.resume();
    expect(recorder.events.slice(-2)).toEqual([
      { frame: expect.objectContaining({ name: 'd' }) },
      'footer',
    ]);
  });

  test('resuming within the callback goes on without nesting', () => {
    const recorder = new Recorder().write(HEADER);
    let depth = 0;
    recorder.onEvent = () => {
      expect(++depth).toBe(1);
      recorder.parser.pause();
      recorder.parser.resume();
      depth--;
    };
    recorder.write('<a/>'.repeat(1000));
    expect(recorder.raws).toHaveLength(1000);
  });

  test('a paused parser that is stepped through many frames takes linear time', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.onEvent = () => recorder.parser.pause();
    recorder.write('<a/>'.repeat(20_000));
    while (recorder.parser.isPaused && recorder.events.length < 20_001) recorder.parser.resume();
    expect(recorder.raws).toHaveLength(20_000);
  });
});

describe('writing from within a callback', () => {
  test('what is written comes behind what is being read', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.onEvent = () => {
      if (recorder.raws.length === 1) recorder.write('<c/><d').write('/>');
    };
    recorder.write('<a/><b/>');
    expect(recorder.raws).toEqual(['<a/>', '<b/>', '<c/>', '<d/>']);
  });

  test("the frame's bytes stay as they are meanwhile", () => {
    const recorder = new Recorder().drip(HEADER);
    let seen = '';
    const { parser } = recorder;
    recorder.onFrame = ({ raw }: Frame) => {
      for (let i = 0; i < 50; i++) parser.write(Buffer.from(' '.repeat(50)));
      seen = raw.toString();
    };
    recorder.drip('<a>something</a>');
    expect(seen).toBe('<a>something</a>');
  });
});

describe('reset [RFC6120 5.4.3.3]', () => {
  test('drops what was pipelined and expects a header', () => {
    const recorder = new Recorder();
    recorder.onEvent = () => recorder.parser.reset();
    recorder.write(`${HEADER}`);
    recorder.onEvent = () => {};
    recorder.write(`${HEADER}`);
    recorder.onEvent = () => recorder.parser.reset();
    recorder.write('<starttls/><iq/>').write(`<?xml version='1.0'?>${HEADER}`);
    expect(recorder.raws).toEqual(['<starttls/>']);
    expect(recorder.events.at(-1)).toEqual({ header: expect.anything() });
  });

  test('drops an unfinished frame', () => {
    const recorder = new Recorder().write(`${HEADER}<a><b`);
    recorder.parser.reset();
    recorder.write(`${HEADER}<c/>`);
    expect(recorder.raws).toEqual(['<c/>']);
  });

  test('keeps a paused parser paused', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.parser.pause();
    recorder.parser.reset();
    recorder.write(HEADER);
    expect(recorder.events).toHaveLength(1);
    recorder.parser.resume();
    expect(recorder.events).toHaveLength(2);
  });
});

describe('restart [RFC6120 4.3.3] [RFC6120 6.4.6]', () => {
  test.each(['', '\n', ' \r\n'])(
    'reads what was pipelined as a new stream, behind "%j"',
    (space) => {
      const recorder = new Recorder().write(HEADER);
      recorder.onEvent = () => {
        recorder.onEvent = () => {};
        recorder.parser.restart();
      };
      recorder.write(`<auth/>${space}<?xml version='1.0'?>${HEADER}<iq/>`);
      expect(recorder.events.map((event) => Object.keys(event)[0])).toEqual([
        'header',
        'frame',
        'header',
        'frame',
      ]);
    },
  );

  test('forgets the prefixes of the old header', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.parser.restart();
    recorder.write("<stream xmlns='http://etherx.jabber.org/streams'><stream:features/>");
    expect(recorder.error).toBe('not-well-formed');
  });

  test('while paused, what waits is read as a new stream on resuming', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.onEvent = () => recorder.parser.pause();
    recorder.write(`<auth/>${HEADER}`);
    recorder.parser.restart();
    expect(recorder.events).toHaveLength(2);
    recorder.parser.resume();
    expect(recorder.events.at(-1)).toEqual({ header: expect.anything() });
  });
});

describe('errors', () => {
  test('end all reading and are told once', () => {
    const recorder = new Recorder().write(`${HEADER}<a/><b></c><d/>`).write('<e/>').write('\0');
    expect(recorder.events.slice(1)).toEqual([
      { frame: expect.objectContaining({ name: 'a' }) },
      { error: 'not-well-formed' },
    ]);
  });

  test.each(['reset', 'restart'] as const)('%s makes a new beginning', (begin) => {
    const recorder = new Recorder().write('nonsense');
    recorder.parser[begin]();
    recorder.write(`${HEADER}<a/>`);
    expect(recorder.raws).toEqual(['<a/>']);
  });

  test("a handler's own error passes through, and the parser reads on", () => {
    const recorder = new Recorder().write(HEADER);
    recorder.onEvent = () => {
      throw new RangeError('mine');
    };
    expect(() => recorder.write('<a/><b')).toThrow(RangeError);
    recorder.onEvent = () => {};
    recorder.write('/>');
    expect(recorder.raws).toEqual(['<a/>', '<b/>']);
  });
});

describe('memory', () => {
  test.each([
    ['frames', '<a/>'],
    ['white space', ' \n'],
    ['a frame whose end comes later', '<a>', '</a>'],
  ])('a parser that is idle after %s keeps no bytes', (_, ...pieces) => {
    const recorder = new Recorder().write(HEADER);
    for (const piece of pieces) recorder.write(piece);
    expect(heldBytes(recorder.parser)).toBe(0);
  });

  test('an unfinished frame keeps its own bytes alone', () => {
    const recorder = new Recorder().write(HEADER);
    recorder.write(`${'<a/>'.repeat(10_000)}<a>`);
    expect(heldBytes(recorder.parser)).toBeLessThan(1024);
  });

  test('parsers on one thread do not disturb each other within their frames', () => {
    const recorders = Array.from({ length: 50 }, () => new Recorder());
    const text = `${HEADER}<a b='1'><c xmlns:p='u'><p:d/></c></a>`;
    for (const character of text) for (const recorder of recorders) recorder.write(character);
    for (const recorder of recorders) {
      expect(recorder.events).toEqual(new Recorder().write(text).events);
    }
  });
});

/** Bytes of the buffers that can be reached from a parser. */
function heldBytes(root: object): number {
  const seen = new Set<object>();
  let bytes = 0;
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (value instanceof ArrayBuffer) bytes += value.byteLength;
    else if (Buffer.isBuffer(value)) visit(value.buffer);
    else for (const key of Object.keys(value)) visit(value[key as keyof typeof value]);
  };
  const { handler: _, ...fields } = root as { handler: unknown };
  visit(fields);
  return bytes;
}
