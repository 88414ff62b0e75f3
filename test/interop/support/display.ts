import { until } from './poll.ts';
import { type Running, run, start } from './process.ts';

/** An X display in memory (Xvfb). There is no window manager: focus is set by hand. */
export class Display {
  readonly name: string;
  readonly #server: Running;

  private constructor(name: string, server: Running) {
    this.name = name;
    this.#server = server;
  }

  static async open(): Promise<Display> {
    const screen = ['-screen', '0', '1280x800x24'];
    const server = start('Xvfb', ['-displayfd', '1', ...screen, '-nolisten', 'tcp', '-ac']);
    const number = await until('a display number from Xvfb', () => /^\d+$/m.exec(server.output));
    return new Display(`:${number[0]}`, server);
  }

  /** Waits for a window whose title contains `title`, and gives it the keyboard. */
  async focus(title: string): Promise<void> {
    await until(`a window "${title}"`, async () => {
      const [window] = await this.#windows(title);
      if (window === undefined) return false;
      return await this.#do('windowfocus', '--sync', window).then(() => true);
    });
  }

  async hasWindow(title: string): Promise<boolean> {
    return (await this.#windows(title)).length > 0;
  }

  async press(...keys: readonly string[]): Promise<void> {
    await this.#do('key', ...keys);
  }

  /** Saves what the display shows as a PNG file. */
  async photograph(file: string): Promise<void> {
    await run('import', ['-display', this.name, '-window', 'root', file]);
  }

  async close(): Promise<void> {
    await this.#server.end();
  }

  async #windows(title: string): Promise<readonly string[]> {
    // xdotool fails when it finds none.
    const found = await this.#do('search', '--onlyvisible', '--name', title).catch(() => '');
    return found.split('\n').filter((each) => each !== '');
  }

  async #do(...command: readonly string[]): Promise<string> {
    return await run('xdotool', command, { env: { DISPLAY: this.name } });
  }
}
