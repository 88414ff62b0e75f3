import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { CallFrame, CpuProfile, ProfileNode } from './cpu-profile.ts';
import type { HeapNode, HeapProfile } from './heap-profile.ts';

/** Replaces places in what was compiled by those in the sources. */
export class Sources {
  readonly #maps = new Map<string, SourceMap | null>();

  #of(url: string): SourceMap | null {
    const known = this.#maps.get(url);
    if (known !== undefined) return known;
    const read = readCompiled(url);
    this.#maps.set(url, read);
    return read;
  }

  #frame(frame: CallFrame): CallFrame {
    const entry = this.#of(frame.url)?.findEntry(frame.lineNumber, frame.columnNumber);
    if (!entry || !('originalSource' in entry)) return frame;
    const { originalSource, originalLine, originalColumn } = entry;
    const url = new URL(originalSource, frame.url).href;
    return { ...frame, url, lineNumber: originalLine, columnNumber: originalColumn };
  }

  readonly #mapped = (node: ProfileNode): ProfileNode => ({
    ...node,
    callFrame: this.#frame(node.callFrame),
  });

  /** The profile with the names and lines of the sources. */
  ofCpu(profile: CpuProfile): CpuProfile {
    return { ...profile, nodes: profile.nodes.map(this.#mapped) };
  }

  ofHeap(profile: HeapProfile): HeapProfile {
    const mapped = (node: HeapNode): HeapNode => ({
      ...node,
      callFrame: this.#frame(node.callFrame),
      children: node.children.map(mapped),
    });
    return { ...profile, head: mapped(profile.head) };
  }
}

/** Null for what is no file, or was not compiled. */
function readCompiled(url: string): SourceMap | null {
  if (!url.startsWith('file:')) return null;
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    return null;
  }
}
