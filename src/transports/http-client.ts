import type { IncomingMessage } from 'node:http';
import { isLoopback } from './address.ts';
import { isForwarded, type ProxyTrust, readForwarded } from './forwarded.ts';
import type { HttpAsked } from './http-route.ts';
import { nameIn, readTarget } from './http-target.ts';

/** The connection that a request came over. */
export interface Peer {
  readonly address: string;
  readonly isSecure: boolean;
}

/** What is asked, by whom; null for a request that is to be answered with 400. */
export function readAsked(
  request: IncomingMessage,
  peer: Peer,
  trust: ProxyTrust,
): HttpAsked | null {
  const { url = '', headers, rawHeaders } = request;
  const target = readTarget(url);
  if (!target || countHosts(rawHeaders) > 1) return null;
  const forwarded = readForwarded(headers, peer.address, trust);
  const authority = forwarded?.authority ?? target.authority ?? headers.host ?? '';
  const name = nameIn(authority);
  if (authority !== '' && name === null) return null;
  return {
    request,
    path: target.path,
    query: target.query,
    authority,
    remoteAddress: forwarded?.address ?? peer.address,
    isSecure: forwarded?.isSecure ?? peer.isSecure,
    isLocal: isLocal(peer, name ?? '') && !isForwarded(headers),
  };
}

/** More than one is a request that proxies may have read otherwise (RFC 9112 §3.2). */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function isLocal({ address, isSecure }: Peer, name: string): boolean {
  if (isSecure || !isLoopback(address)) return false;
  return name.toLowerCase() === 'localhost' || isLoopbackName(name);
}

function isLoopbackName(name: string): boolean {
  return name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
