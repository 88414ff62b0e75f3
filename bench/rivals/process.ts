import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { processTree } from './proc.ts';
import type { Command } from './server.ts';

const LISTEN_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

const living = new Set<ChildProcess>();

/** Ends at once whatever was started here and still runs, and all processes below it. */
export function endAll(): void {
  for (const child of living) kill(child.pid === undefined ? [] : processTree(child.pid));
  living.clear();
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** Starts a command on one core, with as many open files as the machine allows. */
export function start(
  command: Command,
  core: number,
  output: 'pipe' | { readonly file: string },
): ChildProcess {
  const log = output === 'pipe' ? undefined : openSync(output.file, 'a');
  const shell = ['-c', 'ulimit -n "$(ulimit -H -n)"; exec taskset -c "$@"', 'sh', String(core)];
  const child = spawn('sh', [...shell, ...command.argv], {
    // Ctrl-C is for the runner, which then ends its children in order.
    detached: true,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', log ?? 'pipe', log ?? 'pipe'],
  });
  if (log !== undefined) closeSync(log);
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** Asks a process to end, and ends it and all below it by force when it takes too long. */
export async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const tree = processTree(child.pid);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = pause(STOP_TIMEOUT_MS, 'late', { ref: false });
  if ((await Promise.race([ended, late])) === 'late') {
    kill(tree);
    await ended;
  }
}

/** Runs a command to its end; rejects with its output when it fails or takes too long. */
export async function runToEnd(command: Command, core: number, timeoutMs: number): Promise<string> {
  const child = start(command, core, 'pipe');
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const timer = setTimeout(() => kill(processTree(child.pid ?? 0)), timeoutMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${command.argv.join(' ')} failed (${code}): ${output}`);
  return output;
}

/** Whether an XMPP server answers a stream header on this port. */
function answers(port: number, domain: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', () => end(true));
    socket.setTimeout(5_000, () => end(false));
    socket.write(
      `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' ` +
        `xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Resolves as soon as somebody takes connections on this port; rejects after 60 s. */
export async function untilOpen(port: number): Promise<void> {
  const deadline = performance.now() + LISTEN_TIMEOUT_MS;
  while (!(await isOpen(port))) {
    if (performance.now() > deadline) throw new Error(`nobody listens on port ${port}`);
    await pause(2);
  }
}

/** Resolves as soon as the server answers; rejects when it ends before, or after 60 s. */
export async function untilListening(
  child: ChildProcess,
  port: number,
  domain: string,
): Promise<void> {
  const deadline = performance.now() + LISTEN_TIMEOUT_MS;
  while (!(await answers(port, domain))) {
    if (hasEnded(child)) throw new Error(`ended before it listened (${child.exitCode})`);
    if (performance.now() > deadline) throw new Error('does not listen');
    await pause(2);
  }
}
