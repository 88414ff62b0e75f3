import { readdirSync, readFileSync } from 'node:fs';

/** Unit of the times in /proc/stat, in milliseconds (USER_HZ is 100 on Linux). */
const TICK_MS = 10;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Who started whom, now. The command's name, in brackets, may contain anything. */
function parents(): Map<number, number> {
  const pids = listOf('/proc').filter((name) => /^\d+$/.test(name));
  const parentOf = (pid: string) => /\) \S (\d+)[^)]*$/.exec(read(`/proc/${pid}/stat`) ?? '')?.[1];
  return new Map(pids.map((pid) => [Number(pid), Number(parentOf(pid) ?? 0)]));
}

/** A process and all below it. */
export function processTree(pid: number): number[] {
  const tree = [pid];
  const family = parents();
  for (const ancestor of tree)
    for (const [child, parent] of family) if (parent === ancestor) tree.push(child);
  return tree;
}

/** Processor time (user and system, all threads) of these processes, in nanoseconds. */
export function cpuTime(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids)
    for (const task of listOf(`/proc/${pid}/task`))
      total += Number(read(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0);
  return total;
}

/** Resident memory of these processes, in KiB. */
export function residentKib(pids: readonly number[]): number {
  const sizes = pids.map((pid) => /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`) ?? '')?.[1]);
  return sizes.reduce((sum, size) => sum + Number(size ?? 0), 0);
}

/** How long a core has been busy since the machine started, by whomever, in nanoseconds. */
export function coreBusyTime(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(read('/proc/stat') ?? '')?.[1] ?? '';
  const [user, nice, system, , , irq, softirq, steal] = line.split(' ').map(Number);
  const ticks = [user, nice, system, irq, softirq, steal];
  return ticks.reduce<number>((sum, value) => sum + (value ?? 0), 0) * TICK_MS * 1e6;
}
