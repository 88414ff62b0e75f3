import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { ServerState } from '../main.ts';

/**
 * Tells systemd how the server fares (sd_notify(3)). That takes datagrams to a Unix
 * socket, which Node.js has not: a shell of its own hands each line on its input to
 * `systemd-notify`, so that the server itself never forks while it serves.
 */

const TAB = '\t';
/** A line is one message, its assignments parted by tabs. Signals to the whole group are not its. */
const SCRIPT = `trap '' HUP INT TERM; set -f
while IFS= read -r line; do IFS='${TAB}'; systemd-notify $line; done`;

export class ServiceManager {
  readonly #input: Writable;
  readonly #statusOf: () => string;
  readonly #watchdogInterval: number | null;
  #timer: NodeJS.Timeout | null = null;

  /** Null where no service manager has asked to be told. `statusOf` is a short line for people. */
  static find(env: NodeJS.ProcessEnv, statusOf: () => string): ServiceManager | null {
    if (!env.NOTIFY_SOCKET) return null;
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'inherit'] });
    // Without it systemd waits in vain and says so itself.
    shell.on('error', () => {});
    shell.stdin.on('error', () => {});
    shell.unref();
    return new ServiceManager(shell.stdin, statusOf, Number(env.WATCHDOG_USEC ?? 0));
  }

  private constructor(input: Writable, statusOf: () => string, watchdogMicroseconds: number) {
    this.#input = input;
    this.#statusOf = statusOf;
    // Twice in the time after which the server counts as hung.
    this.#watchdogInterval = watchdogMicroseconds > 0 ? watchdogMicroseconds / 2_000 : null;
  }

  tell(state: ServerState): void {
    switch (state) {
      case 'ready':
        this.#ready();
        break;
      case 'reloading':
        this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
        break;
      case 'stopping':
        this.#say('STOPPING=1', 'STATUS=Stopping.');
    }
  }

  #ready(): void {
    this.#say('READY=1', `STATUS=${this.#statusOf()}`);
    if (this.#timer || this.#watchdogInterval === null) return;
    // By the event loop, so that one that hangs is found out.
    const alive = () => this.#say('WATCHDOG=1', `STATUS=${this.#statusOf()}`);
    this.#timer = setInterval(alive, this.#watchdogInterval).unref();
  }

  #say(...assignments: string[]): void {
    this.#input.write(`${assignments.join(TAB)}\n`);
  }
}
