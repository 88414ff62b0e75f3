import { chown, mkdir } from 'node:fs/promises';
import { createServer, connect as dial, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BlockingClient, Show } from './chat-client.ts';
import type { Display } from './display.ts';
import { isolated, SYSTEM_AUTHORITIES } from './isolation.ts';
import { LineClient } from './line-client.ts';
import { until, untilExists } from './poll.ts';
import { Presences } from './presences.ts';
import { start, unprivileged } from './process.ts';
import type { Account, Target } from './target.ts';

const UNTRUSTED = 'G_TLS_CERTIFICATE_UNKNOWN_CA';
const BRIDGE = fileURLToPath(new URL('../clients/dino-bridge.py', import.meta.url));
const WINDOW = 'Dino';
const CHOOSER = 'Start Conversation';
/** Where things are in Dino's windows, in pixels. */
const DETAILS = [1058, 28] as const;
const BLOCK = [539, 413] as const;
const ADD = [109, 509] as const;
const REMOVE = [151, 509] as const;
const FIRST_CONTACT = [235, 136] as const;
const CALL = [978, 28] as const;
const CALL_WITH_SOUND = [978, 80] as const;
const ATTACH = [338, 662] as const;
/** In the window of a call, which has the main one's title and lies over it. */
const HANG_UP = [421, 475] as const;
const FILE_CHOOSER = 'Select file';
/** How long a menu may take to unfold, in milliseconds. */
const MENU_MS = 2_000;

type RosterRow = { readonly jid: string; readonly subscription: string };
type FileRow = { readonly isSent: boolean; readonly name: string; readonly path: string };
type Messages = { readonly sent: readonly string[]; readonly received: readonly string[] };

/** Dino on a display, with a session bus, a network and a home folder of its own. */
export class Dino implements BlockingClient {
  readonly name = 'Dino';
  readonly address: string;
  readonly #home: string;
  readonly #display: Display;
  readonly #bridge: LineClient;
  readonly #relay: Server;
  readonly #presences: Presences;
  #lastCall: unknown = null;

  private constructor(
    account: Account,
    home: string,
    display: Display,
    bridge: LineClient,
    relay: Server,
  ) {
    this.address = account.address;
    this.#home = home;
    this.#display = display;
    this.#bridge = bridge;
    this.#presences = new Presences(bridge);
    this.#relay = relay;
  }

  /**
   * Starts Dino, with our authority in place of the machine's, and signs in. With `calls` it
   * reaches others on this machine; one such Dino may run at a time.
   */
  static async signIn(
    folder: string,
    target: Target,
    account: Account,
    display: Display,
    calls = false,
  ) {
    const { authority } = target.certificates;
    const dino = await Dino.#start(folder, target, account, display, authority, calls);
    // The server sends its own presence back to it.
    await dino.#bridge.sees('presence', { sender: account.address, type: 'available' });
    return dino;
  }

  /** Tries to sign in without knowing our authority; waits for Dino's complaint. */
  static async refuse(folder: string, target: Target, account: Account, display: Display) {
    const dino = await Dino.#start(folder, target, account, display, SYSTEM_AUTHORITIES);
    await until('Dino complains', () => dino.#bridge.process.output.includes(UNTRUSTED));
    await dino.quit();
  }

  static async #start(
    folder: string,
    target: Target,
    account: Account,
    display: Display,
    authority: string,
    calls = false,
  ): Promise<Dino> {
    const home = join(folder, account.user);
    const socket = join(folder, `${account.user}.sock`);
    const { uid } = unprivileged();
    await mkdir(home, { recursive: true });
    const relay = createServer((from) => {
      const to = dial(target.port, target.host);
      from.on('error', () => to.destroy()).pipe(to);
      to.on('error', () => from.destroy()).pipe(from);
    });
    await new Promise<void>((resolve) => relay.listen(socket, resolve));
    if (uid !== undefined) {
      await chown(home, uid, uid);
      await chown(socket, uid, uid);
    }
    const session = {
      ...{ address: account.address, password: account.password, server: socket },
      database: join(home, 'dino', 'dino.db'),
      sound: calls,
    };
    const bus = ['dbus-run-session', '--', '/usr/bin/python3', '-B', BRIDGE];
    const [command = '', ...args] = [
      ...isolated({ authority, uid, isAlone: !calls }),
      ...bus,
      JSON.stringify(session),
    ];
    const dino = start(command, args, { env: { ...desktop(home), DISPLAY: display.name } });
    const bridge = new LineClient(`Dino of ${account.user}`, dino);
    return new Dino(account, home, display, bridge, relay);
  }

