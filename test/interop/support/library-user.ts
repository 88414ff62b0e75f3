import type { ChatClient, Show } from './chat-client.ts';
import type { Choice, Library } from './libraries.ts';
import type { LineClient } from './line-client.ts';
import type { Account, Target } from './target.ts';

/** A library's client script as somebody to chat with. */
export class LibraryUser implements ChatClient {
  readonly name: string;
  readonly address: string;
  readonly #client: LineClient;

  private constructor(name: string, account: Account, client: LineClient) {
    this.name = name;
    this.address = account.address;
    this.#client = client;
  }

  static async signIn(library: Library, target: Target, account: Account, choice: Choice = {}) {
    const client = library.connect(target, account, choice);
    await client.sees('online');
    await client.roster();
    client.send({ do: 'presence' });
    return new LibraryUser(library.name, account, client);
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
    const type = show === 'offline' ? 'unavailable' : 'available';
    const detail = show === 'offline' || show === 'online' ? '' : show;
    await this.#client.sees('presence', { sender: contact, type, show: detail });
  }

  async show(show: Exclude<Show, 'offline'>, status: string): Promise<void> {
    const detail = show === 'online' ? {} : { show };
    this.#client.send({ do: 'presence', ...detail, status });
  }

  /** Waits until the server has handled all that was sent before. */
  async settle(): Promise<void> {
    const domain = this.address.slice(this.address.indexOf('@') + 1);
    await this.#client.query('ping', domain);
  }

  async quit(): Promise<void> {
    await this.#client.quit();
  }
}
