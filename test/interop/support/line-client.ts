import { isDeepStrictEqual } from 'node:util';
import type { ClientEvent, Command, Query } from '../clients/protocol.ts';
import { until } from './poll.ts';
import type { Running } from './process.ts';

export type RosterItem = {
  readonly jid: string;
  readonly name: string;
  readonly subscription: string;
  readonly ask: string;
  readonly groups: readonly string[];
};

export type Vcard = {
  readonly name: string;
  /** Base64 */
  readonly photo: string;
};

/** A client script that takes commands and tells events as lines of JSON (`protocol.ts`). */
export class LineClient {
  readonly name: string;
  readonly process: Running;
  #events: ClientEvent[] = [];
  #asked = 0;

  constructor(name: string, process: Running) {
    this.name = name;
    this.process = process;
    process.onLine((line) => {
      if (line.startsWith('{')) this.#events.push(JSON.parse(line));
    });
  }

  send(command: Command | Record<string, unknown>): void {
    this.process.write(JSON.stringify(command));
  }

  /** Sends a command and returns its answer; throws when the answer is an error. */
  async ask(command: Record<string, unknown>): Promise<ClientEvent> {
    this.#asked += 1;
    const id = this.#asked;
    this.send({ ...command, id });
    const answer = await this.sees('answer', { id });
    if (answer.error !== undefined) throw new Error(`${command.do} failed: ${answer.error}`);
    return answer;
  }

  /** Waits for an event with these fields and takes it: the same event is seen only once. */
  async sees(event: string, fields: Record<string, unknown> = {}): Promise<ClientEvent> {
    const wanted = `${this.name} sees ${event} ${JSON.stringify(fields)}`;
    return await until(wanted, () => {
      const seen = this.takes(event, fields);
      if (seen === undefined && this.process.hasExited) throw new Error(`ended before: ${wanted}`);
      return seen;
    });
  }

  /** Takes an event that has already arrived. */
  takes(event: string, fields: Record<string, unknown> = {}): ClientEvent | undefined {
    const index = this.#events.findIndex(
      (seen) =>
        seen.event === event &&
        Object.entries(fields).every(([key, value]) => isDeepStrictEqual(seen[key], value)),
    );
    return index < 0 ? undefined : this.#events.splice(index, 1)[0];
  }

  /** Takes all events of this name that have already arrived and pass `test`, in order. */
  takesAll(event: string, test: (seen: ClientEvent) => boolean): readonly ClientEvent[] {
    const taken = this.#events.filter((seen) => seen.event === event && test(seen));
    this.#events = this.#events.filter((seen) => !taken.includes(seen));
    return taken;
  }

  async roster(): Promise<readonly RosterItem[]> {
    return (await this.ask({ do: 'roster' })).items as RosterItem[];
  }

  async query(kind: Query, to: string): Promise<ClientEvent> {
    return await this.ask({ do: 'query', kind, to });
  }

  async vcard(of: string): Promise<Vcard> {
    const { name, photo } = await this.ask({ do: 'vcard', of });
    return { name, photo } as Vcard;
  }

  /** Signs out in good order, then ends the program. */
  async quit(): Promise<void> {
    this.send({ do: 'quit' });
    await this.sees('offline');
    await this.process.end();
  }
}
