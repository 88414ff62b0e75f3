import { attribute, body, HttpSender, NS_XBOSH, type Posted, payloadOf } from './bosh-http.ts';
import type { Wire } from './wire.ts';

const STREAM_END = '</stream:stream>';
/** Requests that the server lets a client have under way. */
const MOST = 2;

/** Connects over BOSH; what it reads and writes is the stream that it stands for. */
export function dialBosh(port: number, domain: string): Wire {
  return new BoshWire(port, domain);
}

class BoshWire implements Wire {
  onText: (text: string) => void = () => {};
  onEnd: () => void = () => {};
  readonly #sender: HttpSender;
  readonly #domain: string;
  #rid = Math.floor(Math.random() * 1_000_000_000) + 1;
  #sid = '';
  /** Those that are not answered, oldest first. */
  readonly #underWay: Posted[] = [];
  /** What waits for a request: contents and attributes of their own. */
  #waiting: { payload: string; attributes: Record<string, string> }[] = [];
  #awaitsHeader = false;
  #isOver = false;

  constructor(port: number, domain: string) {
    this.#sender = new HttpSender(port, '/http-bind');
    this.#domain = domain;
  }

  write(text: string): void {
    const header = /<stream:stream([^>]*)>/.exec(text);
    if (header) this.#open(header[1]!);
    else if (text.includes(STREAM_END))
      this.#ask(text.replace(STREAM_END, ''), { type: 'terminate' });
    else this.#ask(text);
    this.#sendOn();
  }

  /** HTTP has TLS of its own. */
  async secure(): Promise<void> {}

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.#isOver = true;
    this.#sender.close();
    for (const posted of this.#underWay) void posted.breaks();
  }

  /** What a stream header says, the start tag of a body says as well. */
  #open(written: string): void {
    const said = [...written.matchAll(/([\w:]+)\s*=\s*'([^']*)'/g)].map(
      ([, name, value]) => [name!, value!] as const,
    );
    const attributes: Record<string, string> = {
      ...Object.fromEntries(said.filter(([name]) => name !== 'xmlns' && name !== 'version')),
      'xmlns:xmpp': NS_XBOSH,
    };
    const version = said.find(([name]) => name === 'version')?.[1];
    if (this.#sid !== '') this.#ask('', { ...attributes, 'xmpp:restart': 'true' });
    else {
      const wanted = {
        wait: '60',
        hold: '1',
        ver: '1.11',
        ...(version && { 'xmpp:version': version }),
      };
      this.#ask('', { ...attributes, ...wanted });
    }
  }

  /** Plain payloads share a request. */
  #ask(payload: string, attributes: Record<string, string> = {}): void {
    const last = this.#waiting.at(-1);
    const isPlain = (of: object) => Object.keys(of).length === 0;
    if (last && isPlain(last.attributes) && isPlain(attributes)) last.payload += payload;
    else this.#waiting.push({ payload, attributes });
  }

  /** Sends what waits, else a request that can be held; the answers are read in their order. */
  #sendOn(): void {
    if (this.#isOver) return;
    const isBeginning = this.#sid === '' && this.#underWay.length > 0;
    if (isBeginning || this.#underWay.length === MOST) return;
    const next = this.#waiting.shift();
    if (next) this.#send(next.payload, next.attributes);
    else if (this.#underWay.length === 0 && this.#sid !== '') this.#send('', {});
  }

  #send(payload: string, attributes: Record<string, string>): void {
    this.#rid += 1;
    const named = this.#sid === '' ? {} : { sid: this.#sid };
    const posted = this.#sender.post(body({ rid: this.#rid, ...named, ...attributes }, payload));
    const before = this.#underWay.at(-1)?.answer();
    this.#underWay.push(posted);
    if (this.#sid === '' || 'xmpp:restart' in attributes) this.#awaitsHeader = true;
    void Promise.all([posted.answer(), before]).then(([text]) => this.#read(text));
    if (this.#waiting.length > 0) this.#sendOn();
  }

  #read(text: string): void {
    this.#underWay.shift();
    if (this.#isOver) return;
    if (this.#sid === '') this.#sid = attribute(text, 'sid');
    const payload = payloadOf(text);
    // They come with the oldest request, which need not be the one that has asked for them.
    if (payload.startsWith('<stream:') && this.#awaitsHeader) this.#tellHeader();
    if (payload) this.onText(payload);
    if (text === '' || attribute(text, 'type') === 'terminate') this.#finish();
    else this.#sendOn();
  }

  #tellHeader(): void {
    this.#awaitsHeader = false;
    this.onText(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client'` +
        ` xmlns:stream='http://etherx.jabber.org/streams' id='${this.#sid}'` +
        ` from='${this.#domain}' version='1.0' xml:lang='en'>`,
    );
  }

  #finish(): void {
    this.#isOver = true;
    this.#sender.close();
    this.onText(STREAM_END);
    this.onEnd();
  }
}
