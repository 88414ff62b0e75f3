import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Milliseconds that any single wait may take; nothing that works comes near it. */
const PATIENCE = 10_000;

export const STREAM = (domain: string) =>
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " +
  `xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='${domain}'>`;

export interface Target {
  readonly port: number;
  readonly domain: string;
}

/**
 * A client that may say anything. It knows no XML: it writes bytes, and waits
 * for texts in what comes back.
 */
export class Attacker {
  readonly socket: Socket;
  readonly domain: string;
  /** All that the server has ever said on this connection. */
  heard = '';
  isOver = false;
  #unread = '';
  #fences = 0;
  #look: () => void = () => {};

  constructor(socket: Socket, domain: string) {
    this.socket = socket;
    this.domain = domain;
    this.#listen(socket);
  }

  static async connect({ port, domain }: Target): Promise<Attacker> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new Attacker(socket, domain);
  }

  /** TLS from the first byte, or over an attacker that has been told to proceed. */
  static async connectTls(
    over: Target | Attacker,
    options: ConnectionOptions = {},
  ): Promise<Attacker> {
    const carrier =
      over instanceof Attacker ? { socket: over.socket } : { port: over.port, host: '127.0.0.1' };
    const trust = { rejectUnauthorized: false, servername: over.domain };
    const socket = connectTls({ ...carrier, ...trust, ...options });
    await once(socket, 'secureConnect');
    return new Attacker(socket, over.domain);
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.heard += text;
      this.#unread += text;
      this.#look();
    });
    const over = () => {
      this.isOver = true;
      this.#look();
    };
    socket.on('end', over);
    socket.on('close', over);
    // A server that hangs up on an attacker is right to.
    socket.on('error', over);
  }

  says(bytes: string | Uint8Array): this {
    if (this.socket.writable) this.socket.write(bytes);
    return this;
  }

  /** Writes each byte by itself, in as many segments as the system makes of them. */
  async saysByteByByte(bytes: Uint8Array): Promise<this> {
    this.socket.setNoDelay(true);
    for (const byte of bytes) {
      await new Promise((resolve) => this.socket.write(Uint8Array.of(byte), resolve));
    }
    return this;
  }

  /** Waits for one of the texts; takes and returns what came up to its end. */
  async hears(...wanted: string[]): Promise<string> {
    const found = () => wanted.find((text) => this.#unread.includes(text));
    await this.#until(() => found() !== undefined, `for ${wanted.join(' or ')}`);
    const end = this.#unread.indexOf(found()!) + found()!.length;
    const taken = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end);
    return taken;
  }

  /** Waits until the server has ended; returns what came before and was not taken. */
  async hearsTheEnd(): Promise<string> {
    await this.#until(() => this.isOver, 'for the end', true);
    return this.#unread;
  }

  /** Opens the stream and takes the server's header and features. */
  async opens(): Promise<string> {
    return this.says(STREAM(this.domain)).hears('</stream:features>');
  }

  /** A normal login with PLAIN; returns the full JID. */
  async signsIn(user: string, password: string, resource = ''): Promise<string> {
    await this.opens();
    return this.authenticates(user, password, resource);
  }

  /** The same where features have been offered already. */
  async authenticates(user: string, password: string, resource = ''): Promise<string> {
    const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
    this.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
    await this.hears(`<success xmlns="${SASL}"/>`);
    return this.binds(resource);
  }

  /** What follows a successful authentication. */
  async binds(resource = ''): Promise<string> {
    await this.opens();
    const wanted = resource && `<resource>${resource}</resource>`;
    this.says(`<iq type='set' id='bind'><bind xmlns='${BIND}'>${wanted}</bind></iq>`);
    return /<jid>(.*)<\/jid>/.exec(await this.hears('</iq>'))?.[1] ?? '';
  }

  /**
   * Pings the server; returns what came before the answer. Since the server keeps
   * the order of a session, all that was said before has been worked on.
   */
  async fence(): Promise<string> {
    const id = `fence-${++this.#fences}`;
    this.says(`<iq type='get' id='${id}' to='${this.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    const result = await this.hears(` id='${id}'></iq>`);
    return result.slice(0, result.lastIndexOf('<iq '));
  }

  /** What came and was not taken. */
  get unread(): string {
    return this.#unread;
  }

  leaves(): void {
    this.socket.destroy();
  }

  async #until(isThere: () => boolean, what: string, mayBeOver = false): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new Error(`${why} ${what}; came: ${this.heard}`));
    const look = () => {
      if (isThere()) resolve();
      else if (this.isOver && !mayBeOver) fail('the server hung up while one waited');
    };
    const timer = setTimeout(() => fail('waited in vain'), PATIENCE);
    this.#look = look;
    look();
    await promise.finally(() => clearTimeout(timer));
  }
}

export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
export const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
