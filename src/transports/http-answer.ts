import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpAsked, HttpRoute } from './http-route.ts';

/** Seconds for which a browser need not ask again what a page may send. */
const PREFLIGHT_AGE = 86_400;
const MAX_NAMES_LENGTH = 1_000;
const HEADER_NAMES = /^[!#$%&'*+.^_`|~\w-]+(?:\s*,\s*[!#$%&'*+.^_`|~\w-]+)*$/;

/** What all answers say; routes that serve pages say more. */
export function setDefaults(response: ServerResponse, route: HttpRoute | null): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  if (route?.origins === 'any') response.setHeader('Access-Control-Allow-Origin', '*');
}

/** An answer that says what its status says. Content that nobody has read ends the connection. */
export function refuse(response: ServerResponse, status: number): void {
  if (hasContent(response.req)) response.setHeader('Connection', 'close');
  const text = `${STATUS_CODES[status]}\n`;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Content-Length', text.length);
  response.writeHead(status).end(text);
}

/** The same to who asks for something else than HTTP; the connection ends with it. */
export function refuseUpgrade(socket: Socket, status: number): void {
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close'];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
  socket.destroySoon();
}

export function hasContent({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

export function allows({ methods }: HttpRoute, method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}

export function allowed({ methods }: HttpRoute): string {
  const head = methods.includes('GET') && !methods.includes('HEAD') ? ['HEAD'] : [];
  return [...methods, ...head, 'OPTIONS'].join(', ');
}

/** OPTIONS: what the route allows, and to pages from elsewhere if they may use it (Fetch, 3.2). */
export function answerOptions(
  { headers }: IncomingMessage,
  response: ServerResponse,
  route: HttpRoute,
): void {
  response.setHeader('Allow', allowed(route));
  if (route.origins === 'any' && headers['access-control-request-method'] !== undefined) {
    const asked = headers['access-control-request-headers'] ?? '';
    response.setHeader('Access-Control-Allow-Methods', allowed(route));
    response.setHeader('Access-Control-Max-Age', PREFLIGHT_AGE);
    if (asked.length <= MAX_NAMES_LENGTH && HEADER_NAMES.test(asked)) {
      response.setHeader('Access-Control-Allow-Headers', asked);
    }
  }
  response.writeHead(204).end();
}

/** Whether a page from elsewhere asks for what only the server's own pages may have. */
export function isForeign(asked: HttpAsked, route: HttpRoute, webUrl: string | null): boolean {
  const { method, headers } = asked.request;
  if (route.origins === 'any' || method === 'GET' || method === 'HEAD') return false;
  const { origin } = headers;
  return origin !== undefined && origin !== webUrl && origin !== originOf(asked);
}

/** The origin of pages that come from the server itself, by the name that was asked for. */
export function originOf({ isSecure, authority }: HttpAsked): string {
  return `${isSecure ? 'https' : 'http'}://${authority.toLowerCase()}`;
}
