import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { silentLog as log } from '../../../src/lib/log.ts';
import type { Storage } from '../../../src/storage/ports.ts';
import { openStorage } from '../../../src/storage/sqlite/open.ts';
import { deriveAccountKeys } from '../../../src/stream/sasl/account-keys.ts';
import { Attacker, type Target } from './attacker.ts';

const MAIN = resolve('src/cli/main.ts');
const NODE_COMPILE_CACHE = join(tmpdir(), 'epode-compile-cache');
const ITERATIONS = 4096;
export const PASSWORD = 'sesame';

/** A stack trace, a path of the server's, a name of its innards: none of it is for the wire. */
const INNARDS = /\bat \S+ \(|node:|\.ts:\d|\.js:\d|\/src\/|\/tmp\/|Error:|SQLITE|undefined/;

/** The password, and what it looks like within base64 at any offset. */
const SECRETS = /sesame|c2VzYW1l|NzZXNhbW|zZXNhbW|storedKey|<body>/;
/** Whether somebody is still there, who has been silent for the time that this server allows. */
const PING = /<iq to='bystander@[^>]*><ping xmlns="urn:xmpp:ping"\/><\/iq>/g;

/** Accounts that every fortress has. The bystander is signed in all along. */
const ACCOUNTS = ['attacker', 'victim', 'bystander', 'guest', 'absent'];

/**
 * A real server process under attack, and what proves that it stands: it lives,
 * logs no failure of its own, says nothing of its innards, and others go on.
 */
export class Fortress {
  readonly directory = mkdtempSync(join(tmpdir(), 'epode-attack-'));
  readonly file = join(this.directory, 'epode.yaml');
  readonly #settings: string;
  #process: ChildProcess | null = null;
  #ports: readonly number[] = [];
  #bystander: Attacker | null = null;
  #log = '';
  #guests = 0;
  #said = '';

  private constructor(settings: string) {
    this.#settings = settings;
  }

  /**
   * Starts a server. Its first domain, localhost, follows the defaults; in clear
   * text one signs in at open.example only. `settings` are further sections of
   * the configuration.
   */
  static async build(
    settings = '',
    options: { accounts?: readonly string[] } = {},
  ): Promise<Fortress> {
    const fortress = new Fortress(settings);
    try {
      await fortress.#furnish(options.accounts ?? []);
      await fortress.start();
    } catch (error) {
      await fortress.raze();
      throw error;
    }
    return fortress;
  }

  async #furnish(accounts: readonly string[]): Promise<void> {
    mkdirSync(this.data, { mode: 0o700 });
    await this.withStorage(async (storage) => {
      for (const name of [...ACCOUNTS, ...accounts]) {
        await addAccount(storage, `${name}@localhost`);
        await addAccount(storage, `${name}@open.example`);
      }
    });
  }

  get data(): string {
    return join(this.directory, 'data');
  }

  /** The listener for STARTTLS, where one may sign in without. */
  get open(): Target {
    return { port: this.#ports[0]!, domain: 'open.example' };
  }

  /** The same for the host that wants TLS. */
  get strict(): Target {
    return { port: this.#ports[0]!, domain: 'localhost' };
  }

  /** The listener for TLS from the first byte. */
  get direct(): Target {
    return { port: this.#ports[1]!, domain: 'localhost' };
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  get isAlive(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Works on the stopped server's store. */
  async withStorage<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openStorage({ directory: this.data, log, mode: 'inline' });
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  }

  /** `largestFile` bounds the files that the process may write, as a full disk does. */
  async start(options: { largestFile?: number } = {}): Promise<void> {
    this.#ports = [await freePort(), await freePort()];
    writeFileSync(this.file, this.#configuration());
    this.#said = '';
    this.#process = spawnServer(this.file, options.largestFile);
    await this.#watch(this.#process);
    this.#bystander = await this.signIn('bystander');
    this.#bystander.says('<presence/>');
    await this.#bystander.fence();
  }

  #configuration(): string {
    const [plain, tls] = this.#ports;
    return `
hosts:
  localhost:
  open.example: { signIn: { allowPlainOnLoopback: true } }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${plain} }
  - { type: c2s-tls, address: 127.0.0.1, port: ${tls} }
signIn: { scramIterations: ${ITERATIONS}, maxAttempts: 3, failureDelay: 0s }
log: { format: json, level: debug }
${this.#settings}`;
  }

  #watch(child: ChildProcess): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.stdout!.on('data', (chunk: Buffer) => {
      this.#log += chunk;
    });
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said += chunk;
      if (this.#said.includes('Make an account:')) resolve();
    });
    child.once('exit', () => reject(new Error(`the server ended: ${this.#said}${this.#log}`)));
    return promise;
  }

  async signIn(user: string, resource = ''): Promise<Attacker> {
    const attacker = await Attacker.connect(this.open);
    await attacker.signsIn(user, PASSWORD, resource);
    return attacker;
  }

  /** Proves that nothing happened to anybody but, perhaps, the attacker. */
  async stands(attacker?: Attacker): Promise<void> {
    const heard = (await this.#bystander?.fence()) ?? '';
    expect(heard.replaceAll(PING, '')).toBe('');
    await this.#readsLog();
    expect(this.isAlive).toBe(true);
    expect(this.failures()).toEqual([]);
    expect(SECRETS.exec(this.#log)?.[0]).toBeUndefined();
    if (attacker) expect(INNARDS.exec(attacker.heard)?.[0]).toBeUndefined();
  }

  /** Lines of the log that tell of the server's own failure, and all it complained of besides. */
  failures(): string[] {
    const lines = this.#log.split('\n').slice(0, -1);
    const isFailure = (line: string) => (JSON.parse(line) as { level: number }).level >= 50;
    return lines.filter(isFailure);
  }

  /** All that was logged, at level debug. */
  get log(): string {
    return this.#log;
  }

  /**
   * A guest comes and goes, as anybody might. Once the log tells of that, all has come
   * through the pipe that was logged before.
   */
  async #readsLog(): Promise<void> {
    const resource = `guest-${++this.#guests}`;
    const guest = await this.signIn('guest', resource);
    expect(await guest.fence()).toBe('');
    guest.says('</stream:stream>');
    await guest.hearsTheEnd();
    guest.leaves();
    while (!this.#log.includes(`/${resource}"`)) await once(this.#process!.stdout!, 'data');
  }

  /** How many lines of the log have that phrase by now. */
  async logged(phrase: string): Promise<number> {
    await this.#readsLog();
    return this.#log.split('\n').filter((line) => line.includes(`"msg":"${phrase}"`)).length;
  }

  /** Bytes of memory that the process has. */
  residentMemory(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** What the server has told its operator since the start, apart from its log. */
  get told(): string {
    return this.#said;
  }

  /** Waits for an end that nobody has asked for; returns exit code or signal. */
  async ends(): Promise<number | string | null> {
    const child = this.#process!;
    if (this.isAlive) await once(child, 'close');
    return child.exitCode ?? child.signalCode;
  }

  /** Runs an operator's command. */
  async command(command: string, params: object = {}): Promise<unknown> {
    const control = connect(join(this.data, 'epode.sock'));
    control.write(`${JSON.stringify({ command, params })}\n`);
    let answer = '';
    for await (const chunk of control) {
      answer += chunk;
      if (answer.endsWith('\n')) break;
    }
    return (JSON.parse(answer) as { result: unknown }).result;
  }

  /** How many connections the server has, by its own count. */
  async connections(): Promise<number> {
    return ((await this.command('status')) as { connections: number }).connections;
  }

  /** Sends a signal and waits for the end; returns exit code or signal. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#process;
    this.#bystander?.leaves();
    if (!child) return null;
    if (!this.isAlive) return child.exitCode ?? child.signalCode;
    child.removeAllListeners('exit');
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code, killedBy] = await ended;
    return code ?? killedBy;
  }

  async raze(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.directory, { recursive: true });
  }
}

function spawnServer(file: string, largestFile?: number): ChildProcess {
  const flags = ['--disable-warning=ExperimentalWarning', MAIN, 'start', '--config', file];
  const node = [process.execPath, ...flags];
  // The shell counts blocks of 512 bytes.
  const limit = largestFile ? `ulimit -f ${Math.ceil(largestFile / 512)} && ` : '';
  return spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...node], {
    cwd: dirname(file),
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function addAccount(storage: Storage, owner: string, isDisabled = false) {
  const facts = {
    nickname: null,
    isDisabled,
    created: 0,
    lastLogin: null,
    imported: null,
    source: null,
  };
  const keys = await deriveAccountKeys(PASSWORD, ITERATIONS);
  await storage.users.create({ owner, ...facts }, keys);
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
