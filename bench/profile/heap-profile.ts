import type { CallFrame } from './cpu-profile.ts';

export interface HeapNode {
  readonly callFrame: CallFrame;
  /** Bytes that were allocated here, extrapolated from the samples by V8. */
  readonly selfSize: number;
  readonly id: number;
  readonly children: readonly HeapNode[];
}

/** A sampled profile of allocations as V8 has it and its developer tools open it. */
export interface HeapProfile {
  readonly head: HeapNode;
  readonly samples: readonly object[];
}
