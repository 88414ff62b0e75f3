import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockingClient, Show } from './chat-client.ts';
import { run } from './process.ts';
import type { Account, Target } from './target.ts';
import { Terminal } from './terminal.ts';

export type ProfanityChoice = { readonly directTls?: boolean; readonly distrustful?: boolean };

/** Profanity in a terminal, in a home folder of its own. */
export class Profanity implements BlockingClient {
  readonly name = 'Profanity';
  readonly address: string;
  readonly terminal: Terminal;

  private constructor(account: Account, terminal: Terminal) {
    this.address = account.address;
    this.terminal = terminal;
  }

  /** Starts Profanity, with our authority among the trusted ones, and signs in. */
  static async signIn(
    folder: string,
    target: Target,
    account: Account,
    choice: ProfanityChoice = {},
  ): Promise<Profanity> {
    const profanity = await Profanity.#connect(folder, target, account, choice);
    await profanity.#console('logged in successfully');
    return profanity;
  }

  /** Tries to sign in without knowing our authority and says what Profanity makes of it. */
  static async refuse(folder: string, target: Target, account: Account): Promise<string> {
    const profanity = await Profanity.#connect(folder, target, account, { distrustful: true });
    const verdict = await profanity.#console('certificate verification failed');
    await profanity.terminal.enter('/tls deny');
    await profanity.#console('Login failed');
    await profanity.terminal.close();
    return verdict;
  }

  static async #connect(
    folder: string,
    target: Target,
    account: Account,
    choice: ProfanityChoice,
  ): Promise<Profanity> {
    const home = join(folder, account.user);
    await furnish(home, choice.distrustful ? undefined : target.certificates.authority);
    const env = {
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_DATA_HOME: join(home, 'data'),
    };
    const terminal = await Terminal.open(`Profanity of ${account.user}`, home, ['profanity'], {
      env,
    });
    const profanity = new Profanity(account, terminal);
    await profanity.#console('Welcome to Profanity');
    const [port, tls] = choice.directTls ? [target.tlsPort, 'legacy'] : [target.port, 'force'];
    const where = `server ${target.host} port ${port} tls ${tls}`;
    await terminal.enter(`/connect ${account.address} ${where}`);
    await terminal.shows('a prompt', (lines) => lines.at(-1)?.includes('Enter password'));
    await terminal.enter(account.password);
    return profanity;
  }

  async ask(contact: string): Promise<void> {
    await this.terminal.enter(`/sub request ${contact}`);
    await this.#console(`Sent subscription request to ${contact}`);
  }

  async approve(contact: string): Promise<void> {
    await this.#console(`Received authorization request from ${contact}`);
    await this.terminal.enter(`/sub allow ${contact}`);
    await this.#console(`Accepted subscription for ${contact}`);
  }

  async say(contact: string, text: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact} ${text}`);
    await this.terminal.shows(`"${text}" sent`, (lines) => line(lines, `me: ${text}`));
  }

  /** Uploads a file, whose link goes to the contact. */
  async sendFile(contact: string, file: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.enter(`/sendfile ${file}`);
    await this.terminal.shows('the file uploaded', (lines) => line(lines, ': 100%'));
  }

  /** Begins to get what a link leads to. */
  async saves(url: string, file: string): Promise<void> {
    await this.terminal.enter(`/url save ${url} ${file}`);
  }

  async hears(contact: string, text: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.shows(`"${text}" from ${contact}`, (lines) =>
      lines.some((each) => each.includes(`: ${text}`) && !each.includes(' - me: ')),
    );
  }

  /** Waits until the chat shows what another device of the same account has said. */
  async hasSaid(contact: string, text: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.shows(`"${text}" said elsewhere`, (lines) => line(lines, `me: ${text}`));
  }

  /** Waits until the chat shows a message, whatever way it came; it has to read the archive. */
  async keeps(contact: string, direction: 'sent' | 'received', text: string): Promise<void> {
    if (direction === 'sent') await this.hasSaid(contact, text);
    else await this.hears(contact, text);
  }

  /** Reads the archive from now on (XEP-0313), as a chat is opened. */
  async readsArchive(): Promise<void> {
    await this.terminal.enter('/mam on');
    await this.#console('Message Archive Management enabled');
  }

  async sees(contact: string, show: Show): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.shows(`${contact} as ${show}`, ([title]) =>
      title?.includes(`${contact} [${show}]`),
    );
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    await this.terminal.enter(`/status set ${show} "${status}"`);
    await this.terminal.shows(`itself as ${show}`, ([title]) => title?.includes(`[${show}]`));
  }

  /** Waits until the roster panel lists the contact under `heading`. */
  async lists(contact: string, heading: string): Promise<void> {
    await this.terminal.enter('/win 1');
    await this.terminal.shows(`${contact} under ${heading}`, (lines) => {
      const top = lines.findIndex((each) => each.includes(`${heading} (`));
      return top >= 0 && lines.slice(top + 1).find((each) => each.endsWith(`  ${contact}`));
    });
  }

  async remove(contact: string): Promise<void> {
    await this.terminal.enter(`/roster remove ${contact}`);
    await this.#console(`Roster item removed: ${contact}`);
  }

  /** Waits until the chat tells of a subscription that has ended; the title goes on as before. */
  async isLeftBy(contact: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.shows(`${contact} unsubscribed`, (lines) =>
      line(lines, `*${contact} Unsubscribed`),
    );
  }

  async block(contact: string): Promise<void> {
    await this.terminal.enter(`/blocked add ${contact}`);
    await this.#console(`User ${contact} successfully blocked`);
  }

  async unblock(contact: string): Promise<void> {
    await this.terminal.enter(`/blocked remove ${contact}`);
    await this.#console(`User ${contact} successfully unblocked`);
  }

  async hasNotHeard(contact: string, text: string): Promise<void> {
    await this.terminal.enter(`/msg ${contact}`);
    await this.terminal.shows(`chat with ${contact}`, ([title]) => title?.includes(contact));
    await this.terminal.lacks(text);
  }

  async quit(): Promise<void> {
    await this.terminal.enter('/quit');
    await this.terminal.ends();
  }

  async #console(text: string): Promise<string> {
    await this.terminal.enter('/win 1');
    return await this.terminal.shows(`"${text}"`, (lines) => line(lines, text));
  }
}

function line(lines: readonly string[], text: string): string | undefined {
  return lines.find((each) => each.includes(text));
}

/** A home with trusted certificates in the hashed layout that OpenSSL looks up. */
async function furnish(home: string, authority: string | undefined): Promise<void> {
  const [config, certificates] = [join(home, 'config', 'profanity'), join(home, 'certificates')];
  await mkdir(config, { recursive: true });
  await mkdir(join(home, 'data'), { recursive: true });
  await mkdir(certificates, { recursive: true });
  if (authority !== undefined) await copyFile(authority, join(certificates, 'authority.pem'));
  await run('openssl', ['rehash', certificates]);
  const settings = ['[connection]', `tls.certpath=${certificates}`, '[ui]', 'splash=false', ''];
  await writeFile(join(config, 'profrc'), settings.join('\n'));
}
