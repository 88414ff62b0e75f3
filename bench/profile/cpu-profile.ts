/** A profile as V8 has it and its developer tools open it; lines and columns count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount?: number;
  readonly children?: readonly number[];
}

/** Times are microseconds of the machine's monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node of each sample. */
  readonly samples: readonly number[];
  /** From the sample before, or the start. */
  readonly timeDeltas: readonly number[];
}

/** Microseconds of the clock that V8 stamps its samples by. */
export const monotonicUs = () => Number(process.hrtime.bigint() / 1_000n);

/** The nodes that were seen in these samples, and those above them. */
function seenIn(nodes: readonly ProfileNode[], samples: readonly number[]): ProfileNode[] {
  const hits = new Map<number, number>();
  for (const id of samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  const kept = new Map<number, ProfileNode>();
  // A node has a higher number than the one above it.
  for (const { id, callFrame, children = [] } of nodes.toSorted((a, b) => b.id - a.id)) {
    const below = children.filter((child) => kept.has(child));
    const hitCount = hits.get(id) ?? 0;
    if (hitCount > 0 || below.length > 0 || callFrame.functionName === '(root)')
      kept.set(id, { id, callFrame, hitCount, children: below });
  }
  return [...kept.values()].reverse();
}

/** What was seen in this time alone. */
export function within(profile: CpuProfile, from: number, to: number): CpuProfile {
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  const startTime = Math.max(from, profile.startTime);
  let last = startTime;
  let time = profile.startTime;
  profile.samples.forEach((node, index) => {
    time += profile.timeDeltas[index]!;
    if (time < startTime || time > to) return;
    samples.push(node);
    timeDeltas.push(time - last);
    last = time;
  });
  const endTime = Math.min(to, profile.endTime);
  return { nodes: seenIn(profile.nodes, samples), startTime, endTime, samples, timeDeltas };
}

/** Microseconds that passed in each node itself: every sample stands until the next one. */
export function selfTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile) {
  const times = new Map<number, number>();
  let left = endTime - startTime - (timeDeltas[0] ?? 0);
  samples.forEach((node, index) => {
    const time = timeDeltas[index + 1] ?? Math.max(0, left);
    left -= time;
    times.set(node, (times.get(node) ?? 0) + time);
  });
  return times;
}
