import { chown, mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BlockingClient, Show } from './chat-client.ts';
import type { Display } from './display.ts';
import { isolated } from './isolation.ts';
import { LineClient } from './line-client.ts';
import { until, untilExists } from './poll.ts';
import { LOOPBACK } from './ports.ts';
import { start, unprivileged } from './process.ts';
import type { Account, Target } from './target.ts';

export type GajimChoice = {
  readonly directTls?: boolean;
  readonly distrustful?: boolean;
  /** Trusts our authority, not the server's certificate alone: that of uploads is looked up there. */
  readonly knowsAuthority?: boolean;
};

const BRIDGE = fileURLToPath(new URL('../clients/gajim-bridge.py', import.meta.url));

/** Where the button is that sends files, in pixels; in a chat nothing is there. */
const SEND_FILES = [910, 542] as const;

/** Gajim on a display, with a session bus and a home folder of its own. */
export class Gajim implements BlockingClient {
  readonly name = 'Gajim';
  readonly address: string;
  readonly #folder: string;
  readonly #display: Display;
  readonly #bridge: LineClient;
  readonly #asked = new Set<string>();
  readonly #approved = new Set<string>();

  private constructor(account: Account, folder: string, display: Display, bridge: LineClient) {
    this.address = account.address;
    this.#folder = folder;
    this.#display = display;
    this.#bridge = bridge;
  }

  /** Starts Gajim, with the server's certificate in its store, and signs in. */
  static async signIn(
    folder: string,
    target: Target,
    account: Account,
    display: Display,
    choice: GajimChoice = {},
  ): Promise<Gajim> {
    const gajim = await Gajim.#start(folder, target, account, display, choice);
    await gajim.comesOnline();
    return gajim;
  }

  /** Tries to sign in with an empty certificate store; waits for Gajim's warning. */
  static async refuse(
    folder: string,
    target: Target,
    account: Account,
    display: Display,
  ): Promise<void> {
    const gajim = await Gajim.#start(folder, target, account, display, { distrustful: true });
    await gajim.#bridge.ask({ do: 'status', show: 'online', status: '' });
    await gajim.#logs('TLS_CERTIFICATE_UNKNOWN_CA');
    await until('Gajim warns', () => display.hasWindow('Certificate Verification'));
    await gajim.#bridge.process.end();
  }

