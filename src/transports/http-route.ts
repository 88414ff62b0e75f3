import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request over HTTP; what a trusted proxy has told of its client is sorted out. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As sent and without query: `/upload/a%20b`. No segment of it is `.` or `..`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** Whether the client's side of the connection is encrypted. */
  readonly isSecure: boolean;
  /** Whether it comes unencrypted from this machine and by no proxy: as good as encrypted. */
  readonly isLocal: boolean;
}

/** What answers the requests below one path. */
export interface HttpRoute {
  /** `/upload/`, for all that begins so, or `/.well-known/host-meta`, for itself alone. */
  readonly path: string;
  /** Any other is answered with 405; HEAD comes with GET, and OPTIONS is no route's. */
  readonly methods: readonly string[];
  /** Whether pages from elsewhere may use it: it asks for no cookies and gives none. */
  readonly origins: 'any' | 'own';
  /** Answers, now or later. What it throws is logged and answered with 500. */
  handle(exchange: HttpExchange): void | Promise<void>;
}
