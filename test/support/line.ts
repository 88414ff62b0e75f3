import type { Element } from 'ltx';
import { type Heard, StreamReader } from './stream-reader.ts';
import type { Stage, Wire } from './wire.ts';

const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls';
const NS_BIND2 = 'urn:xmpp:bind:0';
const NS_DISCO_INFO = 'http://jabber.org/protocol/disco#info';
const NS_SM = 'urn:xmpp:sm:3';
const NS_BIND = 'urn:ietf:params:xml:ns:xmpp-bind';

/** What went over a line, for people to read when a conversation fails. */
export type Note = (direction: '→' | '←' | '·', text: string) => void;

let fences = 0;

/** One connection of a client, from the first header to the end of the stream. */
export class Line {
  /** Stanzas that have come and were not read yet. */
  readonly inbox: Heard[] = [];
  /** The newest header of the server; null before the first. */
  header: Element | null = null;
  /** What the server offered last, as it came. */
  features = '';
  hasEnded = false;
  isBound = false;
  /** Whether the server is told that all has come; that belongs to no conversation. */
  confirms = true;
  readonly #stage: Stage;
  readonly #wire: Wire;
  readonly #note: Note;
  readonly #reader: StreamReader;
  /** Stanzas that have come since stream management is on, pings' answers among them. */
  stanzas = 0;
  /** The newest answer to a sign-in that went well; null before. */
  success: Element | null = null;
  /** Ids of pings on the way, whose answers belong to no conversation. */
  readonly #fences = new Set<string>();
  /** The full JID whose own presence is awaited, and belongs to no conversation either. */
  #echo: string | null = null;
  #lastText = '';
  #fault: Error | null = null;
  #wake: () => void = () => {};

  static async open(stage: Stage, note: Note): Promise<Line> {
    return new Line(stage, await stage.connect(), note);
  }

