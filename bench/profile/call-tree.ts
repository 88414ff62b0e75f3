import { type CallFrame, type CpuProfile, selfTimes } from './cpu-profile.ts';
import type { HeapNode, HeapProfile } from './heap-profile.ts';

/** A function as called from the one above it; costs are microseconds or bytes. */
export interface CallNode {
  readonly frame: CallFrame;
  readonly self: number;
  readonly children: readonly CallNode[];
}

/** What is native has no name where it is a package's; then it is told by who calls it. */
function withName(frame: CallFrame, caller: string): CallFrame {
  const isNamed = frame.url !== '' || frame.functionName !== '';
  return isNamed ? frame : { ...frame, functionName: `native code called by ${caller}` };
}

/** What calls cost, but for the time in which there was nothing to do. */
export function callTreeOfCpu(profile: CpuProfile): CallNode {
  const times = selfTimes(profile);
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const build = (id: number, caller: string): CallNode => {
    const { callFrame, children = [] } = byId.get(id)!;
    const frame = withName(callFrame, caller);
    const self = frame.functionName === '(idle)' ? 0 : (times.get(id) ?? 0);
    return { frame, self, children: children.map((child) => build(child, frame.functionName)) };
  };
  return build(profile.nodes[0]!.id, '');
}

export function callTreeOfHeap({ head }: HeapProfile): CallNode {
  const build = ({ callFrame, selfSize, children }: HeapNode, caller: string): CallNode => {
    const frame = withName(callFrame, caller);
    const below = children.map((child) => build(child, frame.functionName));
    return { frame, self: selfSize, children: below };
  };
  return build(head, '');
}

/** What is spent in something itself, and in all that is called from it, counted once. */
export interface Tally {
  readonly name: string;
  readonly self: number;
  readonly total: number;
}

/**
 * Adds up by what `nameOf` calls a function; those it has no name for only count for their callers.
 * The order is that of the tree; see `by`.
 */
export function tally(root: CallNode, nameOf: (frame: CallFrame) => string | null): Tally[] {
  const sums = new Map<string, { self: number; total: number }>();
  const sumOf = (name: string) => {
    const sum = sums.get(name) ?? { self: 0, total: 0 };
    sums.set(name, sum);
    return sum;
  };
  const visit = (node: CallNode, above: ReadonlySet<string>): void => {
    const name = nameOf(node.frame);
    const named = name === null || above.has(name) ? above : new Set([...above, name]);
    if (name !== null) sumOf(name).self += node.self;
    for (const one of named) sumOf(one).total += node.self;
    for (const child of node.children) visit(child, named);
  };
  visit(root, new Set());
  return [...sums].map(([name, sum]) => ({ name, ...sum }));
}

/** Puts what has no name on the account of the nearest above that has one, or of `others`. */
export function tallyByNearest(
  root: CallNode,
  nameOf: (frame: CallFrame) => string | null,
  others: string,
): Tally[] {
  const sums = new Map<string, number>();
  const visit = ({ frame, self, children }: CallNode, above: string): void => {
    const name = nameOf(frame) ?? above;
    sums.set(name, (sums.get(name) ?? 0) + self);
    for (const child of children) visit(child, name);
  };
  visit(root, others);
  return [...sums].map(([name, self]) => ({ name, self, total: self }));
}

/** Those that cost most by `self` or `total`, in falling order. */
export function by(what: 'self' | 'total', tallies: readonly Tally[], most: number): Tally[] {
  const costly = tallies.filter((one) => one[what] > 0);
  return costly.sort((a, b) => b[what] - a[what]).slice(0, most);
}

/** Everything below a node, and the node. */
export function sumOf({ self, children }: CallNode): number {
  return children.reduce((sum, child) => sum + sumOf(child), self);
}
