import type { Element } from 'ltx';
import { DOMAIN, PASSWORD } from './server.ts';
import { Wire, type WireListener } from './wire.ts';

/** Milliseconds that an answer may take; then the client gives the connection up. */
const PATIENCE = 15_000;

export const NS = {
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  sm: 'urn:xmpp:sm:3',
  mam: 'urn:xmpp:mam:2',
  rsm: 'http://jabber.org/protocol/rsm',
  carbons: 'urn:xmpp:carbons:2',
  disco: 'http://jabber.org/protocol/disco#info',
  forward: 'urn:xmpp:forward:0',
  sid: 'urn:xmpp:sid:0',
  hints: 'urn:xmpp:hints',
};

/** The connection is gone, so what was waited for will not come. */
export class CutError extends Error {}

const GONE = 'the connection is gone';

interface Awaited {
  readonly isIt: (element: Element) => boolean;
  readonly resolve: (element: Element) => void;
  readonly reject: (error: Error) => void;
}

export interface ClientListener {
  /** Everything that comes once the client is signed in, awaited or not. */
  onElement(element: Element): void;
  onFooter(): void;
  onNonsense(error: Error): void;
  onCut(): void;
  onText(direction: '>' | '<', text: string): void;
}

/** One signed-in connection: questions and answers, no more. */
export class Client implements WireListener {
  readonly #listener: ClientListener;
  readonly #account: string;
  #wire: Wire | null = null;
  #awaited: Awaited[] = [];
  #isSignedIn = false;
  #questions = 0;

  constructor(account: string, listener: ClientListener) {
    this.#account = account;
    this.#listener = listener;
  }

  get wire(): Wire {
    return this.#wire!;
  }

  get isOpen(): boolean {
    return this.#wire?.isOpen ?? false;
  }

  /** Signs in up to where a resource may be bound; returns the features. */
  async signIn(port: number): Promise<Element> {
    this.#wire = await Wire.open(port, this);
    await this.#opensStream();
    const plain = Buffer.from(`\0${this.#account}\0${PASSWORD}`).toString('base64');
    this.wire.write(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${plain}</auth>`);
    const answer = await this.waitFor((it) => it.is('success') || it.is('failure'));
    if (!answer.is('success', NS.sasl)) throw new Error(`not let in: ${answer}`);
    const features = await this.#opensStream();
    this.#isSignedIn = true;
    return features;
  }

  #opensStream(): Promise<Element> {
    const features = this.waitFor((it) => it.is('features'));
    this.wire.opensStream(DOMAIN);
    return features;
  }

  /** Binds the resource. */
  async bind(resource: string): Promise<void> {
    const wanted = `<bind xmlns='${NS.bind}'><resource>${resource}</resource></bind>`;
    await this.ask('set', wanted);
  }

  /** Resolves with the first of the elements to come that is it. @throws CutError */
  waitFor(isIt: (element: Element) => boolean): Promise<Element> {
    const { promise, resolve, reject } = Promise.withResolvers<Element>();
    const awaited = { isIt, resolve, reject };
    const timer = setTimeout(() => {
      this.#listener.onText('<', '(nothing came that was waited for)');
      this.#wire?.cut();
    }, PATIENCE);
    if (this.#wire?.isOpen) this.#awaited.push(awaited);
    else reject(new CutError(GONE));
    return promise.finally(() => clearTimeout(timer));
  }

  /** The id of the next question, so that a device may count and write it itself. */
  nextQuestion(): string {
    return `q${++this.#questions}`;
  }

  /** Asks the server; resolves with the result or the error. @throws CutError */
  ask(
    type: 'get' | 'set',
    payload: string,
    write = (text: string) => this.wire.write(text),
    to = '',
  ): Promise<Element> {
    const id = this.nextQuestion();
    const answer = this.waitFor((it) => it.is('iq') && it.attrs.id === id);
    const address = to && ` to='${to}'`;
    write(`<iq type='${type}' id='${id}'${address}>${payload}</iq>`);
    return answer;
  }

  onElement(element: Element): void {
    const found = this.#awaited.find(({ isIt }) => isIt(element));
    if (this.#isSignedIn) this.#listener.onElement(element);
    if (!found) return;
    this.#awaited.splice(this.#awaited.indexOf(found), 1);
    found.resolve(element);
  }

  onFooter(): void {
    this.#listener.onFooter();
  }

  onCut(): void {
    const awaited = this.#awaited;
    this.#awaited = [];
    for (const { reject } of awaited) reject(new CutError(GONE));
    this.#listener.onCut();
  }

  onNonsense(error: Error): void {
    // A server that stops may begin the next stream only to close it (RFC 6120 §4.9.1.2).
    if (this.#isSignedIn) this.#listener.onNonsense(error);
  }

  onText(direction: '>' | '<', text: string): void {
    this.#listener.onText(direction, text);
  }
}
