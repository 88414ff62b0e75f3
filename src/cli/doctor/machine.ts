import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerStatus } from '../../server/admin/ports.ts';
import type { Config } from '../../server/config/config.ts';
import { displayPath } from '../../server/config/problems.ts';
import { count, formatBytes, formatTime } from '../text.ts';
import { type Finding, Findings } from './finding.ts';
import { memoryLimit, openFilesLimit } from './system.ts';

const MIB = 1_048_576;
/** Bytes on the disk below which it is an error, or worth a warning. */
const FULL = 100 * MIB;
const NEARLY_FULL = 1024 * MIB;
/** Milliseconds of one fsync that people notice, as each message waits for one. */
const SLOW_FSYNC = 100;
/** Memory with which a server of a few thousand sessions feels well. */
const LITTLE_MEMORY = 256 * MIB;
/** Files that are open besides the connections. */
const OTHER_FILES = 64;
/** Milliseconds by which two clocks of one machine may differ. */
const SAME_TIME = 5_000;
const MINUTE = 60_000;

const PROGRAM = fileURLToPath(import.meta.url);

/** What one write to the data directory has shown. */
interface Probe {
  /** Milliseconds. */
  readonly fsync: number;
  /** What the file system thinks when it was, and we, in ms since 1970. */
  readonly fileTime: number;
  readonly ownTime: number;
}

/** The disk, and what time it is there. `status` is null while no server runs. */
export function checkDiskAndClock(config: Config, status: ServerStatus | null): Finding[] {
  const { dataDirectory } = config;
  const disk = new Findings('disk');
  checkFile(config.file, disk);
  if (!existsSync(dataDirectory)) {
    disk.ok(`${displayPath(dataDirectory)} is not there yet; the first start makes it.`);
    return [...disk.all, ...checkClock(null, status)];
  }
  checkSpace(dataDirectory, disk);
  checkPermissions(dataDirectory, disk);
  const probe = tryWriting(dataDirectory, disk);
  return [...disk.all, ...checkClock(probe, status)];
}

