import { table } from '../run/table.ts';
import { areaOf, fileOf, moduleOf, titleOf } from './areas.ts';
import { by, type CallNode, sumOf, type Tally, tally, tallyByNearest } from './call-tree.ts';
import type { CollectionFigures } from './collections.ts';
import type { CallFrame } from './cpu-profile.ts';
import type { ThreadTimes } from './threads.ts';

const MOST_FUNCTIONS = 60;
const MOST_MODULES = 30;

/** What costs are divided by, and what they are given in. */
export interface Unit {
  /** In the singular: `login`. */
  readonly name: string;
  readonly count: number;
  readonly cost: 'us' | 'bytes';
}

/** Enough digits for small costs, none for large ones. */
export function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** One table of what cost most, with shares of everything. */
function costs(
  tallies: readonly Tally[],
  what: 'self' | 'total',
  all: number,
  { name, count, cost }: Unit,
  most: number,
): string {
  const head = [`${cost} a ${name}`, '%', what === 'self' ? 'itself' : 'with what it calls'];
  const rows = by(what, tallies, most).map((one) => [
    short(one[what] / count),
    ((100 * one[what]) / all).toFixed(1),
    one.name,
  ]);
  return table([head, ...rows]);
}

/** Where the cost of a tree is, from several sides. */
export function describeTree(root: CallNode, unit: Unit): string {
  const all = sumOf(root);
  const functions = tally(root, titleOf);
  const isOurs = (frame: CallFrame) => fileOf(frame).startsWith('src/');
  const own = (frame: CallFrame) => (isOurs(frame) ? titleOf(frame) : null);
  const ownFile = (frame: CallFrame) => (isOurs(frame) ? fileOf(frame) : null);
  const others = 'nobody in src/';
  return [
    '### By area, itself',
    costs(tally(root, areaOf), 'self', all, unit, MOST_MODULES),
    '### By function, itself',
    costs(functions, 'self', all, unit, MOST_FUNCTIONS),
    '### By function, with what it calls',
    costs(functions, 'total', all, unit, MOST_FUNCTIONS),
    '### By module, with what it calls',
    costs(tally(root, moduleOf), 'total', all, unit, MOST_MODULES),
    '### By function of `src/`, with what it calls outside of it',
    costs(tallyByNearest(root, own, others), 'self', all, unit, MOST_FUNCTIONS),
    '### By file of `src/`, with what it calls outside of it',
    costs(tallyByNearest(root, ownFile, others), 'self', all, unit, MOST_MODULES),
  ].join('\n\n');
}

/** What the kernel counted for the threads, whatever V8 sees of them. */
export function describeProcessor(threads: readonly ThreadTimes[], unit: Unit): string {
  const all = threads.reduce((sum, thread) => sum + thread.all, 0);
  const rows = threads
    .filter((thread) => thread.all > 0)
    .map(({ name, all, kernel }) => [
      name,
      short(all / unit.count),
      `${((100 * kernel) / all).toFixed(0)} %`,
    ]);
  const head = ['thread', `us a ${unit.name}`, 'in the kernel'];
  return table([head, ...rows, ['all', short(all / unit.count), '']]);
}

/** Allocation and collections by thread. */
export function describeCollections(
  threads: ReadonlyMap<string, CollectionFigures>,
  seconds: number,
  { name, count }: Unit,
): string {
  const figures = [...threads];
  const bytes = figures.map(([thread, { allocated, promoted }]) => [
    thread,
    short(allocated / count),
    short(promoted / count),
    `${allocated > 0 ? ((100 * promoted) / allocated).toFixed(1) : '0.0'} %`,
  ]);
  const times = figures.flatMap(([thread, { kinds }]) =>
    kinds.map(({ kind, count: times, ms }) => [
      ...[thread, kind, String(times), ms.toFixed(1), (ms / times).toFixed(2)],
      `${((100 * ms) / (seconds * 1e3)).toFixed(2)} %`,
      short((ms * 1e3) / count),
    ]),
  );
  const amounts = ['thread', `bytes allocated a ${name}`, 'promoted', 'of what is allocated'];
  const head = ['thread', 'collection', 'count', 'ms', 'ms each', 'of the time', `us a ${name}`];
  return [table([amounts, ...bytes]), table([head, ...times])].join('\n\n');
}
