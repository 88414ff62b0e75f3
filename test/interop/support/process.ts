import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

export type Launch = {
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user; only root may ask for it. */
  readonly uid?: number;
  readonly input?: string;
};

/** For programs that are run to their end. */
export type Errand = Launch & { readonly limitMs?: number };

/** "nobody" everywhere. */
const NOBODY = 65534;
const KEPT_CHARACTERS = 2_000_000;
const GRACE_MS = 5_000;
const RUN_MS = 30_000;

/** Everything started so far, in order; most of it has ended. */
export const started: Running[] = [];

process.on('exit', () => {
  for (const each of started) each.kill();
});

/** Runs a program to its end and returns what it printed; throws when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  errand: Errand = {},
): Promise<string> {
  const { input = '', limitMs = RUN_MS } = errand;
  const execution = promisify(execFile)(command, args, { ...options(errand), timeout: limitMs });
  // A program may end without reading its input.
  execution.child.stdin?.on('error', () => {}).end(input);
  return (await execution).stdout;
}

/** Starts a program in a process group of its own, which does not outlive this process. */
export function start(command: string, args: readonly string[], launch: Launch = {}): Running {
  const child = spawn(command, args, {
    ...options(launch),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const running = new Running([command, ...args].join(' '), child);
  started.push(running);
  return running;
}

/** For programs that refuse to run as root. */
export function unprivileged(): Launch {
  return process.getuid?.() === 0 ? { uid: NOBODY } : {};
}

function options(launch: Launch) {
  return {
    env: { ...process.env, ...launch.env },
    ...(launch.uid === undefined ? {} : { uid: launch.uid, gid: launch.uid }),
  };
}

/** A program that was started, what it says, and its end. */
export class Running {
  readonly command: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';
  #lines: ((line: string) => void) | undefined;
  #partial = '';
  #killed = false;

  constructor(command: string, child: ChildProcess) {
    this.command = command;
    this.#child = child;
    this.#exited = once(child, 'exit').catch((error) =>
      this.#keep(`cannot be started: ${error}\n`),
    );
    child.stdin?.on('error', () => {});
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
  }

  /** The latest output, standard error included. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    const { exitCode, signalCode, pid } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** Calls `listener` with each complete line of standard output from now on. */
  onLine(listener: (line: string) => void): void {
    this.#lines = listener;
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Asks the program to end, then insists. Whatever it started in its group ends with it. */
  async end(): Promise<void> {
    const insist = setTimeout(() => this.kill(), GRACE_MS);
    if (!this.hasExited) this.#signalGroup('SIGTERM');
    if (!this.hasExited) await this.#exited;
    clearTimeout(insist);
    this.kill();
  }

  /** Ends at once what is left of the program's process group. */
  kill(): void {
    if (!this.#killed) this.#signalGroup('SIGKILL');
    this.#killed = this.hasExited;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #read(text: string): void {
    this.#keep(text);
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#lines?.(line);
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
  }
}