  private constructor(stage: Stage, wire: Wire, note: Note) {
    this.#stage = stage;
    this.#wire = wire;
    this.#note = note;
    this.#reader = new StreamReader({
      onHeader: (header) => {
        this.header = header;
      },
      onElement: (heard) => this.#heard(heard),
      onFooter: () => this.#ended(),
    });
    wire.onText = (text) => this.#read(text);
    wire.onEnd = () => this.#ended();
  }

  write(text: string): void {
    this.#note('→', text);
    this.#wire.write(text);
  }

  /** Sends a stream header and waits for the server's; `attributes` add to the usual ones. */
  async openStream(attributes = ''): Promise<void> {
    this.expectHeader();
    this.write(
      `<?xml version='1.0'?><stream:stream to='${this.#stage.domain}' version='1.0' ${attributes}` +
        " xmlns='jabber:client'" +
        " xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    await this.until('a stream header', () => this.header !== null);
  }

  /** What comes next begins a stream anew. */
  expectHeader(): void {
    this.header = null;
    this.#reader.restart();
  }

  /** Up to the point where a resource can be bound; TLS comes first where it has to. */
  async authenticate(username: string, password: string, attributes?: string): Promise<void> {
    await this.openStream();
    await this.take('features');
    await this.secure();
    const initial = Buffer.from(`\0${username}\0${password}`).toString('base64');
    this.write(`<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${initial}</auth>`);
    await this.take('success');
    await this.openStream(attributes);
    await this.take('features');
    this.features = this.#lastText;
  }

  /** Up to the features that are offered under TLS. */
  async openSecurely(): Promise<void> {
    await this.openStream();
    await this.take('features');
    if (!this.#stage.startsSecure) await this.#startTls();
    this.features = this.#lastText;
  }

  async bind(resource: string): Promise<void> {
    const request = `<bind xmlns='${NS_BIND}'><resource>${resource}</resource></bind>`;
    this.write(`<iq type='set' id='bind'>${request}</iq>`);
    await this.take('iq');
    if (!this.isBound) throw new Error('the resource was not bound');
  }

  /** Sends initial presence and waits until the server has shown it to the client itself. */
  async becomeAvailable(jid: string): Promise<void> {
    this.#echo = jid;
    this.write('<presence/>');
    await this.until('its own presence', () => this.#echo === null);
  }

  /** Waits until the server has dealt with all that was sent before. */
  async fence(): Promise<void> {
    if (!this.isBound || this.hasEnded) return;
    const id = `fence-${++fences}`;
    this.#fences.add(id);
    const ping = "<ping xmlns='urn:xmpp:ping'/>";
    this.#wire.write(`<iq type='get' id='${id}' to='${this.#stage.domain}'>${ping}</iq>`);
    await this.until('the answer to a ping', () => !this.#fences.has(id) || this.hasEnded);
  }

  /** The next element that comes, taken out of the inbox; null when none does. */
  async next(): Promise<Heard | null> {
    await this.#wait(() => this.inbox.length > 0 || this.hasEnded);
    return this.inbox.shift() ?? null;
  }

  /** The next element, which has that name. */
  async take(name: string): Promise<Element> {
    const heard = await this.next();
    this.#lastText = heard?.text ?? '';
    if (heard?.element.getName() === name) return heard.element;
    throw new Error(`expected <${name}/>, got ${heard?.text ?? 'nothing'}`);
  }

  /** Waits for a state of affairs; throws when it does not come about in time. */
  async until(what: string, condition: () => boolean): Promise<void> {
    if (!(await this.#wait(condition))) throw new Error(`waited in vain for ${what}`);
  }

  /** Closes the stream and waits for the server to do the same (RFC 6120 §4.4). */
  async close(): Promise<void> {
    this.write('</stream:stream>');
    await this.until('the end of the stream', () => this.hasEnded);
    this.#wire.end();
  }

  /** Ends the client's side of the connection, as a FIN does. */
  hangUp(): void {
    this.#note('·', 'hangs up');
    this.#wire.end();
  }

  destroy(): void {
    this.#note('·', 'vanishes');
    this.#wire.destroy();
    this.hasEnded = true;
  }

  /** Goes on over TLS where the stage does so; what the server offers then is taken. */
  async secure(): Promise<void> {
    if (this.#stage.usesTls) await this.#startTls();
  }

  async #startTls(): Promise<void> {
    this.write(`<starttls xmlns='${NS_TLS}'/>`);
    await this.take('proceed');
    await this.#wire.secure();
    await this.openStream();
    await this.take('features');
  }

  /** Whether the condition came true in time. */
  async #wait(condition: () => boolean): Promise<boolean> {
    const deadline = performance.now() + this.#stage.patience;
    while (!condition()) {
      if (this.#fault) throw this.#fault;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await this.#change(left);
    }
    return true;
  }

  #change(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #read(text: string): void {
    try {
      this.#reader.write(text);
    } catch (error) {
      this.#note('←', text);
      this.#fault = error as Error;
    }
    this.#wake();
  }

  #heard(heard: Heard): void {
    const { element } = heard;
    this.#count(element);
    if (element.name === 'iq' && this.#fences.delete(element.attrs.id)) return;
    if (this.#isForReceipt(element)) {
      this.#confirm(element);
      return;
    }
    this.#note('←', heard.text);
    if (element.name === 'iq' && element.getChild('bind', NS_BIND)?.getChild('jid')) {
      this.isBound = element.attrs.type === 'result';
    }
    if (element.getChild('bound', NS_BIND2)) this.isBound = true;
    if (element.is('resumed', NS_SM) || element.getChild('resumed', NS_SM)) this.isBound = true;
    const isOwn = element.name === 'presence' && element.attrs.from === this.#echo;
    if (isOwn && element.attrs.type === undefined) this.#echo = null;
    else this.inbox.push(heard);
  }

  /** XEP-0198 §4. */
  #count(element: Element): void {
    const { name } = element;
    if (name === 'success') this.success = element;
    if (name === 'enabled' || name === 'success') this.stanzas = 0;
    else if (name === 'iq' || name === 'message' || name === 'presence') this.stanzas++;
  }

  /** Whether the server asks only to know that all before has come: it names no node (XEP-0115 §6.2). */
  #isForReceipt(element: Element): boolean {
    const { name, attrs } = element;
    const isFromServer = attrs.type === 'get' && attrs.from === this.#stage.domain;
    const query = element.getChild('query', NS_DISCO_INFO);
    return name === 'iq' && isFromServer && query !== undefined && !query.attrs.node;
  }

  /** That the client cannot say more is an answer, too. */
  #confirm({ attrs: { id, from } }: Element): void {
    if (this.confirms) this.#wire.write(`<iq type='error' id='${id}' to='${from}'/>`);
  }

  #ended(): void {
    if (this.hasEnded) return;
    this.#note('·', 'the server ends the stream');
    this.hasEnded = true;
    this.#wake();
  }
}
