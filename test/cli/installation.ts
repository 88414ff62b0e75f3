import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve('src/cli/main.ts');
/** So that the sources are compiled once, and not by each of hundreds of processes. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'epode-compile-cache');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A directory with a configuration, in which the command line runs as a child process. */
export class Installation {
  readonly directory = mkdtempSync(join(tmpdir(), 'epode-cli-'));
  readonly file = join(this.directory, 'epode.yaml');
  readonly socket = join(this.directory, 'data', 'epode.sock');

  constructor(config = 'hosts: { localhost: , b.example: }\nsignIn: { scramIterations: 4096 }\n') {
    this.configure(config);
  }

  configure(config: string): void {
    writeFileSync(this.file, config);
  }

  makeData(): void {
    mkdirSync(join(this.directory, 'data'), { mode: 0o700 });
  }

  /** Runs `epode` with these arguments and waits for its end. */
  async run(args: readonly string[], input = ''): Promise<Outcome> {
    const child = this.start(args);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [out, err, code] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number | null>((resolve) => child.on('close', resolve)),
    ]);
    return { code, out, err };
  }

  /** Runs `epode` and leaves it running. */
  start(args: readonly string[], surroundings: NodeJS.ProcessEnv = {}) {
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...surroundings };
    const all = ['--disable-warning=ExperimentalWarning', MAIN, ...args];
    return spawn(process.execPath, all, { cwd: this.directory, env });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