function checkSpace(directory: string, disk: Findings): void {
  const { bavail, bsize, files, ffree } = statfsSync(directory);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} are free for ${displayPath(directory)}.`;
  const mend = 'Make room or move "data" to a larger disk: a server that cannot write stops.';
  if (free < FULL) disk.error(text, mend);
  else if (free < NEARLY_FULL) disk.warning(text, mend);
  else disk.ok(text);
  if (files > 0 && ffree === 0) disk.error('The disk takes no more files (no inodes left).', mend);
}

/** The key of a certificate, or the database, is for its owner alone. */
function checkPermissions(directory: string, disk: Findings): void {
  const mode = statSync(directory).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    const name = displayPath(directory);
    disk.warning(
      `Others than its owner may enter ${name} (mode ${mode.toString(8)}).`,
      `Close it: chmod 700 ${name}`,
    );
  }
  const open = privateFiles(directory).filter((file) => (statSync(file).mode & 0o077) !== 0);
  for (const name of open.map(displayPath)) {
    disk.error(`Others than its owner may open ${name}.`, `Close it: chmod 600 ${name}`);
  }
}

function privateFiles(directory: string): string[] {
  const certificates = join(directory, 'certificates');
  const keys = existsSync(certificates) ? readdirSync(certificates) : [];
  return [
    ...readdirSync(directory)
      .filter((name) => /\.sqlite(-wal|-shm)?$/.test(name))
      .map((name) => join(directory, name)),
    ...keys.filter((name) => name.endsWith('.key')).map((name) => join(certificates, name)),
  ];
}

/** Whoever may write the configuration decides who gets in. */
function checkFile(file: string, disk: Findings): void {
  const { mode } = statSync(file);
  const name = displayPath(file);
  if ((mode & 0o002) !== 0) {
    disk.error(`Every user of this machine may change ${name}.`, `Close it: chmod o-w ${name}`);
  }
}

function tryWriting(directory: string, disk: Findings): Probe | null {
  const file = join(directory, `.doctor-${process.pid}`);
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    try {
      writeSync(descriptor, Buffer.alloc(4_096));
      const start = performance.now();
      fsyncSync(descriptor);
      const probe = { fsync: performance.now() - start, ...timesOf(file) };
      tellFsync(probe.fsync, disk);
      return probe;
    } finally {
      closeSync(descriptor);
      rmSync(file);
    }
  } catch (error) {
    disk.error(
      `Nothing can be written to ${displayPath(directory)}: ${(error as Error).message}.`,
      'Give the directory to the user that runs Epode, and call the doctor as that user.',
    );
    return null;
  }
}

function timesOf(file: string): { fileTime: number; ownTime: number } {
  return { fileTime: statSync(file).mtimeMs, ownTime: Date.now() };
}

function tellFsync(milliseconds: number, disk: Findings): void {
  const text = `Writing through to the disk takes ${milliseconds.toFixed(1)} ms.`;
  if (milliseconds < SLOW_FSYNC) disk.ok(text);
  else disk.warning(text, 'Whoever sends a message waits for that: use a faster disk for "data".');
}

function checkClock(probe: Probe | null, status: ServerStatus | null): readonly Finding[] {
  const clock = new Findings('clock');
  const now = Date.now();
  const mend = 'Set it, and keep it right: timedatectl set-ntp true. Certificates depend on it.';
  const written = statSync(PROGRAM).mtimeMs;
  if (now < written - MINUTE || new Date(now).getUTCFullYear() > 2100) {
    clock.error(
      `The clock says ${formatTime(now)} (UTC), but this program was installed ${formatTime(written)}.`,
      mend,
    );
  } else if (status && status.started > now + MINUTE) {
    const started = formatTime(status.started);
    clock.warning(`The clock was put back since the server started at ${started} (UTC).`, mend);
  } else if (probe && Math.abs(probe.fileTime - probe.ownTime) > SAME_TIME) {
    clock.warning(
      `The file system of "data" believes it is ${formatTime(probe.fileTime)}, this machine ${formatTime(probe.ownTime)} (UTC).`,
      'Is it on another machine? A database belongs on a disk of this one.',
    );
  } else clock.ok(`It is ${formatTime(now)} (UTC).`);
  return clock.all;
}

/** What the system lets the server have, by its process where it runs. */
export function checkLimits(config: Config, status: ServerStatus | null): readonly Finding[] {
  const limits = new Findings('limits');
  const pid = status?.pid ?? process.pid;
  const { connections } = config.limits;
  const files = openFilesLimit(pid);
  if (files === null) limits.ok('The system sets no limit on open files, or does not tell it.');
  else if (files >= connections + OTHER_FILES) limits.ok(`${files} files may be open at a time.`);
  else {
    limits.warning(
      `limits.connections allows ${count(connections, 'connection')}, the system only ${files} open files.`,
      `Raise the system's (LimitNOFILE= in the unit, ulimit -n in a shell), or set limits.connections to ${Math.max(1, files - OTHER_FILES)}.`,
    );
  }
  checkMemory(pid, status, limits);
  return limits.all;
}

function checkMemory(pid: number, status: ServerStatus | null, limits: Findings): void {
  const memory = memoryLimit(pid);
  if (!memory) {
    limits.ok('No container or service manager bounds its memory.');
    return;
  }
  const text = `It may have ${formatBytes(memory.limit)} of memory; ${formatBytes(memory.used)} are taken.`;
  const isNear = status !== null && memory.used > memory.limit * 0.9;
  if (memory.limit >= LITTLE_MEMORY && !isNear) limits.ok(text);
  else {
    limits.warning(
      text,
      'Raise the limit (MemoryMax= in the unit, --memory of the container): at its end the system kills the server.',
    );
  }
}
