// Microseconds per message for reading a stream of chat messages, on one core:
//   node bench/micro/xml.ts [rounds]

import LtxParser from 'ltx/lib/parsers/ltx.js';
import { SaxesParser } from 'saxes';
import { buildElement, Element, serialize } from '../../src/xml/element.ts';
import type { Frame, XmlLimits } from '../../src/xml/frame.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';

const LIMITS: XmlLimits = {
  bytes: 262_144,
  tagBytes: 8192,
  depth: 64,
  elements: 5000,
  attributes: 64,
};
const CHUNK = 65_536;
const CHUNKS = 32;
const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='capulet.lit'>";
const MESSAGE =
  "<message to='romeo@montague.lit/orchard' id='a8f1c2d4-7b61-4f0e-9b1a-3c5d7e9f1a2b' type='chat' xml:lang='en'>" +
  '<body>My ears have not yet drunk a hundred words of that tongue&apos;s utterance.</body>' +
  "<active xmlns='http://jabber.org/protocol/chatstates'/>" +
  "<request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='a8f1c2d4'/></message>";

const rounds = Number(process.argv[2] ?? 20);
const chunks = makeChunks();
const messages = Math.floor((CHUNK * CHUNKS) / MESSAGE.length);

function makeChunks(): Buffer[] {
  const stream = Buffer.from(MESSAGE.repeat(Math.ceil((CHUNK * CHUNKS) / MESSAGE.length)));
  return Array.from({ length: CHUNKS }, (_, i) => stream.subarray(i * CHUNK, (i + 1) * CHUNK));
}

/** The best of the rounds: what the machine does besides only ever adds. */
function measure(name: string, run: () => void): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000 / messages);
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(2).padStart(7)} us a message`);
}

function readFrames(onFrame: (frame: Frame) => void): void {
  const parser = new XmlStreamParser(
    {
      onHeader() {},
      onFrame,
      onFooter() {},
      onError(error) {
        throw error;
      },
    },
    LIMITS,
  );
  parser.write(Buffer.from(HEADER));
  for (const chunk of chunks) parser.write(chunk);
}

console.log(
  `${MESSAGE.length} bytes a message, chunks of ${CHUNK} bytes, best of ${rounds} rounds`,
);
measure('frames', () => readFrames(() => {}));
measure('frames and trees', () => readFrames((frame) => void buildElement(frame)));
measure('frames, trees, and back to text', () =>
  readFrames((frame) => void serialize(buildElement(frame))),
);
measure('ltx, events only', () => {
  const parser = new LtxParser();
  parser.on('startElement', () => {});
  parser.on('endElement', () => {});
  parser.on('text', () => {});
  parser.write(HEADER);
  for (const chunk of chunks) parser.write(chunk.toString());
});
measure('ltx, trees', () => {
  let parent: Element | null = null;
  const parser = new LtxParser();
  parser.on('startElement', (name: string, attrs: object) => {
    const element = new Element(name, attrs);
    // The root keeps no children, as in a stream.
    if (parent?.parent || parent?.name === 'message') parent.cnode(element);
    else element.parent = parent;
    parent = element;
  });
  parser.on('endElement', () => {
    parent = parent?.parent ?? null;
  });
  parser.on('text', (text: string) => parent?.t(text));
  parser.write(HEADER);
  for (const chunk of chunks) parser.write(chunk.toString());
});
measure('saxes with namespaces, events only', () => {
  const parser = new SaxesParser({ xmlns: true });
  parser.on('opentag', () => {});
  parser.on('closetag', () => {});
  parser.on('text', () => {});
  parser.write(HEADER);
  for (const chunk of chunks) parser.write(chunk.toString());
});
