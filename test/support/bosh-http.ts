import { Agent, type ClientRequest, request } from 'node:http';

const NS_BOSH = 'http://jabber.org/protocol/httpbind';
export const NS_XBOSH = 'urn:xmpp:xbosh';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One request, whose answer may never come. */
export class Posted {
  /** What came; null while nothing has. */
  text: string | null = null;
  status = 0;
  headers: NodeJS.Dict<string | string[]> = {};
  readonly #request: ClientRequest;
  readonly #done: Promise<void>;

  constructor(sent: ClientRequest) {
    this.#request = sent;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#done = promise;
    sent.on('error', () => resolve());
    sent.on('response', (response) => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => resolve());
      response.on('end', () => {
        this.text = Buffer.concat(chunks).toString();
        resolve();
      });
    });
    sent.on('close', () => resolve());
  }

  /** The answer's content; '' where the connection broke before. */
  async answer(): Promise<string> {
    await this.#done;
    return this.text ?? '';
  }

  get isAnswered(): boolean {
    return this.text !== null;
  }

  /** Breaks the connection, and waits until that is done. */
  async breaks(): Promise<void> {
    const socket = this.#request.socket;
    this.#request.destroy();
    await this.#done;
    if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }
}

/** Sends requests to one place, over as many connections as that takes. */
export class HttpSender {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #path: string;

  constructor(port: number, path: string) {
    this.#port = port;
    this.#path = path;
  }

  post(content: string | Buffer, headers: Readonly<Record<string, string>> = {}): Posted {
    const posted = this.begin('POST', {
      'Content-Length': `${Buffer.byteLength(content)}`,
      ...headers,
    });
    posted.sent.end(content);
    return new Posted(posted.sent);
  }

  /** In pieces of so many bytes, without a length. */
  inPieces(content: string, size: number): Posted {
    const { sent } = this.begin('POST', { 'Transfer-Encoding': 'chunked' });
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; at += size) sent.write(bytes.subarray(at, at + size));
    sent.end();
    return new Posted(sent);
  }

  get(): Posted {
    const { sent } = this.begin('GET', {});
    sent.end();
    return new Posted(sent);
  }

  /** A request that is not ended. */
  begin(method: string, headers: Readonly<Record<string, string>>): { sent: ClientRequest } {
    const place = { host: '127.0.0.1', port: this.#port, path: this.#path };
    return { sent: request({ ...place, method, headers, agent: this.#agent }) };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A request's content. */
export function body(attributes: Attributes, payload = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}='${value}'`)
    .join('');
  return `<body xmlns='${NS_BOSH}'${written}>${payload}</body>`;
}

/** The value of an attribute of a response's root; '' for none. */
export function attribute(text: string, name: string): string {
  const tag = /^<body[^>]*>/.exec(text)?.[0] ?? '';
  return new RegExp(` ${name}='([^']*)'`).exec(tag)?.[1] ?? '';
}

/** What stands in a response. */
export function payloadOf(text: string): string {
  return /^<body[^>]*[^/]>(.*)<\/body>$/s.exec(text)?.[1] ?? '';
}
