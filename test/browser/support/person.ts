import { join } from 'node:path';
import type { BrowserContext, Page, Browser as Program } from 'playwright-core';

export type PersonOptions = {
  /** Camera and microphone are refused. */
  readonly withoutDevices?: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Certificates are not looked at: the browser does not know the run's authority. */
  readonly isTrustful?: boolean;
  /** Runs in the page before anything of its own. */
  readonly before?: string;
};

const STEP_MS = 20_000;
const KEPT_LINES = 400;
const SHOWN_CHARACTERS = 2_000;

/** Somebody with a browser profile of their own, and all that their pages say. */
export class Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What their pages complained about: errors, and what the content security policy refused. */
  readonly complaints: string[] = [];
  readonly #transcript: string[] = [];

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.context = context;
    this.page = page;
    this.#listen(page);
  }

  static async open(
    program: Program,
    name: string,
    url: string,
    options: PersonOptions,
  ): Promise<Person> {
    const { withoutDevices = false, width = 1100, height = 720, dark = false, before } = options;
    const context = await program.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      acceptDownloads: true,
      ignoreHTTPSErrors: options.isTrustful ?? false,
      permissions: withoutDevices ? [] : ['camera', 'microphone', 'notifications'],
    });
    context.setDefaultTimeout(STEP_MS);
    if (before !== undefined) await context.addInitScript({ content: before });
    const person = new Person(name, context, await context.newPage());
    await person.page.goto(url);
    return person;
  }

  /** Another tab of the same profile; it is on record with the first. */
  async openTab(url: string): Promise<Page> {
    const tab = await this.context.newPage();
    this.#listen(tab);
    await tab.goto(url);
    return tab;
  }

  /** What was said between the pages and the server, and on the console; the newest at the end. */
  get transcript(): string {
    return this.#transcript.join('\n');
  }

  async photograph(folder: string, name = this.name): Promise<string> {
    const file = join(folder, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  #listen(page: Page): void {
    page.on('console', (message) => {
      this.#note(`console ${message.type()}: ${message.text()}`);
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.#complain(`uncaught ${error}`));
    page.on('crash', () => this.#complain('the page crashed'));
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => this.#note(`> ${payload}`));
      socket.on('framereceived', ({ payload }) => this.#note(`< ${payload}`));
      socket.on('close', () => this.#note('websocket closed'));
    });
  }

  #complain(text: string): void {
    this.#note(text);
    this.complaints.push(text);
  }

  #note(line: string): void {
    const time = new Date().toISOString().slice(14, 23);
    this.#transcript.push(`${time} ${line.slice(0, SHOWN_CHARACTERS)}`);
    if (this.#transcript.length > KEPT_LINES) this.#transcript.shift();
  }
}
