import type { GCProfilerResult } from 'node:v8';
import type { CpuProfile } from './cpu-profile.ts';
import type { HeapProfile } from './heap-profile.ts';

/** What a thread says first. */
export interface Hello {
  /** `main`, or the name of the worker's file. */
  readonly thread: string;
}

/** Has a thread record what it does from now on. */
export interface BeginRequest {
  readonly to: 'begin';
  readonly record: 'cpu' | 'heap';
  /** Between two samples: microseconds of `cpu`, bytes of `heap`. */
  readonly interval: number;
}

/**
 * What a thread is told, after `get ready` where it is to record `cpu`. It answers the end of a
 * recording with a `Recording`, or null for none.
 */
export type Request =
  | BeginRequest
  | { readonly to: 'get ready'; readonly interval: number }
  | { readonly to: 'end' };

/** What the collector did in a thread, and the bytes in use before and after all of it. */
export interface Collections {
  readonly usedBefore: number;
  readonly usedAfter: number;
  readonly statistics: GCProfilerResult['statistics'];
}

/** What was recorded in one thread. */
export interface Recording {
  readonly cpu: CpuProfile | null;
  readonly heap: HeapProfile | null;
  readonly collections: Collections | null;
}
