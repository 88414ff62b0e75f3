import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { plainAddress } from './address.ts';
import type { Networks } from './networks.ts';

/** Which headers trusted proxies set; the other kind is whatever a client has made up. */
export type ForwardedBy = 'X-Forwarded-For' | 'Forwarded';

/** What is believed of proxies. */
export interface ProxyTrust {
  readonly proxies: Networks;
  readonly header: ForwardedBy;
}

/** The client's side of what came by proxies. */
export interface Forwarded {
  readonly address: string;
  readonly isSecure: boolean;
  /** What the client calls the server; null where no proxy says. */
  readonly authority: string | null;
}

/** What one proxy says of whoever has asked it. */
interface Hop {
  /** Null for an identifier that is no IP address (RFC 7239 §6.2, §6.3). */
  readonly address: string | null;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

/** More proxies in a row are nobody's. */
const MAX_HOPS = 32;

const FORWARDING = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const;

/** Whether anything shows that a proxy stands in between. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return FORWARDING.some((name) => headers[name] !== undefined);
}

/**
 * What the proxies from `peer` on say of the client, as far as they are trusted: each
 * vouches for the one before it, so that the right-most address that is no proxy's
 * is the client's (RFC 7239 §7.4). Null where `peer` is trusted with nothing, or says nothing.
 */
export function readForwarded(
  headers: IncomingHttpHeaders,
  peer: string,
  { proxies, header }: ProxyTrust,
): Forwarded | null {
  if (!proxies.has(peer)) return null;
  const hops = header === 'Forwarded' ? standardHops(headers) : customaryHops(headers);
  if (hops.length === 0) return null;
  let address = peer;
  let told: Hop = hops.at(-1)!;
  for (const hop of hops.toReversed().slice(0, MAX_HOPS)) {
    if (!proxies.has(address)) break;
    told = hop;
    if (hop.address === null) break;
    address = hop.address;
  }
  return {
    address,
    isSecure: told.proto?.toLowerCase() === 'https',
    authority: told.host ?? null,
  };
}

/** The last proxy alone speaks of protocol and host. */
function customaryHops(headers: IncomingHttpHeaders): Hop[] {
  const addresses = listed(headers['x-forwarded-for']);
  const proto = listed(headers['x-forwarded-proto']).at(-1);
  const host = listed(headers['x-forwarded-host']).at(-1);
  return addresses.map((each) => ({ address: addressOf(each), proto, host }));
}

function listed(value: string | string[] | undefined): string[] {
  const text = Array.isArray(value) ? value.join(',') : value;
  return text === undefined ? [] : text.split(',').map((each) => each.trim());
}

/** RFC 7239 §4. */
const PAIR = /\s*([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~\w-]*)\s*([;,]|$)/y;

/** None where the header is not what it should be. */
function standardHops({ forwarded }: IncomingHttpHeaders): Hop[] {
  const hops: Map<string, string>[] = [new Map()];
  const text = forwarded ?? '';
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const [, name, value, end] = PAIR.exec(text) ?? [];
    if (name === undefined || value === undefined) return [];
    hops.at(-1)!.set(name.toLowerCase(), unquoted(value));
    if (end === ',') hops.push(new Map());
  }
  return hops
    .filter(({ size }) => size > 0)
    .map((pairs) => ({
      address: addressOf(pairs.get('for') ?? ''),
      proto: pairs.get('proto'),
      host: pairs.get('host'),
    }));
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}

/** With or without a port: `192.0.2.43:47011`, `[2001:db8::17]:4711`, `2001:db8::17`. */
function addressOf(node: string): string | null {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(node) ?? /^([\d.]+)(?::\d+)?$/.exec(node);
  const address = bare?.[1] ?? node;
  return isIP(address) === 0 ? null : plainAddress(address);
}
