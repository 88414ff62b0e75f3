/**
 * Loaded by `node --import` into a server that is to be profiled, in each of its threads. It dials
 * the socket of the profiler, says which thread it is, and does what comes from there, a line of
 * JSON each (`protocol.ts`). While nobody asks it does nothing.
 */
import { Session } from 'node:inspector';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { GCProfiler, getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import type { BeginRequest, Hello, Recording, Request } from './protocol.ts';

const session = new Session();
session.connect();

/** The inspector of the own thread answers before `post` returns. */
function ask<T>(method: string, parameters: object = {}): T {
  let answer: unknown;
  session.post(method, parameters, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer as T;
}

const usedHeap = () => getHeapStatistics().used_heap_size;

let finish: (() => Recording) | null = null;

/**
 * Switching the profiler on stops a warm server for some 100 ms. So it is on from the start, and
 * again behind each window; what does not belong to a window is cut off by those who read it.
 */
function switchOn(intervalUs: number): void {
  ask('Profiler.enable');
  ask('Profiler.setSamplingInterval', { interval: intervalUs });
  ask('Profiler.start');
}

function recordCpu(intervalUs: number): () => Recording {
  const collections = new GCProfiler();
  const usedBefore = usedHeap();
  collections.start();
  return () => {
    const { statistics } = collections.stop()!;
    const usedAfter = usedHeap();
    const { profile: cpu } = ask<{ profile: Recording['cpu'] }>('Profiler.stop');
    switchOn(intervalUs);
    return { cpu, heap: null, collections: { usedBefore, usedAfter, statistics } };
  };
}

/** Of all that is allocated, not only of what is there at the end. */
function recordHeap(intervalBytes: number): () => Recording {
  const all = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
  ask('HeapProfiler.startSampling', { samplingInterval: intervalBytes, ...all });
  return () => {
    const { profile: heap } = ask<{ profile: Recording['heap'] }>('HeapProfiler.stopSampling');
    // Each sample by itself would be most of what has to be handed over, and nobody reads them.
    return { cpu: null, heap: heap && { ...heap, samples: [] }, collections: null };
  };
}

function begin({ record, interval }: BeginRequest): void {
  finish = record === 'cpu' ? recordCpu(interval) : recordHeap(interval);
}

function end(): Recording | null {
  const recording = finish?.() ?? null;
  finish = null;
  return recording;
}

const thread = isMainThread ? 'main' : basename(process.argv[1]!).replace(/\.\w+$/, '');
const socket = connect(process.env.EPODE_PROFILER!);
// Neither what it waits for nor the end of the profiler is the server's business.
socket.unref();
socket.on('error', () => {});
socket.write(`${JSON.stringify({ thread } satisfies Hello)}\n`);
createInterface({ input: socket }).on('line', (line) => {
  const request = JSON.parse(line) as Request;
  if (request.to === 'get ready') switchOn(request.interval);
  else if (request.to === 'begin') begin(request);
  else socket.write(`${JSON.stringify(end())}\n`);
});
