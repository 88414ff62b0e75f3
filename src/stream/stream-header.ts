import type { StreamHeader } from '../xml/frame.ts';
import { escapeAttribute } from '../xml/text.ts';
import { StreamError } from '../xmpp/errors.ts';
import { Jid, JidError } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';

/** What a client's stream header says, checked. */
export interface ClientHeader {
  readonly domain: string;
  /** Who the client says it is; null when it does not. */
  readonly from: Jid | null;
  /** The stream's default language; '' when the client names none. */
  readonly lang: string;
}

/** What the server's header says. `to` and `lang` are left out or set to English when ''. */
export interface ServerHeader {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly lang: string;
}

export const DEFAULT_LANG = 'en';
const LANGUAGE_TAG = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7}$/;

/**
 * Reads a client's stream header (RFC 6120 §4.7, §4.8). Throws `StreamError`. A
 * header without version announces the protocol before XMPP 1.0 (§4.7.5), which
 * is not spoken here: unsupported-version.
 */
export function readClientHeader(header: StreamHeader): ClientHeader {
  checkNames(header, NS.client);
  checkVersion(header.attributes.get('version'));
  const from = header.attributes.get('from');
  return {
    domain: readDomain(header.attributes.get('to')),
    from: from === undefined ? null : parseAddress(from),
    lang: readLang(header),
  };
}

/** The server's answer to a stream header. */
export function writeHeader(fields: ServerHeader): string {
  const to = fields.to && ` to='${escapeAttribute(fields.to)}'`;
  return (
    `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}'` +
    ` id='${fields.id}' from='${escapeAttribute(fields.from)}'${to} version='1.0'` +
    ` xml:lang='${fields.lang || DEFAULT_LANG}'>`
  );
}

/** Throws `StreamError` unless it is a header for stanzas of the namespace `content`. */
export function checkNames(header: StreamHeader, content: string): void {
  if (header.xmlns !== NS.streams) throw new StreamError('invalid-namespace');
  if (header.name !== 'stream') throw new StreamError('bad-format');
  if (header.prefix !== 'stream') throw new StreamError('bad-namespace-prefix');
  if (header.defaultXmlns !== content) throw new StreamError('invalid-namespace');
}

function checkVersion(version: string | undefined): void {
  const major = /^(\d{1,9})\.\d{1,9}$/.exec(version ?? '')?.[1];
  if (major === undefined || Number(major) < 1) throw new StreamError('unsupported-version');
}

/** The stream's default language; '' where the header names none. */
export function readLang(header: StreamHeader): string {
  const lang = header.attributes.get('xml:lang') ?? '';
  return LANGUAGE_TAG.test(lang) ? lang : '';
}

/** The domain that a header's `to` is; throws `StreamError` improper-addressing. */
export function readDomain(to: string | undefined): string {
  if (to === undefined) throw new StreamError('improper-addressing', "'to' is missing");
  const address = parseAddress(to);
  if (address.local || address.resource) {
    throw new StreamError('improper-addressing', "'to' has to be a domain");
  }
  return address.domain;
}

function parseAddress(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof JidError) throw new StreamError('improper-addressing', error.text);
    throw error;
  }
}

/**
 * RFC 6120 §4.9.3.9; of another host nobody signs in here (XEP-0388 §2.1). Some
 * clients name their server there, which says nothing false of the user.
 * Throws `StreamError`.
 */
export function checkFrom(
  { from }: ClientHeader,
  { host, username }: { host: { readonly domain: string }; username: string },
): void {
  if (!from) return;
  const isOther = username !== '' && from.local !== '' && from.local !== username;
  if (isOther || from.domain !== host.domain) throw new StreamError('invalid-from');
}
