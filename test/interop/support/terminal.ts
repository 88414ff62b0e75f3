import { join } from 'node:path';
import { until } from './poll.ts';
import { type Launch, type Running, run, start } from './process.ts';

const COLUMNS = 140;
const ROWS = 45;
/** Programs leave the process group of tmux, and not each ends when its terminal does. */
const MORTAL = ['setpriv', '--pdeathsig', 'KILL'];

/** A program in a terminal of its own (tmux): keys go in, the screen comes out. */
export class Terminal {
  readonly #socket: string;
  readonly #tmux: Running;
  readonly #title: string;
  #lastScreen = '';

  private constructor(title: string, socket: string, tmux: Running) {
    this.#title = title;
    this.#socket = socket;
    this.#tmux = tmux;
  }

  /** Starts `command` (words without quotes or spaces) with `folder` as its home. */
  static async open(
    title: string,
    folder: string,
    command: readonly string[],
    launch: Launch,
  ): Promise<Terminal> {
    const socket = join(folder, 'tmux');
    const env = { ...launch.env, HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'xterm' };
    const tmux = start('tmux', ['-D', '-f', '/dev/null', '-S', socket], { ...launch, env });
    const terminal = new Terminal(title, socket, tmux);
    const configured = () => terminal.#do('set', '-g', 'remain-on-exit', 'on').catch(() => false);
    await until('tmux answers', configured);
    const size = ['-x', String(COLUMNS), '-y', String(ROWS)];
    await terminal.#do('new-session', '-d', ...size, ...MORTAL, ...command);
    return terminal;
  }

  /** Types a line and presses Enter. */
  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press('Enter');
  }

  async type(text: string): Promise<void> {
    await this.#do('send-keys', '-l', '--', text);
  }

  /** Presses a key by tmux's name of it. */
  async press(key: string): Promise<void> {
    await this.#do('send-keys', key);
  }

  /** The lines on the screen now. */
  async screen(): Promise<readonly string[]> {
    const text = await run('tmux', ['-S', this.#socket, 'capture-pane', '-p']);
    this.#lastScreen = text.trimEnd();
    return this.#lastScreen.split('\n');
  }

  /** Waits until the screen satisfies `look`; a failure shows the screen. */
  async shows<T>(what: string, look: (lines: readonly string[]) => T | undefined | false) {
    return await until(`${this.#title} shows ${what}`, async () => look(await this.screen())).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${this.#lastScreen}`);
      },
    );
  }

  /** Throws when a line on the screen contains `text` now. */
  async lacks(text: string): Promise<void> {
    if (!(await this.screen()).some((line) => line.includes(text))) return;
    throw new Error(`${this.#title} shows "${text}"\n${this.#lastScreen}`);
  }

  /** Waits until the program has ended by itself. */
  async ends(): Promise<void> {
    const dead = ['-S', this.#socket, 'display-message', '-p', '#{pane_dead}'];
    await until(`${this.#title} ends`, async () => (await run('tmux', dead)).trim() === '1');
    await this.close();
  }

  async close(): Promise<void> {
    await this.#tmux.end();
  }

  async #do(...command: readonly string[]): Promise<boolean> {
    return await run('tmux', ['-S', this.#socket, ...command]).then(() => true);
  }
}
