import type { Collections } from './protocol.ts';

type Collection = Collections['statistics'][number];

/** What the collector did of one kind. */
export interface CollectionTimes {
  readonly kind: string;
  readonly count: number;
  readonly ms: number;
}

/** In one thread; sizes are bytes on V8's heap, buffers' contents not among them. */
export interface CollectionFigures {
  readonly kinds: readonly CollectionTimes[];
  readonly allocated: number;
  /** Moved from the young generation to the old one: what a later, longer collection has to find. */
  readonly promoted: number;
}

const OLD_SPACES = ['old_space', 'large_object_space'];

function oldSize({ heapSpaceStatistics }: Collection['beforeGC']): number {
  const old = heapSpaceStatistics.filter(({ spaceName }) => OLD_SPACES.includes(spaceName));
  return old.reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0);
}

const used = ({ heapStatistics }: Collection['beforeGC']) => heapStatistics.usedHeapSize;

/** Between two collections the heap grows by what is allocated. */
function allocatedIn({ usedBefore, usedAfter, statistics }: Collections): number {
  let sum = 0;
  let last = usedBefore;
  for (const { beforeGC, afterGC } of statistics) {
    sum += Math.max(0, used(beforeGC) - last);
    last = used(afterGC);
  }
  return sum + Math.max(0, usedAfter - last);
}

function promotedIn({ statistics }: Collections): number {
  const young = statistics.filter(({ gcType }) => gcType === 'Scavenge');
  const moved = young.map(({ beforeGC, afterGC }) => oldSize(afterGC) - oldSize(beforeGC));
  return moved.reduce((sum, bytes) => sum + Math.max(0, bytes), 0);
}

export function figuresOf(collections: Collections): CollectionFigures {
  const groups = Map.groupBy(collections.statistics, ({ gcType }) => gcType as string);
  const kinds = [...groups].map(([kind, all]) => ({
    kind,
    count: all.length,
    // V8 tells microseconds.
    ms: all.reduce((sum, { cost }) => sum + cost, 0) / 1e3,
  }));
  return { kinds, allocated: allocatedIn(collections), promoted: promotedIn(collections) };
}
