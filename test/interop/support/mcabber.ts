import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatClient, Show } from './chat-client.ts';
import type { Vcard } from './line-client.ts';
import type { Account, Target } from './target.ts';
import { Terminal } from './terminal.ts';

export type McabberChoice = { readonly directTls?: boolean; readonly distrustful?: boolean };

/** The letters by which mcabber tells how a buddy is. */
const LETTERS: Readonly<Record<Show, string>> = { online: 'o', away: 'a', dnd: 'd', offline: '_' };
const COMMANDS: Readonly<Record<string, string>> = { online: 'avail', away: 'away', dnd: 'dnd' };

/** mcabber in a terminal, in a home folder of its own. */
export class Mcabber implements ChatClient {
  readonly name = 'mcabber';
  readonly address: string;
  readonly #terminal: Terminal;

  private constructor(account: Account, terminal: Terminal) {
    this.address = account.address;
    this.#terminal = terminal;
  }

  static async signIn(
    folder: string,
    target: Target,
    account: Account,
    choice: McabberChoice = {},
  ): Promise<Mcabber> {
    const mcabber = await Mcabber.#start(folder, target, account, choice);
    await mcabber.#logs('Your status has been set: [_>o]');
    return mcabber;
  }

  /** Tries to sign in without knowing our authority and says what mcabber makes of it. */
  static async refuse(folder: string, target: Target, account: Account): Promise<string> {
    const mcabber = await Mcabber.#start(folder, target, account, { distrustful: true });
    const verdict = await mcabber.#logs('Certificate is not trusted');
    await mcabber.quit();
    return verdict;
  }

  static async #start(
    folder: string,
    target: Target,
    account: Account,
    choice: McabberChoice,
  ): Promise<Mcabber> {
    const home = join(folder, account.user);
    await mkdir(home, { recursive: true });
    const config = join(home, 'mcabberrc');
    const settings = configuration(target, account, choice);
    await writeFile(config, settings, { mode: 0o600 });
    const command = ['mcabber', '-f', config];
    const terminal = await Terminal.open(`mcabber of ${account.user}`, home, command, {});
    return new Mcabber(account, terminal);
  }

  async ask(contact: string): Promise<void> {
    await this.#terminal.enter(`/add ${contact}`);
    await this.#logs(`Sent presence notification request to <${contact}>`);
  }

  async approve(contact: string): Promise<void> {
    await this.#logs(`<${contact}> wants to subscribe to your presence updates`);
    await this.#terminal.enter(`/authorization allow ${contact}`);
    await this.#logs(`Sent presence subscription approval to <${contact}>`);
  }

  async say(contact: string, text: string): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.enter(text);
    await this.#terminal.shows(`"${text}" sent`, (lines) =>
      lines.some((line) => line.includes(text) && line.includes('-->')),
    );
  }

  async hears(contact: string, text: string): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.shows(`"${text}" from ${contact}`, (lines) =>
      lines.some((line) => line.includes(text) && line.includes('<==')),
    );
  }

  async sees(contact: string, show: Show): Promise<void> {
    await this.#terminal.enter(`/roster search ${contact}`);
    const status = `[${LETTERS[show]}] Buddy: ${contact}`;
    await this.#terminal.shows(`${contact} as ${show}`, (lines) =>
      lines.some((line) => line.includes(status)),
    );
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    await this.#terminal.enter(`/status ${COMMANDS[show]} ${status}`);
    await this.#logs(`>${LETTERS[show]}] ${status}`);
  }

  async remove(contact: string): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.enter('/del');
    await this.#logs(`Removing <${contact}>`);
  }

  /** Asks for the contact's vCard and waits until it is written into the chat. */
  async readsVcard(contact: string, { name }: Vcard): Promise<void> {
    await this.#terminal.enter(`/request vcard ${contact}`);
    await this.#openChat(contact);
    await this.#terminal.shows(`the name ${name}`, (lines) =>
      lines.some((line) => line.includes(name)),
    );
  }

  async quit(): Promise<void> {
    await this.#terminal.enter('/quit');
    await this.#terminal.ends();
  }

  async #openChat(contact: string): Promise<void> {
    await this.#terminal.enter(`/roster search ${contact}`);
    // An empty line opens the chat of the buddy that is selected.
    await this.#terminal.enter('');
    await this.#terminal.shows(`a chat with ${contact}`, (lines) =>
      lines.some((line) => line.includes(`Buddy: ${contact}`)),
    );
  }

  async #logs(text: string): Promise<string> {
    return await this.#terminal.shows(`"${text}"`, (lines) =>
      lines.find((line) => line.includes(text)),
    );
  }
}

function configuration(target: Target, account: Account, choice: McabberChoice): string {
  const settings = {
    jid: account.address,
    password: account.password,
    server: target.domain,
    port: choice.directTls ? target.tlsPort : target.port,
    ...(choice.directTls ? { ssl: 1, tls: 0 } : { ssl: 0, tls: 1 }),
    ...(choice.distrustful ? {} : { ssl_ca: target.certificates.authority }),
    roster_width: 30,
    log_win_height: 15,
  };
  return Object.entries(settings)
    .map(([name, value]) => `set ${name} = ${value}\n`)
    .join('');
}
