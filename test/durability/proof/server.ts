import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chronicle } from './history.ts';

export const DOMAIN = 'proof.example';
export const PASSWORD = 'sesame';

/** Milliseconds that a start, or a stop that was asked for, may take. */
const PATIENCE = 30_000;
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
].find((file) => existsSync(file));

/** Whether the clock of a server can be moved: libfaketime is installed. */
export const canMoveClock = FAKETIME !== undefined;

/** A real server process with a directory of its own, which can be killed and started again. */
export class Server {
  readonly port: number;
  readonly directory: string;
  readonly #program: readonly string[];
  readonly #chronicle: Chronicle;
  #process: ChildProcess | null = null;
  #offset = 0;

  /** `program`: what stands before `start` on the command line. */
  constructor(directory: string, port: number, program: readonly string[], chronicle: Chronicle) {
    this.directory = directory;
    this.port = port;
    this.#program = program;
    this.#chronicle = chronicle;
    writeFileSync(join(directory, 'epode.yaml'), configuration(port));
    writeFileSync(join(directory, 'clock'), '+0\n');
  }

  /** `room`: bytes by which the largest file may still grow, as on a disk that is nearly full. */
  async start(room?: number): Promise<void> {
    const child = this.#spawn(room);
    this.#process = child;
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    let said = '';
    const isUp = new Promise<void>((resolve, reject) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        said += chunk;
        if (said.includes('Make an account:')) resolve();
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`the server does not start (${code ?? signal}): ${said.slice(-2000)}`)),
      );
    });
    await isUp.finally(() => clearTimeout(timer));
    this.#chronicle.add({ kind: 'started' });
  }

  #spawn(room?: number): ChildProcess {
    const log = openSync(join(this.directory, 'server.log'), 'a');
    const argv = [...this.#program, 'start', '--config', join(this.directory, 'epode.yaml')];
    // The shell counts blocks of 512 bytes.
    const blocks = room && Math.ceil((this.#largestFile() + room) / 512);
    const limit = blocks ? `ulimit -f ${blocks} && ` : '';
    const child = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...argv], {
      env: { PATH: process.env.PATH, ...this.#clock(), ...COMPILE_CACHE },
      stdio: ['ignore', log, 'pipe'],
    });
    closeSync(log);
    return child;
  }

  #clock(): NodeJS.ProcessEnv {
    if (!FAKETIME) return {};
    return {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: join(this.directory, 'clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  #largestFile(): number {
    const data = join(this.directory, 'data');
    return Math.max(...readdirSync(data).map((name) => statSync(join(data, name)).size));
  }

  /** Sets the server's clock forwards or back, while it runs. */
  moveClock(seconds: number): void {
    this.#offset += seconds;
    const sign = this.#offset < 0 ? '-' : '+';
    writeFileSync(join(this.directory, 'clock'), `${sign}${Math.abs(this.#offset)}\n`);
    this.#chronicle.add({ kind: 'clock', seconds });
  }

  async kill(): Promise<void> {
    this.#chronicle.add({ kind: 'killed' });
    await this.#end('SIGKILL');
  }

  /** @throws when the server fails, or takes too long. */
  async stop(): Promise<void> {
    const code = await this.#end('SIGTERM');
    this.#chronicle.add({ kind: 'stopped' });
    if (code !== 0) throw new Error(`the server ended with ${code} when it was asked to stop`);
  }

  /** Waits at most that long for the server to end by itself; returns whether it did. */
  async fills(milliseconds: number): Promise<boolean> {
    const child = this.#process!;
    if (isAlive(child)) {
      const timeout = AbortSignal.timeout(milliseconds);
      await once(child, 'exit', { signal: timeout }).catch(() => {});
    }
    if (isAlive(child)) return false;
    this.#chronicle.add({ kind: 'full' });
    return true;
  }

  /** Ends the process if it still runs, and notes nothing. */
  async discard(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#process;
    if (!child) return null;
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    if (isAlive(child)) {
      child.kill(signal);
      await once(child, 'exit');
    }
    clearTimeout(timer);
    return child.exitCode ?? child.signalCode;
  }

  /** Makes an account, as `epode user add` does. */
  async addAccount(name: string): Promise<void> {
    const control = connect(join(this.directory, 'data', 'epode.sock'));
    const params = { jid: `${name}@${DOMAIN}`, password: PASSWORD };
    control.write(`${JSON.stringify({ command: 'user.add', params })}\n`);
    const [answer] = (await once(control, 'data')) as [Buffer];
    control.destroy();
    if (!answer.toString().startsWith('{"result"')) throw new Error(`${name}: ${answer}`);
  }
}

const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(tmpdir(), 'epode-compile-cache') };

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

const configuration = (port: number) => `
hosts: { ${DOMAIN}: }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${port} }
signIn: { allowPlainOnLoopback: true, scramIterations: 4096, failureDelay: 0s }
limits: { connectionsPerAddress: 10000 }
log: { format: json, level: info }
`;
