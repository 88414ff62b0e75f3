import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { WebSocket } from 'ws';
import type { Wire } from './wire.ts';

const NS_FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const NS_STREAMS = 'http://etherx.jabber.org/streams';

/** Connects to a server's WebSocket, which is spoken as if it were a stream over TCP. */
export async function dialWebSocket(url: string): Promise<Wire> {
  const socket = new WebSocket(url, 'xmpp');
  await new Promise((resolve, reject) => {
    socket.once('open', resolve).once('error', reject);
  });
  return new WebSocketWire(socket);
}

/**
 * The client's end of RFC 7395: headers and ends of streams become `<open/>` and `<close/>`,
 * and each element a message that declares what the header would have.
 */
class WebSocketWire implements Wire {
  onText: (text: string) => void = () => {};
  onEnd: () => void = () => {};
  readonly #socket: WebSocket;
  /** Declarations for each element. */
  #declarations = '';

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.onText(asStream(String(data))));
    socket.on('close', () => this.onEnd());
    // A reset tells no more than the end that follows it.
    socket.on('error', () => {});
  }

  write(text: string): void {
    let rest = text.trim();
    while (rest !== '') rest = this.#sendFirst(rest).trim();
  }

  async secure(): Promise<void> {
    throw new Error('TLS does not begin within a WebSocket');
  }

  end(): void {
    this.#socket.close();
  }

  destroy(): void {
    this.#socket.terminate();
  }

  /** Sends what comes first in the text, and returns the rest. */
  #sendFirst(text: string): string {
    const header = /^(?:<\?xml[^>]*>\s*)?(<stream:stream[^>]*)>/.exec(text);
    if (header) {
      this.#open(header[1]!);
      return text.slice(header[0].length);
    }
    const footer = '</stream:stream>';
    const length = text.startsWith(footer) ? footer.length : lengthOfElement(text);
    const first = text.slice(0, length);
    this.#socket.send(first === footer ? `<close xmlns='${NS_FRAMING}'/>` : this.#declared(first));
    return text.slice(length);
  }

  #open(header: string): void {
    const attributes = attributesOf(`${header}/>`);
    const isDeclared = ({ name }: SaxesAttributeNS) => /^xmlns(?!:stream$)/.test(name);
    this.#declarations = written(attributes.filter(isDeclared));
    const others = attributes.filter(({ name }) => !name.startsWith('xmlns'));
    this.#socket.send(`<open xmlns='${NS_FRAMING}'${written(others)}/>`);
  }

  #declared(element: string): string {
    const [tag = ''] = /^<[^\s/>]+/.exec(element) ?? [];
    const own = element.slice(0, element.indexOf('>'));
    const missing = this.#declarations
      .split(' ')
      .filter((each) => each !== '' && !own.includes(` ${each.split('=')[0]}=`))
      .map((each) => ` ${each}`);
    return `${tag}${missing.join('')}${element.slice(tag.length)}`;
  }
}

function attributesOf(tag: string): SaxesAttributeNS[] {
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: { stream: NS_STREAMS } });
  let attributes: SaxesAttributeNS[] = [];
  parser.on('opentag', (opened) => {
    attributes = Object.values(opened.attributes) as SaxesAttributeNS[];
  });
  parser.write(tag).close();
  return attributes;
}

function written(attributes: readonly SaxesAttributeNS[]): string {
  return attributes
    .map(
      ({ name, value }) => ` ${name}='${value.replaceAll('&', '&amp;').replaceAll("'", '&apos;')}'`,
    )
    .join('');
}

/** Of the first one in the text; of all, where it is no XML. */
function lengthOfElement(text: string): number {
  const parser = new SaxesParser({ fragment: true });
  let depth = 0;
  let length = text.length;
  parser.on('error', () => {});
  parser.on('opentag', () => {
    depth += 1;
  });
  parser.on('closetag', () => {
    depth -= 1;
    if (depth === 0 && length === text.length) length = parser.position;
  });
  parser.write(text);
  return length;
}

/** What a message of the server's would be over TCP. */
function asStream(message: string): string {
  if (message.startsWith('<close')) return '</stream:stream>';
  if (!message.startsWith('<open')) return message;
  const own = message.replace('<open', '<stream:stream').replace(NS_FRAMING, 'jabber:client');
  return `<?xml version='1.0'?>${own.replace('/>', ` xmlns:stream='${NS_STREAMS}'>`)}`;
}
