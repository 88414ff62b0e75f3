import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Milliseconds for a request to arrive, and for a connection to lie idle behind it. */
const REQUEST_TIMEOUT = 5_000;
const IDLE_TIMEOUT = 60_000;
const MAX_CONNECTIONS = 16;
const MAX_HEADER_BYTES = 8_192;

export interface MetricsOptions {
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly contentType: string;
  /** What `GET /metrics` is answered with. */
  read(): string;
}

/**
 * Answers whoever scrapes metrics; resolves once the port is bound, rejects when it
 * cannot be. Anything but `GET /metrics` gets an error without content.
 */
export async function serveMetrics(options: MetricsOptions): Promise<MetricsServer> {
  const server = new MetricsServer(options);
  await server.listen();
  return server;
}

/** A bound port. */
export class MetricsServer {
  readonly #server: Server;
  readonly #options: MetricsOptions;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#server = createServer({
      requestTimeout: REQUEST_TIMEOUT,
      headersTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: IDLE_TIMEOUT,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request, response) => this.#answer(request, response));
  }

  listen(): Promise<void> {
    const { address: host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen({ host, port }, () => resolve());
    return promise;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  /** Whoever sends content is not read: the connection ends with the answer. */
  #answer({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
    const hasContent = 'content-length' in headers || 'transfer-encoding' in headers;
    if (hasContent) response.setHeader('Connection', 'close');
    if (url !== '/metrics') refuse(response, 404);
    else if (method !== 'GET' || hasContent) refuse(response.setHeader('Allow', 'GET'), 405);
    else response.setHeader('Content-Type', this.#options.contentType).end(this.#options.read());
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
