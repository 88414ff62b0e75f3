import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request over HTTP; what a trusted proxy has told of its client is sorted out. */
export interface HttpAsked {
  readonly request: IncomingMessage;
  /** As sent and without query: `/upload/a%20b`. No segment of it is `.` or `..`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the client calls the server, and its port where it is not the usual: `[::1]:5280`. */
  readonly authority: string;
  /** The client's IP address. */
  readonly remoteAddress: string;
  /** Whether the client's side of the connection is encrypted. */
  readonly isSecure: boolean;
  /**
   * Whether it comes unencrypted from this machine and by no proxy, to a name that always means
   * this machine: what browsers trust as if it were encrypted.
   */
  readonly isLocal: boolean;
}

/** A request and the answer to it. */
export interface HttpExchange extends HttpAsked {
  readonly response: ServerResponse;
}

/** What answers the requests below one path. */
export interface HttpRoute {
  /** `/upload/`, for all that begins so, or `/.well-known/host-meta`, for itself alone. */
  readonly path: string;
  /** Any other is answered with 405; HEAD comes with GET, and OPTIONS is no route's. */
  readonly methods: readonly string[];
  /** Whether pages from elsewhere may use it: it asks for no cookies and gives none. */
  readonly origins: 'any' | 'own';
  /** Milliseconds in which a request's content has to be there; 30 s, null: the route sees to it. */
  readonly contentTimeout?: number | null;
  /** Answers, now or later. What it throws is logged and answered with 500. */
  handle(exchange: HttpExchange): void | Promise<void>;
}

/** What is found under one name. */
export interface HttpHost {
  /** The origin at which browsers reach it; null where none is known. */
  readonly webUrl: string | null;
  /** The route for a path; null for none. */
  findRoute(path: string): HttpRoute | null;
}

/** All that one listener serves. */
export interface HttpSite {
  /** By the name that a client has for the server: a domain or an address. */
  hostFor(name: string): HttpHost;
}
