import { readdirSync, readFileSync } from 'node:fs';

/** Unit of the times in /proc/PID/stat, in microseconds (USER_HZ is 100 on Linux). */
const TICK_US = 10_000;
/** V8's own thread that takes in samples: a cost of the profile and not of the server. */
const PROFILER = 'v8:ProfEvntProc';

/** Processor time of a thread, or of all those of one name, in microseconds. */
export interface ThreadTimes {
  readonly id: number;
  readonly name: string;
  /** By the scheduler. */
  readonly all: number;
  /** Of it in the kernel, by ticks: coarse in a short window. */
  readonly kernel: number;
}

function readThread(folder: string, id: string): ThreadTimes | null {
  try {
    const read = (file: string) => readFileSync(`${folder}/${id}/${file}`, 'utf8');
    // The name, in brackets, may contain anything; the state is the first field behind it.
    const [, name, rest] = /\((.*)\) (.*)$/s.exec(read('stat'))!;
    const kernel = Number(rest!.split(' ')[12]) * TICK_US;
    return {
      id: Number(id),
      name: name!,
      all: Number(read('schedstat').split(' ')[0]) / 1e3,
      kernel,
    };
  } catch {
    return null;
  }
}

/** What each thread of a process has used since it began; the main thread is called `main`. */
export function readThreads(pid: number): ThreadTimes[] {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map((id) => readThread(folder, id));
  return threads
    .filter((thread) => thread !== null)
    .map((thread) => (thread.id === pid ? { ...thread, name: 'main' } : thread))
    .filter(({ name }) => name !== PROFILER);
}

/** What was used between two readings, by name, the most first. */
export function usedSince(
  before: readonly ThreadTimes[],
  after: readonly ThreadTimes[],
): ThreadTimes[] {
  const sums = new Map<string, ThreadTimes>();
  for (const { id, name, all, kernel } of after) {
    const old = before.find((thread) => thread.id === id);
    const sum = sums.get(name);
    sums.set(name, {
      id,
      name,
      all: (sum?.all ?? 0) + all - (old?.all ?? 0),
      kernel: (sum?.kernel ?? 0) + kernel - (old?.kernel ?? 0),
    });
  }
  return [...sums.values()].sort((a, b) => b.all - a.all);
}
