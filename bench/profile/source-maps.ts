import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import type { CallFrame, CpuProfile, ProfileNode } from './cpu-profile.ts';
import type { HeapNode, HeapProfile } from './heap-profile.ts';

/** Replaces places in what was compiled by those in the sources. */
export class Sources {
  readonly #maps = new Map<string, { readonly map: SourceMap; readonly lines: string[] } | null>();

  #of(url: string) {
    const known = this.#maps.get(url);
    if (known !== undefined) return known;
    const read = readCompiled(url);
    this.#maps.set(url, read);
    return read;
  }

  #frame(frame: CallFrame): CallFrame {
    const compiled = this.#of(frame.url);
    const entry = compiled?.map.findEntry(frame.lineNumber, frame.columnNumber);
    if (!entry || !('originalSource' in entry)) return frame;
    const { originalSource, originalLine, originalColumn } = entry;
    const url = new URL(originalSource, frame.url).href;
    return { ...frame, url, lineNumber: originalLine, columnNumber: originalColumn };
  }

  /** Ticks have lines alone: each stands for where its code begins. */
  #ticks(url: string, ticks: ProfileNode['positionTicks']): ProfileNode['positionTicks'] {
    const compiled = this.#of(url);
    if (!compiled) return ticks;
    return ticks?.map(({ line, ticks }) => {
      const indent = compiled.lines[line - 1]?.search(/\S/) ?? 0;
      const entry = compiled.map.findEntry(line - 1, Math.max(0, indent));
      return { line: 'originalLine' in entry ? entry.originalLine + 1 : line, ticks };
    });
  }

  #node(node: ProfileNode): ProfileNode {
    const positionTicks = this.#ticks(node.callFrame.url, node.positionTicks);
    const callFrame = this.#frame(node.callFrame);
    return { ...node, callFrame, ...(positionTicks ? { positionTicks } : {}) };
  }

  /** The profile with the names and lines of the sources. */
  ofCpu(profile: CpuProfile): CpuProfile {
    return { ...profile, nodes: profile.nodes.map((node) => this.#node(node)) };
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
function readCompiled(url: string) {
  if (!url.startsWith('file:')) return null;
  try {
    const map = new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
    return { map, lines: readFileSync(new URL(url), 'utf8').split('\n') };
  } catch {
    return null;
  }
}
