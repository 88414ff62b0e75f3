import { createHash, timingSafeEqual } from 'node:crypto';
import type { StreamHeader } from '../xml/frame.ts';
import { escapeAttribute } from '../xml/text.ts';
import { NS } from '../xmpp/ns.ts';
import { checkNames, readDomain, readLang } from './stream-header.ts';

/**
 * Reads a component's stream header (XEP-0114 §3): `to` is its own domain, and no
 * version is needed. Throws `StreamError`.
 */
export function readComponentHeader(header: StreamHeader): { domain: string; lang: string } {
  checkNames(header, NS.component);
  return { domain: readDomain(header.attributes.get('to')), lang: readLang(header) };
}

/**
 * The server's answer to it. `from` is left out when ''. It has no version: a
 * component that reads 1.0 would wait for features.
 */
export function writeComponentHeader(id: string, from: string): string {
  const address = from && ` from='${escapeAttribute(from)}'`;
  return (
    `<?xml version='1.0'?><stream:stream xmlns='${NS.component}' xmlns:stream='${NS.streams}'` +
    ` id='${id}'${address}>`
  );
}

/** Whether a handshake shows that who sent it knows the secret; in constant time. */
export function isRightHandshake(handshake: string, streamId: string, secret: string): boolean {
  const right = createHash('sha1')
    .update(streamId + secret)
    .digest('hex');
  const [given, wanted] = [Buffer.from(handshake), Buffer.from(right)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
