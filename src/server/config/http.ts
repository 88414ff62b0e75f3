import { z } from 'zod';
import { isLoopback } from '../../transports/address.ts';
import type { HttpConfig } from './config.ts';
import { networks } from './networks.ts';
import type { FileConfig } from './schema.ts';
import type { SectionReader } from './sections.ts';

/** Ports that browsers leave out. */
const USUAL = new Map([
  ['https:', 443],
  ['http:', 80],
]);

/** An origin: scheme, name and perhaps a port. Unencrypted only where nobody is on the way. */
export const origin = () =>
  z
    .string()
    .refine(isPublic, 'must be an origin such as https://chat.example.org, without a path')
    .transform((text) => new URL(text).origin);

function isSecureUri(text: string): boolean {
  return URL.canParse(text) && ['wss:', 'https:'].includes(new URL(text).protocol);
}

function isPublic(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  const others = [search, hash, username, password].join('');
  const isPlain = others === '' && pathname === '/';
  return isPlain && (protocol === 'https:' || (protocol === 'http:' && isLocalName(hostname)));
}

function isLocalName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || isLoopback(name);
}

export const httpSchema = z.strictObject({
  publicUrl: origin()
    .optional()
    .describe(
      'Where browsers find the server: `https://chat.example.org`. By default the domain and the port of the `https` listener.',
    ),
  trustedProxies: networks()
    .default([])
    .describe('Addresses and networks of proxies, whose word on their clients is taken.'),
  forwardedHeader: z
    .enum(['X-Forwarded-For', 'Forwarded'])
    .default('X-Forwarded-For')
    .describe(
      'How they tell: by that header, `X-Forwarded-Proto` and `X-Forwarded-Host`, or by the one of RFC 7239.',
    ),
  origins: z
    .array(origin())
    .optional()
    .describe(
      'Origins of the pages that may connect by WebSocket; all unless given, since a page can do nothing without a password.',
    ),
  seeOtherUri: z
    .string()
    .refine(isSecureUri, 'must be an address that begins with wss:// or https://')
    .optional()
    .describe('Where WebSocket clients are sent when the server stops (RFC 7395 §3.6.1).'),
});

/** The rules of HTTP; problems go to `reader`. */
export function refuseOpenHttp(reader: SectionReader, { listeners }: FileConfig): void {
  for (const [index, { type, address, proxyProtocol }] of listeners.entries()) {
    if (type !== 'http' && type !== 'https') continue;
    const path = ['listeners', index];
    if (type === 'http' && address === '*' && !reader.document.has([...path, 'address'])) {
      const message = 'this listener is not encrypted: it has to say its address';
      const hint = 'add "address: 127.0.0.1", or use type https';
      reader.problems.push(reader.document.atValue(path, message, hint));
    }
    if (proxyProtocol) {
      const place = [...path, 'proxyProtocol'];
      const message = 'proxies of HTTP tell of their clients by headers';
      const hint = 'name them under http.trustedProxies instead';
      reader.problems.push(reader.document.atValue(place, message, hint));
    }
  }
}

/** Two hosts at one origin could not be told apart; problems go to `reader`. */
export function refuseSharedUrls(reader: SectionReader, { http, hosts }: FileConfig): void {
  const seen = new Set<string>();
  for (const [key, { publicUrl: own }] of Object.entries(hosts)) {
    const url = own ?? http.publicUrl;
    if (url === undefined) continue;
    if (seen.has(url)) {
      const path = own ? ['hosts', key, 'publicUrl'] : ['http', 'publicUrl'];
      const message = `${url} is where browsers find another host than ${key} already`;
      const hint = `give each its own: hosts.${key}.publicUrl`;
      reader.problems.push(reader.document.atValue(path, message, hint));
    }
    seen.add(url);
  }
}

/** The origin at which browsers reach a host; null where there is none. */
export function webUrlOf(
  domain: string,
  publicUrl: string | undefined,
  { listeners }: FileConfig,
): string | null {
  const portOf = (wanted: string) => listeners.find(({ type }) => type === wanted)?.port;
  const [plain, secure] = [portOf('http'), portOf('https')];
  if (plain === undefined && secure === undefined) return null;
  if (publicUrl !== undefined) return publicUrl;
  if (domain === 'localhost' && plain !== undefined) return originOf('http:', domain, plain);
  return secure === undefined ? null : originOf('https:', domain, secure);
}

function originOf(scheme: string, domain: string, port: number): string {
  const { origin } = new URL(`${scheme}//${domain}${USUAL.get(scheme) === port ? '' : `:${port}`}`);
  return origin;
}

export function resolveHttp(http: FileConfig['http']): HttpConfig {
  const { publicUrl, origins, seeOtherUri } = http;
  return {
    ...http,
    publicUrl: publicUrl ?? null,
    origins: origins ?? null,
    seeOtherUri: seeOtherUri ?? null,
  };
}

/** What is allowed and still deserves a second thought. */
export function httpWarnings({ listeners, http }: FileConfig): string[] {
  if (http.trustedProxies.length > 0) return [];
  return listeners
    .filter(({ type, address }) => type === 'http' && !isLoopback(address))
    .map(
      ({ address, port }) =>
        `HTTP is served on ${address} port ${port} unencrypted, and no proxy is trusted (http.trustedProxies): nobody can sign in there`,
    );
}
