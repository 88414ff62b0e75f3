import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OutgoingQueue, type Sink } from '../../src/transports/outgoing-queue.ts';

/** Keeps what it gets; takes its time where a test wants it to. */
class Recorder implements Sink {
  readonly writes: string[] = [];
  readonly unfinished: ((error?: Error | null) => void)[] = [];
  isSlow = false;
  overflows = 0;
  ends = 0;

  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.writes.push(bytes.toString());
    if (this.isSlow) this.unfinished.push(done);
    else done();
  }

  overflowed(): void {
    this.overflows += 1;
  }

  finished(): void {
    this.ends += 1;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let sink: Recorder;
let queue: OutgoingQueue;

beforeEach(() => {
  sink = new Recorder();
  queue = new OutgoingQueue(sink, 1000);
});

describe('one turn', () => {
  test('makes one write of everything queued', async () => {
    queue.send('<a/>');
    queue.sendParts('<b>', Buffer.from('body</b>'));
    expect(sink.writes).toEqual([]);
    expect(queue.queuedBytes).toBe(15);
    await turn();
    expect(sink.writes).toEqual(['<a/><b>body</b>']);
    expect(queue.queuedBytes).toBe(0);
  });

  test('copies what is behind the start tag, which may change before the write', async () => {
    const rest = Buffer.from('body</b>');
    queue.sendParts('<b>', rest);
    rest.fill('x');
    await turn();
    expect(sink.writes).toEqual(['<b>body</b>']);
  });

  test('keeps queues apart that are flushed together', async () => {
    const other = new Recorder();
    const second = new OutgoingQueue(other);
    queue.send('<a/>');
    second.send('<b/>');
    queue.send('<c/>');
    await turn();
    expect([sink.writes, other.writes]).toEqual([['<a/><c/>'], ['<b/>']]);
  });

  test('carries any text whole, of any length', async () => {
    const part = fc.record({ head: fc.string(), rest: fc.string() });
    const arbitrary = fc.array(part, { size: '+1' });
    await fc.assert(
      fc.asyncProperty(arbitrary, fc.nat({ max: 70_000 }), async (parts, length) => {
        const recorder = new Recorder();
        const any = new OutgoingQueue(recorder);
        const wanted = ['ü'.repeat(length)];
        any.send(wanted[0]!);
        for (const { head, rest } of parts) {
          any.sendParts(head, Buffer.from(rest));
          wanted.push(head, rest);
        }
        await turn();
        expect(recorder.writes.join('')).toBe(Buffer.from(wanted.join('')).toString());
      }),
      { numRuns: 50 },
    );
  });
});

describe('a peer that is slow to read', () => {
  beforeEach(() => {
    sink.isSlow = true;
  });

  test('gets one write at a time, and the rest joined', async () => {
    queue.send('<a/>');
    await turn();
    queue.send('<b/>');
    await turn();
    queue.send('<c/>');
    await turn();
    expect(sink.writes).toEqual(['<a/>']);
    expect(queue.queuedBytes).toBe(12);
    sink.unfinished.shift()!();
    expect(sink.writes).toEqual(['<a/>', '<b/><c/>']);
    expect(queue.queuedBytes).toBe(8);
  });

  test('is told of once, at the end of the turn, when the bound is passed', async () => {
    queue.send('x'.repeat(600));
    await turn();
    queue.send('y'.repeat(400));
    await turn();
    expect(sink.overflows).toBe(0);
    queue.send('z');
    queue.send('z');
    expect(sink.overflows).toBe(0);
    await turn();
    await turn();
    expect(sink.overflows).toBe(1);
    expect(sink.writes).toHaveLength(1);
  });

  test('has the end come after everything', async () => {
    queue.send('<a/>');
    await turn();
    queue.send('<b/>');
    queue.finish();
    queue.send('<too-late/>');
    expect(sink.ends).toBe(0);
    sink.unfinished.shift()!();
    expect(sink.writes).toEqual(['<a/>', '<b/>']);
    expect(sink.ends).toBe(1);
    sink.unfinished.shift()!();
    await turn();
    expect(sink.ends).toBe(1);
  });
});

test('what is queued at the end leaves before it, at once', () => {
  queue.send('<a/>');
  queue.finish();
  expect(sink.writes).toEqual(['<a/>']);
  expect(sink.ends).toBe(1);
});

test('after it is shut nothing leaves', async () => {
  queue.send('<a/>');
  queue.shut();
  queue.send('<b/>');
  await turn();
  expect(sink.writes).toEqual([]);
  expect(queue.queuedBytes).toBe(0);
});

test('a flush does not wait for the turn', () => {
  queue.send('<a/>');
  queue.flush();
  expect(sink.writes).toEqual(['<a/>']);
});

test('what the sink never gets is counted, and what it got is not', async () => {
  queue.send('<got/>');
  await turn();
  sink.isSlow = true;
  queue.send('<torn/>');
  await turn();
  queue.send('<left/>');
  queue.shut();
  queue.send('<late/>');
  queue.sendParts('<é>', Buffer.from('</é>'));
  expect(queue.lostBytes).toBe('<left/><late/>'.length + Buffer.byteLength('<é></é>'));
  sink.unfinished[0]!(new Error('broken'));
  expect(queue.lostBytes).toBe('<torn/><left/><late/>'.length + Buffer.byteLength('<é></é>'));
});
