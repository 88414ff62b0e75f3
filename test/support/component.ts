import { createHash } from 'node:crypto';
import type { Element } from 'ltx';
import type { MemoryPeer } from '../../src/transports/memory.ts';
import type { Client } from './client.ts';
import { mismatch } from './matcher.ts';
import type { TestServer } from './server.ts';
import { type Heard, StreamReader } from './stream-reader.ts';
import { parseFragment, render, type Value } from './template.ts';

const NAMESPACE = 'jabber:component:accept';
/** Milliseconds to wait for what is expected. */
const PATIENCE = 2000;

let fences = 0;

/** The other end of a component's stream (XEP-0114), which says what a test tells it to. */
export class TestComponent {
  readonly domain: string;
  /** The server's header; null before it comes. */
  header: Element | null = null;
  hasEnded = false;
  /** Hears that something has come, before anybody reads it. */
  onHeard: () => void = () => {};
  /** The text of what was read last, exactly as it came. */
  lastText = '';
  readonly #server: TestServer;
  readonly #peer: MemoryPeer;
  readonly #reader: StreamReader;
  readonly #inbox: Heard[] = [];
  #wake: () => void = () => {};

  /** Connects and says nothing yet; `queueLimit` is what may wait for it, in bytes. */
  constructor(server: TestServer, domain = 'echo.localhost', queueLimit?: number) {
    this.#server = server;
    this.domain = domain;
    this.#peer = server.connectComponent(queueLimit);
    this.#reader = new StreamReader({
      onHeader: (header) => {
        this.header = header;
      },
      onElement: (heard) => {
        this.#inbox.push(heard);
        this.onHeard();
      },
      onFooter: () => this.#ended(),
    });
    this.#peer.onText = (text) => {
      this.#reader.write(text);
      this.#wake();
    };
    this.#peer.onEnd = () => this.#ended();
  }

  toString(): string {
    return this.domain;
  }

  /** Connects, and shows that it knows the secret. */
  static async connected(
    server: TestServer,
    domain?: string,
    secret?: string,
    queueLimit?: number,
  ) {
    const component = new TestComponent(server, domain, queueLimit);
    await component.opensStream();
    component.shakesHands(secret);
    await component.gets`<handshake/>`;
    return component;
  }

  /** Sends a stream header and waits for the server's. */
  async opensStream(to = ` to='${this.domain}'`): Promise<void> {
    const streams = 'http://etherx.jabber.org/streams';
    this.writes(`<stream:stream xmlns='${NAMESPACE}' xmlns:stream='${streams}'${to}>`);
    await this.#until('a stream header', () => this.header !== null);
  }

  shakesHands(secret = 'wherefore'): void {
    const hash = createHash('sha1').update(`${this.header?.attrs.id}${secret}`).digest('hex');
    this.writes(`<handshake>${hash}</handshake>`);
  }

  writes(text: string): void {
    this.#peer.write(text);
  }

  sends(strings: TemplateStringsArray, ...values: Value[]): void {
    this.writes(render(strings, values));
  }

  /** Waits for the elements of the template, in that order, and returns the last. */
  async gets(strings: TemplateStringsArray, ...values: Value[]): Promise<Element> {
    let last: Element | null = null;
    for (const wanted of parseFragment(render(strings, values), NAMESPACE)) {
      await this.#until(wanted.toString(), () => this.#inbox.length > 0);
      const heard = this.#inbox.shift()!;
      this.lastText = heard.text;
      last = heard.element;
      const reason = mismatch(wanted, last);
      if (reason !== null) throw new Error(`${this.domain} got\n  ${heard.text}\nbut ${reason}`);
    }
    return last!;
  }

  /** Waits until the server has ended the stream, with that error. */
  async getsStreamError(condition: string): Promise<void> {
    const xmlns = 'urn:ietf:params:xml:ns:xmpp-streams';
    await this.gets`<stream:error><${condition} xmlns='${xmlns}'/></stream:error>`;
    await this.#until('the end of the stream', () => this.hasEnded);
  }

  /** Proves that nothing is left to read: what the others have sent is through. */
  async getsNothing(...others: Client[]): Promise<void> {
    for (const each of others) await each.settles();
    await this.#server.idle();
    const id = `fence-${++fences}`;
    this
      .sends`<iq type='get' id='${id}' from='${this}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await this.gets`<iq type='result' id='${id}'/>`;
    const left = this.#inbox.map(({ text }) => text);
    if (left.length > 0) throw new Error(`${this.domain} got what nobody expects:\n${left}`);
  }

  /** Takes no interest in what has come until now. */
  async forgets(): Promise<void> {
    await this.#server.idle();
    this.#inbox.length = 0;
  }

  /** Closes the stream as one should. */
  async leaves(): Promise<void> {
    this.writes('</stream:stream>');
    await this.#until('the end of the stream', () => this.hasEnded);
    this.#peer.end();
    await this.#server.idle();
  }

  /** Is gone without a word. */
  async vanishes(): Promise<void> {
    this.#peer.destroy();
    await this.#server.idle();
  }

  stopsReading(): void {
    this.#peer.stopReading();
  }

  /** Waits until the server has ended the stream. */
  async getsEnd(): Promise<void> {
    await this.#until('the end of the stream', () => this.hasEnded);
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${this.domain} waited in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #ended(): void {
    this.hasEnded = true;
    this.#wake();
  }
}
