import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockingClient, Show } from './chat-client.ts';
import type { Vcard } from './line-client.ts';
import { untilExists } from './poll.ts';
import { LOOPBACK } from './ports.ts';
import { unprivileged } from './process.ts';
import type { Account, Target } from './target.ts';
import { Terminal } from './terminal.ts';

/** How the line above a chat tells presence; of somebody online it says nothing but a stroke. */
const MARKS: Readonly<Record<Show, string>> = {
  online: '[|',
  away: '[away',
  dnd: '[dnd',
  offline: '[unavailable',
};
const COMMANDS: Readonly<Record<string, string>> = {
  online: 'available',
  away: 'away',
  dnd: 'dnd',
};

/** Poezio in a terminal, in a home folder of its own. */
export class Poezio implements BlockingClient {
  readonly name = 'Poezio';
  readonly address: string;
  readonly #terminal: Terminal;
  readonly #avatars: string;
  readonly #asked = new Set<string>();
  readonly #approved = new Set<string>();

  private constructor(account: Account, terminal: Terminal, home: string) {
    this.address = account.address;
    this.#terminal = terminal;
    this.#avatars = join(home, 'cache', 'poezio', 'avatars');
  }

  static async signIn(folder: string, target: Target, account: Account): Promise<Poezio> {
    const poezio = await Poezio.#start(folder, target, account, target.certificates.authority);
    await poezio.#informs(`Your JID is ${account.address}`);
    return poezio;
  }

  /** Tries to sign in without knowing our authority and says what Poezio makes of it. */
  static async refuse(folder: string, target: Target, account: Account): Promise<string> {
    const poezio = await Poezio.#start(folder, target, account, '');
    const verdict = await poezio.#informs('The certificate sent by the server is invalid');
    await poezio.quit();
    return verdict;
  }

  static async #start(
    folder: string,
    target: Target,
    account: Account,
    authority: string,
  ): Promise<Poezio> {
    const home = join(folder, account.user);
    await mkdir(home, { recursive: true });
    const config = join(home, 'poezio.cfg');
    await writeFile(config, configuration(target, account, authority));
    const user = unprivileged();
    if (user.uid !== undefined) {
      await chown(home, user.uid, user.uid);
      await chown(config, user.uid, user.uid);
    }
    const env = {
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
    };
    const command = ['poezio', '-f', config];
    const launch = { ...user, env };
    const terminal = await Terminal.open(`Poezio of ${account.user}`, home, command, launch);
    return new Poezio(account, terminal, home);
  }

  /** Poezio asks by itself whom it approves. */
  async ask(contact: string): Promise<void> {
    if (this.#approved.has(contact)) return;
    this.#asked.add(contact);
    await this.#enter(`/add ${contact}`);
    await this.#informs(`${contact} was added to the roster`);
  }

  /** Poezio approves by itself whom it has asked. */
  async approve(contact: string): Promise<void> {
    if (this.#asked.has(contact)) return;
    await this.#informs(`${contact} wants to subscribe`);
    this.#approved.add(contact);
    await this.#enter(`/accept ${contact}`);
    await this.#informs(`${contact} is now authorized`);
  }

  async say(contact: string, text: string): Promise<void> {
    await this.#openChat(contact);
    await this.#enter(text);
    await this.#terminal.shows(`"${text}" sent`, (lines) =>
      lines.some((line) => line.includes(`> ${text}`)),
    );
  }

  async hears(contact: string, text: string): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.shows(`"${text}" from ${contact}`, (lines) =>
      lines.some((line) => line.includes(`> ${text}`)),
    );
  }

  async sees(contact: string, show: Show): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.shows(`${contact} as ${show}`, (lines) =>
      lines.some((line) => line.startsWith(`[${contact}`) && line.includes(MARKS[show])),
    );
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    await this.#enter(`/status ${COMMANDS[show]} "${status}"`);
  }

  async remove(contact: string): Promise<void> {
    await this.#enter('/win 0');
    await this.#enter(`/remove ${contact}`);
    await this.#terminal.shows(`no ${contact} in the roster`, (lines) =>
      lines.every((line) => !line.split('│')[0]?.includes(contact)),
    );
  }

  async block(contact: string): Promise<void> {
    await this.#enter(`/block ${contact}`);
    await this.#informs(`Blocked ${contact}.`);
  }

  async unblock(contact: string): Promise<void> {
    await this.#enter(`/unblock ${contact}`);
    await this.#informs(`Unblocked ${contact}.`);
  }

  async hasNotHeard(contact: string, text: string): Promise<void> {
    await this.#openChat(contact);
    await this.#terminal.lacks(text);
  }

  /** Opens the contact's vCard; waits for the name there. */
  async readsVcard(contact: string, { name }: Vcard): Promise<void> {
    await this.#enter(`/vcard ${contact}`);
    await this.#terminal.shows(`the name ${name}`, (lines) =>
      lines.some((line) => line.includes(name)),
    );
    await this.#terminal.press('C-g');
    await this.#terminal.shows('the form closed', ([title]) => !title?.includes('vCard of'));
  }

  /** Waits until Poezio has fetched the photo that the contact's presence announces. */
  async hasPhoto(contact: string, hash: string): Promise<void> {
    await untilExists('Poezio fetches', join(this.#avatars, contact, hash));
  }

  async quit(): Promise<void> {
    await this.#enter('/quit');
    await this.#terminal.ends();
  }

  /** What comes at once Poezio takes for something pasted, in which "/" and Enter mean nothing. */
  async #enter(line: string): Promise<void> {
    const [first, rest] = [line.slice(0, 1), line.slice(1)];
    await this.#terminal.type(first);
    await this.#terminal.shows(`"${first}" typed`, (lines) => lines.at(-1)?.startsWith(first));
    await this.#terminal.type(rest);
    await this.#terminal.shows(`"${line}" typed`, (lines) => lines.at(-1)?.startsWith(line));
    await this.#terminal.press('Enter');
    await this.#terminal.shows(`"${line}" taken`, (lines) => !lines.at(-1)?.startsWith(line));
  }

  async #openChat(contact: string): Promise<void> {
    await this.#enter(`/message ${contact}`);
    await this.#terminal.shows(`a chat with ${contact}`, (lines) =>
      lines.some((line) => line.startsWith(`[${contact}`)),
    );
  }

  /** Waits for a text beside the roster. */
  async #informs(text: string): Promise<string> {
    await this.#enter('/win 0');
    return await this.#terminal.shows(`"${text}"`, (lines) => {
      const beside = lines.map((line) => line.split('│')[1]?.trim() ?? '');
      const whole = beside.join(' ');
      return whole.includes(text) ? text : undefined;
    });
  }
}

function configuration(target: Target, account: Account, authority: string): string {
  const settings = {
    jid: account.address,
    password: account.password,
    // Told a name, slixmpp goes to port 5222 of it.
    custom_host: LOOPBACK,
    custom_port: target.port,
    ca_cert_path: authority,
    auto_reconnect: false,
    enable_vertical_tab_list: false,
    roster_show_offline: true,
    plugins_autoload: 'vcard',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  return `[Poezio]\n${lines.join('')}`;
}
