import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { StoredScramKeys } from '../../src/storage/ports.ts';

/** What the site is asked, as `docs/account-sources.md` has it. */
export interface Question {
  readonly ask: string;
  readonly user: string;
  readonly domain: string;
  readonly password?: string;
}

/** Answers in place of the site; `null` never. */
export type Mood = ((response: ServerResponse) => void) | null | undefined;

/** A web site with accounts of its own, over HTTP on loopback. */
export class AccountSite {
  readonly secret = 'between site and server';
  readonly passwords = new Map<string, string>();
  readonly keys = new Map<string, readonly StoredScramKeys[]>();
  /** All that was asked with the right secret. */
  readonly questions: Question[] = [];
  /** How it answers; undefined for as it should. */
  mood: Mood;
  /** Called when a question has come. */
  onQuestion: () => void = () => {};
  readonly #server: Server;

  static async open(): Promise<AccountSite> {
    const site = new AccountSite();
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/accounts`;
  }

  /** The section `accounts` of a host that asks this site. */
  config(more: object = {}): Readonly<Record<string, unknown>> {
    return { source: 'http', http: { url: this.url, secret: this.secret, ...more } };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isTrusted = request.headers.authorization === `Bearer ${this.secret}`;
    const question = JSON.parse(await text(request)) as Question;
    if (isTrusted) this.questions.push(question);
    this.onQuestion();
    if (this.mood === null) return;
    if (this.mood) return this.mood(response);
    if (!isTrusted) return void response.writeHead(403).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ result: this.#resultOf(question) }));
  }

  #resultOf({ ask, user, password = '' }: Question): unknown {
    switch (ask) {
      case 'verify':
        return this.passwords.get(user) === password;
      case 'exists':
        return this.passwords.has(user);
      case 'scramKeys':
        return this.keys.get(user)?.map(inBase64) ?? null;
      case 'change':
        if (password.length < 8) return false;
        this.passwords.set(user, password);
        return true;
      default:
        throw new Error(`nobody asks ${ask}`);
    }
  }
}

function inBase64({ hash, salt, iterations, storedKey, serverKey }: StoredScramKeys): object {
  const [s, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return { hash, salt: s, iterations, storedKey: stored, serverKey: server };
}
