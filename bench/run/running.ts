import { appendFileSync, readFileSync } from 'node:fs';
import { coreBusyTime, cpuTime, processTree } from '../rivals/proc.ts';
import { start, stop, untilListening, untilOpen } from '../rivals/process.ts';
import { type Entrant, SERVER_CORE } from './scenario.ts';

/** A started server that answers clients. */
export interface RunningServer {
  readonly pid: number;
  /** From the start of its process to its first answer, in milliseconds. */
  readonly startupMs: number;
}

/** Starts the server, waits until it answers, lets `use` work with it and stops it whatever comes. */
export async function withServer<T>(
  { place, command, logFile }: Entrant,
  use: (running: RunningServer) => Promise<T>,
): Promise<T> {
  appendFileSync(logFile, '');
  const begin = performance.now();
  const child = start(command, SERVER_CORE, { file: logFile });
  try {
    await untilListening(child, place.port, place.accounts.domain);
    if (place.webPort !== null) await untilOpen(place.webPort);
    const startupMs = performance.now() - begin;
    return await use({ pid: child.pid!, startupMs });
  } catch (error) {
    const log = readFileSync(logFile, 'utf8').slice(-2_000);
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  } finally {
    await stop(child);
  }
}

/** Processor time used from here on. */
export class CpuMeter {
  readonly #pids: readonly number[];
  readonly #own: number;
  readonly #core: number;

  constructor(pid: number) {
    this.#pids = processTree(pid);
    this.#own = cpuTime(this.#pids);
    this.#core = coreBusyTime(SERVER_CORE);
  }

  /** Seconds of the server, and of everyone else on its core: what disturbed the measurement. */
  read(): { readonly server: number; readonly others: number } {
    const server = cpuTime(this.#pids) - this.#own;
    const busy = coreBusyTime(SERVER_CORE) - this.#core;
    return { server: server / 1e9, others: Math.max(0, busy - server) / 1e9 };
  }
}
