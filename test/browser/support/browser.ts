import { chromium, type Browser as Program } from 'playwright-core';
import { Person, type PersonOptions } from './person.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // So that two pages on one machine find each other without a network.
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** Debian's Chromium, without a window; its camera and microphone are made up. */
export class Browser {
  readonly #program: Program;
  readonly #people: Person[] = [];

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(): Promise<Browser> {
    const launch = { executablePath: CHROMIUM, args: FLAGS, timeout: 30_000 };
    return new Browser(await chromium.launch(launch));
  }

  /** Opens the site as somebody who shares nothing with the others: a profile of their own. */
  async person(name: string, url: string, options: PersonOptions = {}): Promise<Person> {
    const person = await Person.open(this.#program, name, url, options);
    this.#people.push(person);
    return person;
  }

  /** Everybody who is there since the last call; closes their pages when `dismiss` is called. */
  takePeople(): readonly Person[] {
    return this.#people.splice(0);
  }

  async close(): Promise<void> {
    await this.#program.close();
  }
}
