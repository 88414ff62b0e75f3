import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { RunOptions } from '../run/options.ts';
import type { Sample, Scenario } from '../run/scenario.ts';
import { type CallNode, callTreeOfCpu, callTreeOfHeap, sumOf } from './call-tree.ts';
import { figuresOf } from './collections.ts';
import { within } from './cpu-profile.ts';
import { drawFlames } from './flames.ts';
import type { Recording } from './protocol.ts';
import type { RecordedWindow } from './recorder.ts';
import {
  describeCollections,
  describeProcessor,
  describeTree,
  short,
  type Unit,
} from './report.ts';
import { Sources } from './source-maps.ts';

/** Below this share of what all threads cost a thread has no chapter of its own. */
const MINOR = 0.02;

/** Costs in other units: shares hold, absolute times have the profiler in them. */
function scaled({ frame, self, children }: CallNode, factor: number): CallNode {
  return { frame, self: self * factor, children: children.map((child) => scaled(child, factor)) };
}

interface Chapter {
  readonly thread: string;
  readonly tree: CallNode;
  /** Writes the profile itself. */
  readonly profile: object;
}

/** The files of a run: profiles, flame charts, and a report of them all. */
export class Album {
  readonly #base: string;
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #sources = new Sources();
  readonly #pages: string[] = [];
  readonly #files: string[] = [];

  constructor(directory: string, scenario: Scenario, options: RunOptions) {
    const date = new Date().toISOString().slice(0, 16).replace(':', '');
    this.#base = join(directory, `${date}-${scenario.name}`);
    this.#scenario = scenario;
    this.#options = options;
  }

  /** Everything that was recorded in one pass. */
  async add(record: 'cpu' | 'heap', sample: Sample, windows: readonly RecordedWindow[]) {
    for (const [index, recorded] of windows.entries()) {
      const window = this.#scenario.windows?.[index];
      if (!window) throw new Error(`${this.#scenario.name} has a window that nobody named`);
      const cost = record === 'cpu' ? 'us' : 'bytes';
      const unit = { name: window.unit, count: window.count(sample, this.#options), cost } as const;
      if (record === 'cpu') await this.#addCpu(window.name, recorded, unit);
      else await this.#addHeap(window.name, recorded, unit);
    }
  }

  async #addCpu(name: string, recorded: RecordedWindow, unit: Unit): Promise<void> {
    const { processor, from, to } = recorded;
    const seconds = (to - from) / 1e6;
    const figures = new Map(
      [...recorded.threads].map(([thread, { collections }]) => [thread, figuresOf(collections!)]),
    );
    this.#pages.push(
      `# ${name}: ${unit.count.toFixed(0)} times a ${unit.name} in ${seconds.toFixed(1)} s`,
      '## Processor time by thread, as the kernel counted it',
      describeProcessor(processor, unit),
      '## Allocations and collections',
      describeCollections(figures, seconds, unit),
    );
    const used = processor.find((thread) => thread.name === 'main')?.all ?? 0;
    const chapters = [...recorded.threads].map(([thread, recording]) =>
      this.#cpuChapter(thread, recording, recorded, used),
    );
    await this.#write(name, 'cpu', unit, chapters);
  }

  #cpuChapter(
    thread: string,
    { cpu }: Recording,
    { from, to }: RecordedWindow,
    used: number,
  ): Chapter {
    const profile = within(this.#sources.ofCpu(cpu!), from, to);
    const tree = callTreeOfCpu(profile);
    // What else ran on the core is in the samples; the kernel knows better how much it was.
    const factor = thread === 'main' ? used / Math.max(1, sumOf(tree)) : 1;
    return { thread, profile, tree: scaled(tree, factor) };
  }

  async #addHeap(name: string, recorded: RecordedWindow, unit: Unit): Promise<void> {
    this.#pages.push(`# ${name}: what is allocated, by sampling (${unit.count.toFixed(0)} times)`);
    const chapters = [...recorded.threads].map(([thread, { heap }]) => {
      const profile = this.#sources.ofHeap(heap!);
      return { thread, profile, tree: callTreeOfHeap(profile) };
    });
    await this.#write(name, 'heap', unit, chapters);
  }

  async #write(name: string, record: 'cpu' | 'heap', unit: Unit, chapters: readonly Chapter[]) {
    const all = chapters.reduce((sum, { tree }) => sum + sumOf(tree), 0);
    for (const { thread, tree, profile } of chapters) {
      const cost = sumOf(tree);
      if (cost < all * MINOR) continue;
      const told = (part: number) => `${short(part / unit.count)} ${unit.cost} a ${unit.name}`;
      const heading = `${this.#scenario.name}, ${name}, thread ${thread}: ${told(cost)}`;
      this.#pages.push(`## ${heading}`, describeTree(tree, unit));
      const file = `${this.#base}-${name}-${thread}`;
      const kind = record === 'cpu' ? 'cpuprofile' : 'heapprofile';
      await this.#save(`${file}.${kind}`, JSON.stringify(profile));
      await this.#save(`${file}-${record}.svg`, drawFlames(tree, heading, told));
    }
  }

  async #save(file: string, text: string): Promise<void> {
    await writeFile(file, text);
    this.#files.push(file);
  }

  /** Writes the report; returns what there is to look at. */
  async close(): Promise<string> {
    const machine = `${cpus()[0]?.model.trim()}, Node.js ${process.version}`;
    const options = `Options: \`${JSON.stringify(this.#options)}\``;
    const title = `Profile of \`${this.#scenario.name}\`. ${machine}`;
    await this.#save(`${this.#base}.md`, `${[title, ...this.#pages, options].join('\n\n')}\n`);
    return this.#files.map((file) => `Written: ${file}`).join('\n');
  }
}