  static async #start(
    folder: string,
    target: Target,
    account: Account,
    display: Display,
    choice: GajimChoice,
  ): Promise<Gajim> {
    requireSecondAddress();
    const home = join(folder, account.user);
    await mkdir(home);
    const user = unprivileged();
    if (user.uid !== undefined) await chown(home, user.uid, user.uid);
    const session = {
      ...{ address: account.address, password: account.password, folder: join(home, 'gajim') },
      host: target.host,
      port: choice.directTls ? target.tlsPort : target.port,
      directTls: choice.directTls ?? false,
      ...(choice.distrustful ? {} : { certificate: target.certificates.certificate }),
    };
    const bus = ['dbus-run-session', '--', '/usr/bin/python3', '-B', BRIDGE];
    const env = { ...desktop(home), DISPLAY: display.name };
    const { authority } = target.certificates;
    const [command = '', ...args] = [
      ...(choice.knowsAuthority ? isolated({ authority, uid: user.uid }) : []),
      ...bus,
      JSON.stringify(session),
    ];
    const gajim = start(command, args, { ...(choice.knowsAuthority ? {} : user), env });
    const bridge = new LineClient(`Gajim of ${account.user}`, gajim);
    await bridge.sees('ready');
    return new Gajim(account, session.folder, display, bridge);
  }

  async comesOnline(): Promise<void> {
    await this.show('online', '');
  }

  async goesOffline(): Promise<void> {
    await this.#bridge.ask({ do: 'status', show: 'offline', status: '' });
    // No signal tells that the account has gone offline.
    await until('Gajim goes offline', async () => {
      const { show } = await this.#bridge.ask({ do: 'own-status' });
      return show === 'offline';
    });
  }

  /** Goes through the window "Add Contact", which an approval has opened already. */
  async ask(contact: string): Promise<void> {
    if (!this.#approved.has(contact)) await this.#bridge.ask({ do: 'add', jid: contact });
    await until(`Gajim asks ${contact}`, async () => {
      if (this.#hasLogged(`Request Subscription to ${contact}`)) return true;
      // The title is another one while Gajim looks the contact up.
      return await this.#display.press('Add Contact', 'Return').then(() => false);
    });
    this.#asked.add(contact);
  }

  /** Whom Gajim has asked itself may see it without further approval. */
  async approve(contact: string): Promise<void> {
    await this.#logs(`Received Subscribe: ${contact}`);
    if (this.#asked.has(contact)) return;
    await this.#bridge.ask({ do: 'accept', jid: contact });
    this.#approved.add(contact);
  }

  async say(contact: string, text: string): Promise<void> {
    await this.#bridge.ask({ do: 'message', to: contact, body: text });
  }

  /** Uploads a file, whose link goes to the contact. */
  async sendFile(contact: string, file: string): Promise<void> {
    await this.openChat(contact);
    await this.#bridge.ask({ do: 'send-file', uri: pathToFileURL(file).href });
    await until('Gajim has sent the file', async () => {
      await this.#display.click('Gajim', SEND_FILES);
      const { sent } = await this.#bridge.ask({ do: 'messages', jid: contact });
      return (sent as string[]).some((body) => body.startsWith('http'));
    });
  }

  async hears(contact: string, text: string): Promise<void> {
    await this.#bridge.sees('message', { sender: contact, body: text });
  }

  /** Waits until Gajim keeps a message, whatever way it came. */
  async keeps(contact: string, direction: 'sent' | 'received', text: string): Promise<void> {
    await until(`Gajim keeps "${text}" as ${direction}`, async () => {
      const messages = await this.#bridge.ask({ do: 'messages', jid: contact });
      return (messages[direction] as string[]).includes(text);
    });
  }

  async sees(contact: string, show: Show): Promise<void> {
    await until(`Gajim shows ${contact} as ${show}`, async () => {
      const { contacts } = await this.#bridge.ask({ do: 'contacts' });
      return (contacts as { jid: string; show: string }[]).some(
        (each) => each.jid === contact && each.show === show,
      );
    });
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    await this.#bridge.ask({ do: 'status', show, status });
    await this.#bridge.sees('account', { show });
  }

  async remove(contact: string): Promise<void> {
    await this.#bridge.ask({ do: 'remove-contact', jid: contact });
    await this.#answers('Remove Contact', 'alt+r');
    await until(`Gajim has removed ${contact}`, async () => {
      const { contacts } = await this.#bridge.ask({ do: 'contacts' });
      return !(contacts as { jid: string }[]).some(({ jid }) => jid === contact);
    });
  }

  async block(contact: string): Promise<void> {
    await this.#bridge.ask({ do: 'block-contact', jid: contact });
    await this.#answers('Block Contact', 'alt+b');
    await this.#logs(`Block Push: ${contact}`);
  }

  async unblock(contact: string): Promise<void> {
    await this.#bridge.ask({ do: 'block-contact', jid: contact });
  }

  async hasNotHeard(contact: string, text: string): Promise<void> {
    if (this.#bridge.takes('message', { sender: contact, body: text }) === undefined) return;
    throw new Error(`Gajim hears "${text}"`);
  }

  /** Waits until Gajim has fetched the photo that a contact's presence announces. */
  async hasPhoto(hash: string): Promise<void> {
    await untilExists('Gajim fetches', join(this.#folder, 'avatars', hash));
  }

  async openChat(contact: string): Promise<void> {
    await this.#bridge.ask({ do: 'open', jid: contact });
  }

  async quit(): Promise<void> {
    await this.goesOffline();
    await this.#bridge.process.end();
  }

  /** Presses a key in a dialogue until it closes. */
  async #answers(title: string, key: string): Promise<void> {
    await until(`Gajim asks "${title}"`, () => this.#display.hasWindow(title));
    await until(`"${title}" closes`, async () => !(await this.#display.press(title, key)));
  }

  async #logs(text: string): Promise<void> {
    await until(`Gajim logs "${text}"`, () => this.#hasLogged(text));
  }

  #hasLogged(text: string): boolean {
    return this.#bridge.process.output.includes(text);
  }
}

/** Keeps Gajim from the desktop's services, which a bare display does not have. */
function desktop(home: string): Record<string, string> {
  return {
    ...{ HOME: home, XDG_RUNTIME_DIR: home, LC_ALL: 'C.UTF-8' },
    ...{ NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory', GIO_USE_VFS: 'local' },
    // The library for sound would start a server of its own, which outlives the program.
    PULSE_SERVER: `unix:${home}/pulse/native`,
  };
}

/** GLib looks names up with AI_ADDRCONFIG and finds none when 127.0.0.1 is the only address. */
function requireSecondAddress(): void {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const isSecond = ({ family, address }: { family: string; address: string }) =>
    family === 'IPv4' && address !== LOOPBACK;
  if (addresses.some(isSecond)) return;
  throw new Error(`Gajim needs an address besides ${LOOPBACK}: ip addr add 192.0.2.1/32 dev lo`);
}
