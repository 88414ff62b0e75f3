import { type AddressInfo, createServer } from 'node:net';
import type { Installation } from './installation.ts';

/** Servers that run as child processes, as an operator starts them. */
const running: { child: ReturnType<Installation['start']>; ended: Promise<unknown> }[] = [];

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface ServingManner {
  /** More arguments of `epode start`. */
  readonly more?: readonly string[];
  /** Variables of its environment. */
  readonly surroundings?: NodeJS.ProcessEnv;
}

/** Starts the server; resolves once it says how to make an account. */
export async function startServer(
  epode: Installation,
  { more = [], surroundings = {} }: ServingManner = {},
) {
  const child = epode.start(['start', ...more], surroundings);
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  );
  running.push({ child, ended });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('Make an account: epode user add ')) resolve();
    });
    void ended.then(() => reject(new Error(`it ended: ${said}`)));
  });
  return { child, ended, said, log: new LogLines(child.stdout) };
}

/** Ends those of this test that are left. */
export async function killServers(): Promise<void> {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
}

/** What a server logs, or another command says, line by line. */
export class LogLines {
  #text = '';
  #heard = () => {};

  constructor(stream: NodeJS.ReadableStream) {
    stream.on('data', (chunk) => {
      this.#text += chunk;
      this.#heard();
    });
  }

  /** Resolves with the first line that holds the phrase, whenever it comes. */
  async has(phrase: string): Promise<string> {
    for (;;) {
      const line = this.#text.split('\n').find((each) => each.includes(phrase));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
