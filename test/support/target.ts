import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { dial } from './tcp-wire.ts';
import type { Stage, Wire } from './wire.ts';

/**
 * Another server, to test the tests. `TARGET` is its host:port, `TARGET_DOMAIN`
 * its domain, and `TARGET_CREATE` a command that makes an account: it is called
 * with the localpart, the domain and the password.
 */
export class Target implements Stage {
  readonly domain = process.env.TARGET_DOMAIN ?? 'localhost';
  readonly usesTls = process.env.TARGET_TLS !== 'no';
  readonly patience = 3000;
  readonly #host: string;
  readonly #port: number;
  /** Accounts outlive the conversation, so each has its own. */
  readonly #suffix = randomBytes(5).toString('hex');

  constructor(address: string) {
    const colon = address.lastIndexOf(':');
    this.#host = address.slice(0, colon);
    this.#port = Number(address.slice(colon + 1));
  }

  toString(): string {
    return this.domain;
  }

  usernameOf(person: string): string {
    return `${person}${this.#suffix}`;
  }

  async createAccount(username: string, password: string): Promise<void> {
    const [command = '', ...args] = (process.env.TARGET_CREATE ?? '').split(' ');
    await promisify(execFile)(command, [...args, username, this.domain, password]);
  }

  connect(): Promise<Wire> {
    return dial(this.#port, this.#host, this.domain);
  }

  /** Nobody can look inside; pings have to do. */
  async idle(): Promise<void> {}

  async stop(): Promise<void> {}
}
