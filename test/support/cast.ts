import { Client, PASSWORD, type Scene } from './client.ts';
import type { Note } from './line.ts';
import { ANYTHING, NOTHING } from './template.ts';
import type { Stage } from './wire.ts';

const NAMES = ['juliet', 'romeo', 'nurse', 'mercutio', 'tybalt', 'benvolio', 'stranger'] as const;
const DEVICES = ['laptop', 'phone', 'tablet'] as const;
/** The resource of a person who has one device only. */
const HOME = 'home';

export type Name = (typeof NAMES)[number];
export type Device = (typeof DEVICES)[number];
/** Everybody, or one of somebody's devices. */
export type Role = Name | `${Name}.${Device}`;

/** A person with one device, or with several of their own. */
export type Person = Client & Readonly<Record<Device, Client>>;
export type People = Readonly<Record<Name, Person>>;

export interface CastOptions {
  /** Who is not signed in when the conversation begins; `stranger` never is. */
  readonly absent?: readonly Role[];
  /** Who is signed in without initial presence; true means everybody. */
  readonly quiet?: readonly Role[] | true;
  /** Pairs who see each other's presence. */
  readonly friends?: readonly (readonly [Name, Name])[];
}

/**
 * Those who take part in one conversation: whoever its function names. It is
 * known who they are when the first of them does something; then accounts are
 * made, everybody signs in, and what that brought is forgotten.
 */
export class Cast implements Scene {
  readonly stage: Stage;
  readonly #options: CastOptions;
  readonly #clients = new Map<string, Client>();
  readonly #names = new Set<Name>();
  readonly #transcript: string[] = [];
  #beginning: Promise<void> | null = null;

  constructor(stage: Stage, options: CastOptions) {
    this.stage = stage;
    this.#options = options;
  }

  /** By name; naming somebody brings them in. */
  get people(): People {
    return new Proxy({} as People, {
      get: (_, name) => this.#person(name as Name),
    });
  }

  begun(): Promise<void> {
    this.#beginning ??= this.#begin();
    return this.#beginning;
  }

  async settle(last: Client): Promise<void> {
    const others = [...this.#clients.values()].filter((client) => client !== last);
    await Promise.all(others.map((client) => client.fence()));
    await this.stage.idle();
    await last.fence();
  }

  /** The conversation is over: nobody may have anything left to read. */
  async end(): Promise<void> {
    for (const client of this.#clients.values()) {
      await this.settle(client);
      const left = client.unread;
      if (left.length === 0) continue;
      const name = `${client.person}/${client.resource}`;
      throw this.failure(
        `${name} has got what the conversation does not tell:\n${left.join('\n')}`,
      );
    }
  }

  disperse(): void {
    for (const client of this.#clients.values()) client.destroy();
  }

  failure(message: string): Error {
    const text = `${message}\n\nThe whole conversation:\n${this.#transcript.join('\n')}`;
    return new Error(text.replaceAll(ANYTHING, '…').replaceAll(NOTHING, '∅'));
  }

  noteFor(client: Client): Note {
    const name = `${client.person}/${client.resource}`.padEnd(15);
    return (direction, text) => this.#transcript.push(`${name} ${direction} ${text}`);
  }

  async #begin(): Promise<void> {
    for (const name of this.#names) if (!this.#hasDevices(name)) this.#client(name, HOME);
    const people = [...this.#names].filter((name) => name !== 'stranger');
    for (const name of people) {
      await this.stage.createAccount(this.stage.usernameOf(name), PASSWORD);
    }
    for (const [one, other] of this.#options.friends ?? []) await this.#befriend(one, other);
    for (const client of this.#clients.values()) {
      if (!this.#is(client, this.#options.absent))
        await client.enter({ quietly: this.#isQuiet(client) });
    }
    for (const client of this.#clients.values()) {
      await this.settle(client);
      client.discard();
    }
    // How everybody came is of interest only when it failed.
    this.#transcript.length = 0;
  }

  /** Each asks and is let in, as clients do it; then both go away again. */
  async #befriend(...names: [Name, Name]): Promise<void> {
    const pair = names.map((name) => new Client(this, name, 'friendship')) as [Client, Client];
    for (const client of pair) await client.enter({});
    for (const [asking, asked] of [pair, pair.toReversed() as [Client, Client]]) {
      asking.write(`<presence type='subscribe' to='${asked.bare}'/>`);
      await asking.fence();
      asked.write(`<presence type='subscribed' to='${asking.bare}'/>`);
      await asked.fence();
    }
    for (const client of pair) await client.exit();
    await this.stage.idle();
  }

  #isQuiet(client: Client): boolean {
    const { quiet } = this.#options;
    return quiet === true || this.#is(client, quiet);
  }

  #is({ person, resource }: Client, roles: readonly Role[] = []): boolean {
    if (person === 'stranger') return true;
    return roles.some((role) => role === person || role === `${person}.${resource}`);
  }

  #hasDevices(name: Name): boolean {
    return [...this.#clients.values()].some(({ person }) => person === name);
  }

  #client(name: Name, resource: string): Client {
    const key = `${name}/${resource}`;
    const client = this.#clients.get(key) ?? new Client(this, name, resource);
    this.#clients.set(key, client);
    return client;
  }

  /** Stands for the one device of the person until one of several is named. */
  #person(name: Name): Person {
    if (!NAMES.includes(name)) throw new Error(`nobody is called ${String(name)} here`);
    this.#names.add(name);
    const account = new Client(this, name, HOME);
    return new Proxy(account, {
      get: (_, key) => {
        if (key === 'bare') return account.bare;
        if (isDevice(key)) return this.#client(name, key);
        const client = this.#client(name, HOME);
        const value = Reflect.get(client, key, client);
        return typeof value === 'function' ? value.bind(client) : value;
      },
    }) as Person;
  }
}

function isDevice(key: PropertyKey): key is Device {
  return (DEVICES as readonly PropertyKey[]).includes(key);
}
