import type { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as ws from 'ws';
import { WebSocketReader } from '../../src/transports/websocket-reader.ts';
import { type FrameHead, frame } from './websocket-world.ts';

// `ws` alone judges the same bytes: whoever reads, the same has to come of them, in the same order.

const LIMIT = 70_000;
/** What `ws` reads with; its types leave it out. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** A receiver of `ws`, and what has come of the bytes that it was given. */
function receiving(heard: string[]): Writable {
  const receiver = new Receiver({ isServer: true, maxPayload: LIMIT, maxFragments: 4 });
  return receiver
    .on('message', (data, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${data}`))
    .on('ping', (data) => heard.push(`ping ${data}`))
    .on('pong', (data) => heard.push(`pong ${data}`))
    .on('conclude', (code) => heard.push(`end ${code}`))
    .on('error', ({ code }: NodeJS.ErrnoException) => heard.push(`error ${code}`));
}

const isOver = (heard: readonly string[]) => /^(end|error) /.test(heard.at(-1) ?? '');

/** What comes of the chunks where `ws` reads them all; after an end or an error it reads none. */
async function readByWs(chunks: readonly Buffer[]): Promise<string[]> {
  const heard: string[] = [];
  const receiver = receiving(heard);
  for (const chunk of chunks) {
    if (!isOver(heard)) receiver.write(chunk);
    await new Promise(setImmediate);
  }
  return heard;
}

/** What comes of them through the reader, and how many messages were its own. */
async function read(chunks: readonly Buffer[]): Promise<{ heard: string[]; own: number }> {
  const heard: string[] = [];
  let own = 0;
  const receiver = receiving(heard);
  const onText = (bytes: Buffer, start: number, end: number) => {
    own += 1;
    heard.push(`text ${bytes.toString('utf8', start, end)}`);
  };
  const reader = new WebSocketReader({ onText, onRest: (bytes) => receiver.write(bytes) }, LIMIT);
  receiver.on('error', () => reader.stop());
  for (const chunk of chunks) {
    reader.read(chunk);
    await new Promise(setImmediate);
  }
  return { heard, own };
}

/** The bytes in pieces, each in memory of its own as if a socket had read it. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((each) => each % (bytes.length + 1)), bytes.length];
  return ends
    .sort((a, b) => a - b)
    .map((end, index, all) => Buffer.from(bytes.subarray(all[index - 1] ?? 0, end)))
    .filter(({ length }) => length > 0);
}

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(124, 125, 126, 127, 65_535, 65_536, LIMIT).map((length) => 'a'.repeat(length)),
);
const head = (value: Partial<Record<keyof FrameHead, fc.Arbitrary<unknown>>>) =>
  fc.record(value, { requiredKeys: [] }) as fc.Arbitrary<FrameHead>;
const messages = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: text.map((payload) => [frame(payload)]) },
    fc.string({ maxLength: 125 }).map((payload) => [frame(payload.slice(0, 60), { opcode: 9 })]),
    fc
      .tuple(text, text)
      .map(([first, last]) => [
        frame(first, { isLast: false }),
        frame('in between', { opcode: 10 }),
        frame(last, { opcode: 0 }),
      ]),
  ),
  { maxLength: 6 },
);
const oddities = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((bytes) => frame(Buffer.from(bytes))),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(
      text,
      head({
        opcode: fc.integer({ min: 0, max: 15 }),
        isLast: fc.boolean(),
        isMasked: fc.boolean(),
        reserved: fc.integer({ min: 0, max: 7 }),
        length: fc.integer({ min: 0, max: 80_000 }),
      }),
    )
    .map(([payload, of]) => frame(payload, of)),
  fc.constant(frame(Buffer.from([3, 232]), { opcode: 8 })),
  fc.constant(Buffer.alloc(0)),
);
const places = fc.array(fc.nat(), { maxLength: 12 });

describe('[RFC 6455 5.2] of frames the reader', () => {
  test('makes what `ws` makes of them, wherever they are cut, and whatever must not be', async () => {
    await fc.assert(
      fc.asyncProperty(messages, oddities, messages, places, async (before, odd, behind, at) => {
        const bytes = Buffer.concat([...before.flat(), odd, ...behind.flat()]);
        expect((await read(cut(bytes, at))).heard).toEqual(await readByWs(cut(bytes, at)));
      }),
      { numRuns: 200 },
    );
  });

  test('reads whole messages of text itself, at any place in memory', async () => {
    const texts = ['<a/>', '<b>ü</b>', '<c>€</c>', 'x'.repeat(126), 'y'.repeat(65_536)];
    for (let offset = 0; offset < 4; offset++) {
      const memory = Buffer.concat([Buffer.alloc(offset), ...texts.map((each) => frame(each))]);
      const { heard, own } = await read([memory.subarray(offset)]);
      expect(heard).toEqual(texts.map((each) => `text ${each}`));
      expect(own).toBe(texts.length);
    }
  });

  test('leaves them to `ws` behind a frame that is not its own, for that chunk', async () => {
    const bytes = Buffer.concat([frame('a'), frame('', { opcode: 9 }), frame('b')]);
    expect(await read([bytes, frame('c')])).toEqual({
      heard: ['text a', 'ping ', 'text b', 'text c'],
      own: 2,
    });
  });

  test('hears nothing more behind a close, in the same chunk or another', async () => {
    const close = frame(Buffer.from([3, 232]), { opcode: 8 });
    const { heard } = await read([Buffer.concat([close, frame('a')]), frame('b')]);
    expect(heard).toEqual(['end 1000']);
  });
});
