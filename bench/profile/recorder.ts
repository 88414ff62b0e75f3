import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Watcher } from '../run/scenario.ts';
import { monotonicUs } from './cpu-profile.ts';
import type { BeginRequest, Hello, Recording, Request } from './protocol.ts';
import { readThreads, type ThreadTimes, usedSince } from './threads.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;
/** Milliseconds in which a thread has to hand over what it recorded. */
const HANDOVER_MS = 30_000;

/** What happened from `from` to `to` (microseconds of the monotonic clock). */
export interface RecordedWindow {
  readonly from: number;
  readonly to: number;
  /** By the name of the thread; workers that do the same are one after another `reader`, `reader-2`. */
  readonly threads: ReadonlyMap<string, Recording>;
  /** By the name that the kernel knows a thread by. */
  readonly processor: readonly ThreadTimes[];
}

/** A thread of the server that has the preload, from the profiler's side. */
class Thread {
  readonly #socket: Socket;
  readonly #answers: ((recording: Recording | null) => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => {
      for (const answer of this.#answers.splice(0)) answer(null);
    });
  }

  takes(line: string): void {
    this.#answers.shift()?.(JSON.parse(line) as Recording | null);
  }

  tell(request: Request): void {
    this.#socket.write(`${JSON.stringify(request)}\n`);
  }

  /** What it recorded; null when it began too late, or has ended. */
  async end(): Promise<Recording | null> {
    if (this.#socket.destroyed) return null;
    const answer = new Promise<Recording | null>((resolve) => this.#answers.push(resolve));
    this.tell({ to: 'end' });
    return Promise.race([answer, pause(HANDOVER_MS, null, { ref: false })]);
  }
}

/** Has a server's threads recorded while it is measured; the server is started with `environment`. */
export class Recorder implements Watcher {
  readonly windows: RecordedWindow[] = [];
  readonly environment: Readonly<Record<string, string>>;
  readonly #request: BeginRequest;
  readonly #server: Server;
  readonly #threads = new Map<string, Thread>();
  #begun: { readonly pid: number; readonly from: number; readonly times: ThreadTimes[] } | null =
    null;
  #pending: Promise<void> = Promise.resolve();

  private constructor(socketPath: string, request: Omit<BeginRequest, 'to'>) {
    this.#request = { to: 'begin', ...request };
    // Each thread takes it from here, also behind the server's start of itself with other flags.
    this.environment = { NODE_OPTIONS: `--import ${PRELOAD}`, EPODE_PROFILER: socketPath };
    this.#server = createServer((socket) => this.#accept(socket)).listen(socketPath);
  }

  /** @param directory where its socket is put */
  static async open(
    directory: string,
    record: 'cpu' | 'heap',
    interval: number,
  ): Promise<Recorder> {
    const recorder = new Recorder(join(directory, `${record}.sock`), { record, interval });
    await once(recorder.#server, 'listening');
    return recorder;
  }

  #accept(socket: Socket): void {
    const thread = new Thread(socket);
    let name: string | null = null;
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      if (name !== null) return thread.takes(line);
      name = this.#freeName((JSON.parse(line) as Hello).thread);
      this.#threads.set(name, thread);
      const { record, interval } = this.#request;
      if (record === 'cpu') thread.tell({ to: 'get ready', interval });
      if (this.#begun) thread.tell(this.#request);
    });
    socket.once('close', () => name !== null && this.#threads.delete(name));
  }

  #freeName(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#threads.has(name); count++) name = `${wanted}-${count}`;
    return name;
  }

  begin(pid: number): void {
    for (const thread of this.#threads.values()) thread.tell(this.#request);
    this.#begun = { pid, from: monotonicUs(), times: readThreads(pid) };
  }

  end(): void {
    if (!this.#begun) return;
    const { pid, from, times } = this.#begun;
    this.#begun = null;
    const window = { from, to: monotonicUs(), processor: usedSince(times, readThreads(pid)) };
    const threads = [...this.#threads];
    this.#pending = this.#pending.then(async () => {
      const ended = threads.map(async ([name, thread]) => [name, await thread.end()] as const);
      const recorded = (await Promise.all(ended)).filter(([, recording]) => recording !== null);
      this.windows.push({ ...window, threads: new Map(recorded as [string, Recording][]) });
    });
  }

  settle(): Promise<void> {
    return this.#pending;
  }

  close(): void {
    this.#server.close();
  }
}
