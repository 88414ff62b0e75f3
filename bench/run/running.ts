import { appendFileSync, readFileSync } from 'node:fs';
import { coreBusyTime, cpuTime, processTree } from '../rivals/proc.ts';
import { start, stop, untilListening, untilOpen } from '../rivals/process.ts';
import { type Entrant, SERVER_CORE, type Watcher } from './scenario.ts';

/** A started server that answers clients. */
export interface RunningServer {
  readonly pid: number;
  /** From the start of its process to its first answer, in milliseconds. */
  readonly startupMs: number;
}

/** Who looks on at a server, by its process. */
const watchers = new Map<number, Watcher>();

/** Starts the server, waits until it answers, lets `use` work with it and stops it whatever comes. */
export async function withServer<T>(
  { place, command, logFile, watcher }: Entrant,
  use: (running: RunningServer) => Promise<T>,
): Promise<T> {
  appendFileSync(logFile, '');
  const begin = performance.now();
  const child = start(command, SERVER_CORE, { file: logFile });
  try {
    await untilListening(child, place.port, place.accounts.domain);
    if (place.webPort !== null) await untilOpen(place.webPort);
    const startupMs = performance.now() - begin;
    if (watcher) watchers.set(child.pid!, watcher);
    return await use({ pid: child.pid!, startupMs });
  } catch (error) {
    const log = readFileSync(logFile, 'utf8').slice(-2_000);
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  } finally {
    watchers.delete(child.pid!);
    await watcher?.settle();
    await stop(child);
  }
}

/** Seconds of the server, and of everyone else on its core: what disturbed the measurement. */
export interface Usage {
  readonly server: number;
  readonly others: number;
}

/** Processor time used from here on. */
export class CpuMeter {
  readonly #watcher: Watcher | undefined;
  readonly #pids: readonly number[];
  readonly #own: number;
  readonly #core: number;

  /** `isWatched`: whether a profile has this time. */
  constructor(pid: number, isWatched = true) {
    this.#watcher = isWatched ? watchers.get(pid) : undefined;
    this.#watcher?.begin(pid);
    this.#pids = processTree(pid);
    this.#own = cpuTime(this.#pids);
    this.#core = coreBusyTime(SERVER_CORE);
  }

  read(): Usage {
    const server = cpuTime(this.#pids) - this.#own;
    const busy = coreBusyTime(SERVER_CORE) - this.#core;
    this.#watcher?.end();
    return { server: server / 1e9, others: Math.max(0, busy - server) / 1e9 };
  }
}