  /** Waits until another call with a contact than before is known. */
  async rings(contact: string): Promise<void> {
    await until(`${contact} calls Dino`, async () => {
      const { number } = await this.#bridge.ask({ do: 'call', jid: contact });
      if (number === this.#lastCall) return false;
      this.#lastCall = number;
      return true;
    });
  }

  /** What the notification of a call offers. */
  async answerCall(contact: string, how: 'accept-call' | 'reject-call'): Promise<void> {
    await this.#bridge.ask({ do: how, jid: contact });
  }

  /** Begins a call with sound, by the menu above the chat. */
  async call(contact: string): Promise<void> {
    await this.#bridge.ask({ do: 'open', jid: contact });
    const before = await this.#display.count('');
    await until('Dino offers to call', async () => {
      await this.#display.click(WINDOW, CALL);
      const unfolds = async () => (await this.#display.count('')) > before;
      return await until('a menu', unfolds, MENU_MS).catch(() => false);
    });
    await this.#display.click(WINDOW, CALL_WITH_SOUND);
    await this.rings(contact);
  }

  /** Ends a call without picture: with one, the button is elsewhere. */
  async hangUp(): Promise<void> {
    await this.#display.click(WINDOW, HANG_UP);
  }

  /** Waits until the window of a call has closed. */
  async hasNoCall(): Promise<void> {
    await until('the call closes', async () => (await this.#display.count(WINDOW)) === 1);
  }

  /** Sends a file by the button beside the text; waits until it is uploaded. */
  async sendFile(contact: string, file: string): Promise<void> {
    await this.#bridge.ask({ do: 'open', jid: contact });
    await this.#opens(FILE_CHOOSER, () => this.#display.click(WINDOW, ATTACH));
    await this.#display.type(FILE_CHOOSER, file);
    const chosen = async () => !(await this.#display.press(FILE_CHOOSER, 'Return'));
    await until('Dino takes the file', chosen);
    await until(`Dino has sent ${file}`, async () => {
      await this.#display.press(WINDOW, 'Return');
      return (await this.#files(contact)).some((each) => each.isSent && file.endsWith(each.name));
    });
  }

  /** Waits until Dino has a contact's file, and says where. */
  async getsFile(contact: string, name: string): Promise<string> {
    return await until(`Dino fetches ${name}`, async () => {
      const files = await this.#files(contact);
      const file = files.find((each) => !each.isSent && each.name === name);
      return file && join(this.#home, 'dino', 'files', file.path);
    });
  }

  async ask(contact: string): Promise<void> {
    if ((await this.#subscription(contact)) !== undefined) return;
    await this.#opens(CHOOSER, () => this.#bridge.ask({ do: 'add-chat' }));
    await this.#opens('Add Contact', () => this.#display.click(CHOOSER, ADD));
    await this.#display.press('Add Contact', 'Tab');
    await this.#display.type('Add Contact', contact);
    await until(`Dino adds ${contact}`, async () => {
      await this.#display.press('Add Contact', 'Return');
      return (await this.#subscription(contact)) !== undefined;
    });
    await this.#closes(CHOOSER);
  }

  async approve(contact: string): Promise<void> {
    await this.#bridge.sees('presence', { sender: contact, type: 'subscribe' });
    await until(`Dino accepts ${contact}`, () =>
      this.#bridge.ask({ do: 'accept', jid: contact }).catch(() => false),
    );
  }

  async say(contact: string, text: string): Promise<void> {
    await this.#bridge.ask({ do: 'open', jid: contact });
    await this.#display.type(WINDOW, text);
    await this.#display.press(WINDOW, 'Return');
    await until(`Dino has sent "${text}"`, async () => {
      const { sent } = await this.#messages(contact);
      return sent.includes(text);
    });
  }

  async hears(contact: string, text: string): Promise<void> {
    await until(`Dino has received "${text}"`, async () => {
      const { received } = await this.#messages(contact);
      return received.includes(text);
    });
  }

  /** Waits until Dino keeps a message, whatever way it came. */
  async keeps(contact: string, direction: 'sent' | 'received', text: string): Promise<void> {
    await until(`Dino keeps "${text}" as ${direction}`, async () =>
      (await this.#messages(contact))[direction].includes(text),
    );
  }

  async hasNotHeard(contact: string, text: string): Promise<void> {
    const { received } = await this.#messages(contact);
    if (received.includes(text)) throw new Error(`Dino has received "${text}"`);
  }

  async sees(contact: string, show: Show): Promise<void> {
    await until(`Dino sees ${contact} as ${show}`, () => this.#presences.of(contact) === show);
  }

  async remove(contact: string): Promise<void> {
    await this.#opens(CHOOSER, () => this.#bridge.ask({ do: 'add-chat' }));
    await this.#display.type(CHOOSER, contact);
    await until(`Dino removes ${contact}`, async () => {
      await this.#display.click(CHOOSER, FIRST_CONTACT);
      await this.#display.click(CHOOSER, REMOVE);
      return (await this.#subscription(contact)) === undefined;
    });
    await this.#closes(CHOOSER);
  }

  async block(contact: string): Promise<void> {
    await this.#toggleBlock(contact, 'block');
  }

  async unblock(contact: string): Promise<void> {
    await this.#toggleBlock(contact, 'unblock');
  }

  /** Waits until Dino has fetched the photo that a contact's presence announces. */
  async hasPhoto(hash: string): Promise<void> {
    await untilExists('Dino fetches', join(this.#home, 'dino', 'avatars', hash));
  }

  async quit(): Promise<void> {
    await this.#bridge.ask({ do: 'quit' }).catch(() => {});
    await this.#bridge.sees('offline');
    await this.#bridge.process.end();
    this.#relay.close();
  }

  /** Through the switch among the contact's details; waits for the server's push. */
  async #toggleBlock(contact: string, word: 'block' | 'unblock'): Promise<void> {
    await this.#bridge.ask({ do: 'open', jid: contact });
    await this.#opens('Contact Details', () => this.#display.click(WINDOW, DETAILS));
    await this.#display.click('Contact Details', BLOCK);
    await this.#bridge.sees('blocking', { word, jid: contact });
    await this.#closes('Contact Details');
  }

  async #opens(title: string, open: () => Promise<unknown>): Promise<void> {
    await open();
    await until(`Dino opens "${title}"`, () => this.#display.hasWindow(title));
  }

  async #closes(title: string): Promise<void> {
    await until(`"${title}" closes`, async () => !(await this.#display.press(title, 'Escape')));
  }

  async #subscription(contact: string): Promise<string | undefined> {
    const { items } = await this.#bridge.ask({ do: 'roster' });
    return (items as RosterRow[]).find(({ jid }) => jid === contact)?.subscription;
  }

  /** Those that are there whole. */
  async #files(contact: string): Promise<readonly FileRow[]> {
    const { files } = await this.#bridge.ask({ do: 'files', jid: contact });
    return files as FileRow[];
  }

  async #messages(contact: string): Promise<Messages> {
    const { sent, received } = await this.#bridge.ask({ do: 'messages', jid: contact });
    return { sent, received } as Messages;
  }
}

/** Keeps Dino from the desktop's services, which a bare display does not have. */
function desktop(home: string): Record<string, string> {
  return {
    ...{ HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home, LC_ALL: 'C.UTF-8' },
    ...{ GTK_A11Y: 'none', GSETTINGS_BACKEND: 'memory', GIO_USE_VFS: 'local' },
    ...{ GDK_BACKEND: 'x11', GSK_RENDERER: 'cairo' },
    // The library for sound would start a server of its own, which outlives the program.
    PULSE_SERVER: `unix:${join(home, 'pulse', 'native')}`,
  };
}
