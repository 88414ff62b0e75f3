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

  /** Whether a window shows whose title contains `title`. */
  async hasWindow(title: string): Promise<boolean> {
    return (await this.count(title)) > 0;
  }

  /** How many windows show whose titles contain `title`; with '' also those without one. */
  async count(title: string): Promise<number> {
    return (await this.#windows(title)).length;
  }

  /** Presses a key in the window whose title contains `title`; false when there is none. */
  async press(title: string, key: string): Promise<boolean> {
    const [window] = await this.#windows(title);
    if (window === undefined) return false;
    // The window may close at any moment.
    const pressed = this.#do('windowfocus', '--sync', window, 'key', key);
    return await pressed.then(
      () => true,
      () => false,
    );
  }

  /** Types into the window whose title contains `title`. */
  async type(title: string, text: string): Promise<void> {
    await this.#do('windowfocus', '--sync', await this.#window(title), 'type', text);
  }

  /** Clicks at a place in the window whose title contains `title`, in pixels from its corner. */
  async click(title: string, [x, y]: readonly [number, number]): Promise<void> {
    const window = await this.#window(title);
    await this.#do('mousemove', '--window', window, String(x), String(y), 'click', '1');
  }

  /** Saves what the display shows as a PNG file. */
  async photograph(file: string): Promise<void> {
    await run('import', ['-display', this.name, '-window', 'root', file]);
  }

  async close(): Promise<void> {
    await this.#server.end();
  }

  async #window(title: string): Promise<string> {
    return await until(`a window "${title}"`, async () => (await this.#windows(title))[0]);
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
