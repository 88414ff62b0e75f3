import type { ClientEvent } from '../clients/protocol.ts';
import type { LineClient } from './line-client.ts';

const TYPES = ['available', 'unavailable'];

/** How contacts are, after the presence events of a client script. */
export class Presences {
  readonly #client: LineClient;
  readonly #shows = new Map<string, string>();

  constructor(client: LineClient) {
    this.#client = client;
  }

  /** As the latest event from the contact tells: one of `Show`, or another show that it has. */
  of(contact: string): string {
    const news = this.#client.takesAll(
      'presence',
      ({ sender, type }) => sender === contact && TYPES.includes(String(type)),
    );
    const latest = news.at(-1);
    if (latest !== undefined) this.#shows.set(contact, showOf(latest));
    return this.#shows.get(contact) ?? 'offline';
  }
}

function showOf({ type, show }: ClientEvent): string {
  return type === 'unavailable' ? 'offline' : String(show) || 'online';
}
