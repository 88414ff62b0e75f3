import type { BlockingClient, Show } from './chat-client.ts';
import type { Choice, Library } from './libraries.ts';
import type { LineClient, Vcard } from './line-client.ts';
import { until } from './poll.ts';
import { Presences } from './presences.ts';
import type { Account, Target } from './target.ts';

/** Messages in an archive. */
export type History = { readonly ids: readonly string[]; readonly bodies: readonly string[] };

/** A library's client script as somebody to chat with. */
export class LibraryUser implements BlockingClient {
  readonly name: string;
  readonly address: string;
  readonly fullAddress: string;
  readonly #client: LineClient;
  readonly #presences: Presences;

  private constructor(name: string, account: Account, fullAddress: string, client: LineClient) {
    this.name = name;
    this.address = account.address;
    this.fullAddress = fullAddress;
    this.#client = client;
    this.#presences = new Presences(client);
  }

  static async signIn(library: Library, target: Target, account: Account, choice: Choice = {}) {
    const client = library.connect(target, account, choice);
    const { jid } = await client.sees('online');
    await client.roster();
    client.send({ do: 'presence' });
    return new LibraryUser(library.name, account, String(jid), client);
  }

  async ask(contact: string): Promise<void> {
    this.#client.send({ do: 'presence', type: 'subscribe', to: contact });
    await this.#client.sees('roster-push', { jid: contact, ask: 'subscribe' });
  }

  async approve(contact: string): Promise<void> {
    await this.#client.sees('presence', { sender: contact, type: 'subscribe' });
    this.#client.send({ do: 'presence', type: 'subscribed', to: contact });
  }

  async say(contact: string, text: string): Promise<void> {
    this.#client.send({ do: 'message', to: contact, body: text });
  }

  async hears(contact: string, text: string): Promise<void> {
    await this.#client.sees('message', { sender: contact, body: text });
  }

  async sees(contact: string, show: Show): Promise<void> {
    const wanted = `${this.name} sees ${contact} as ${show}`;
    await until(wanted, () => this.#presences.of(contact) === show);
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    const detail = show === 'online' ? {} : { show };
    this.#client.send({ do: 'presence', ...detail, status });
  }

  async remove(contact: string): Promise<void> {
    await this.#client.ask({ do: 'roster-remove', jid: contact });
    await this.#client.sees('roster-push', { jid: contact, subscription: 'remove' });
  }

  async block(contact: string): Promise<void> {
    await this.#client.ask({ do: 'block', jid: contact });
  }

  async unblock(contact: string): Promise<void> {
    await this.#client.ask({ do: 'unblock', jid: contact });
  }

  async hasNotHeard(contact: string, text: string): Promise<void> {
    if (this.#client.takes('message', { sender: contact, body: text }) === undefined) return;
    throw new Error(`${this.name} hears "${text}"`);
  }

  /** Uploads a file; returns its URL. */
  async upload(file: string, type: string): Promise<string> {
    return String((await this.#client.ask({ do: 'upload', file, type })).url);
  }

  /** Waits for a message that the test passes, and returns its text. */
  async hearsOf(contact: string, isIt: (body: string) => boolean): Promise<string> {
    return await until(`${this.name} hears from ${contact}`, () => {
      const [message] = this.#client.takesAll(
        'message',
        ({ sender, body }) => sender === contact && isIt(String(body)),
      );
      return message && String(message.body);
    });
  }

  /** Stores a vCard and announces its photo. */
  async setVcard(card: Vcard): Promise<void> {
    await this.#client.ask({ do: 'vcard-set', ...card });
  }

  /** What the archive has of the conversation with a contact, the oldest message first. */
  async history(contact: string): Promise<History> {
    const { ids, bodies } = await this.#client.ask({ do: 'history', with: contact });
    return { ids, bodies } as History;
  }

  /** Waits until the server has handled all that was sent before. */
  async settle(): Promise<void> {
    const domain = this.address.slice(this.address.indexOf('@') + 1);
    await this.#client.query('ping', domain);
  }

  /** Breaks the connection. */
  async cut(): Promise<void> {
    this.#client.send({ do: 'cut' });
  }

  /** Waits until the client has got its session back, and fails where it had to begin anew. */
  async resumes(): Promise<void> {
    await this.#client.sees('resumed');
    if (this.#client.takes('online')) throw new Error(`${this.name} has begun anew`);
  }

  async quit(): Promise<void> {
    await this.#client.quit();
  }
}
