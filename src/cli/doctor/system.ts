import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What Linux tells of processes, ports and limits; null or empty where nothing does. */

/** In /proc/net/tcp, a socket that listens. */
const LISTENING = '0A';

/** `12 (nginx)` for who listens on the port, as far as this user may see. */
export function ownerOfPort(port: number): string | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return null;
  const pid = list('/proc').find((name) => /^\d+$/.test(name) && holds(name, inodes));
  return pid === undefined ? null : `${pid} (${read(`/proc/${pid}/comm`).trim()})`;
}

function listeningInodes(port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => read(file).split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/));
  const listening = rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === LISTENING);
  return new Set(listening.map((row) => `socket:[${row[9]}]`));
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  return list(directory).some((name) => {
    try {
      return inodes.has(readlinkSync(`${directory}/${name}`));
    } catch {
      return false;
    }
  });
}

/** How many files, sockets among them, the process may have open; null: not known, or no limit. */
export function openFilesLimit(pid: number): number | null {
  const limit = /^Max open files\s+(\d+)/m.exec(read(`/proc/${pid}/limits`))?.[1];
  return limit === undefined ? null : Number(limit);
}

export interface MemoryLimit {
  /** Bytes. */
  readonly limit: number;
  readonly used: number;
}

/** What the container or service manager lets the process have (cgroup v2, v1); null: no limit. */
export function memoryLimit(pid: number): MemoryLimit | null {
  const groups = read(`/proc/${pid}/cgroup`);
  const path = /^0::(.*)$/m.exec(groups)?.[1] ?? '/';
  const older = /^\d+:memory:(.*)$/m.exec(groups)?.[1] ?? '/';
  const v2 = ['memory.max', 'memory.current'] as const;
  const v1 = ['memory.limit_in_bytes', 'memory.usage_in_bytes'] as const;
  return (
    limitIn(`/sys/fs/cgroup${path}`, v2) ??
    limitIn('/sys/fs/cgroup', v2) ??
    limitIn(`/sys/fs/cgroup/memory${older}`, v1) ??
    limitIn('/sys/fs/cgroup/memory', v1)
  );
}

function limitIn(directory: string, [max, current]: readonly [string, string]): MemoryLimit | null {
  const limit = Number(read(`${directory}/${max}`).trim() || 'max');
  // Version 1 says a number near 2^63 for none.
  if (!Number.isFinite(limit) || limit > 2 ** 60) return null;
  return { limit, used: Number(read(`${directory}/${current}`)) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
