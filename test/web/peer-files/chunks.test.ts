import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  Collector,
  hashOf,
  Interrupted,
  isSame,
  type Outlet,
  sendInChunks,
} from '../../../web/src/peer-files/chunks.ts';

/** A data channel that takes what it is given, and empties when it is told to. */
class Channel extends EventTarget {
  readonly sent: ArrayBuffer[] = [];
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readyState: RTCDataChannelState = 'open';
  most = 0;
  readonly #isFast: boolean;

  constructor(isFast: boolean) {
    super();
    this.#isFast = isFast;
  }

  send(piece: ArrayBuffer): void {
    this.sent.push(piece);
    if (this.#isFast) return;
    this.bufferedAmount += piece.byteLength;
    this.most = Math.max(this.most, this.bufferedAmount);
    // It empties only once nobody adds to it any more.
    setImmediate(() => this.empty());
  }

  empty(): void {
    this.bufferedAmount = 0;
    this.dispatchEvent(new Event('bufferedamountlow'));
  }
}

function bytes(length: number): Blob {
  return new Blob([Uint8Array.from({ length }, (_, at) => at % 251)]);
}

async function sends(channel: Channel, file: Blob): Promise<number[]> {
  const progress: number[] = [];
  await sendInChunks(channel as unknown as Outlet, file, (sent) => progress.push(sent));
  return progress;
}

describe('a file in pieces', () => {
  test('arrives as it was, whatever its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 80_000 }), async (length) => {
        const [file, channel, collector] = [
          bytes(length),
          new Channel(true),
          new Collector(length),
        ];
        await sends(channel, file);
        expect(channel.sent.every((piece) => collector.add(piece))).toBe(true);
        expect(collector.isComplete).toBe(true);
        expect(isSame(await hashOf(collector.toBlob()), await hashOf(file))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('goes no faster than the channel takes it', async () => {
    const channel = new Channel(false);
    const file = bytes(9_000_000);
    const progress = await sends(channel, file);
    expect(progress.at(-1)).toBe(file.size);
    expect(channel.most).toBeLessThan(2.5 * 1024 * 1024);
  });

  test('ends where the channel does', async () => {
    const channel = new Channel(true);
    channel.readyState = 'closed';
    await expect(sends(channel, bytes(10))).rejects.toThrow(Interrupted);
  });

  test('is refused where it is longer than announced', () => {
    const collector = new Collector(3);
    expect(collector.add(new ArrayBuffer(2))).toBe(true);
    expect(collector.add(new ArrayBuffer(2))).toBe(false);
  });

  test('is of no type that a browser would run', () => {
    expect(new Collector(0).toBlob().type).toBe('application/octet-stream');
  });
});
