import { isUtf8 } from 'node:buffer';
import { type DerElement, derElements } from './der.ts';

/** A certificate with more is nobody's. */
const MAX_BYTES = 65_536;
const MAX_NAMES = 100;

/** Tags: `[3]` holds the extensions, `[0]` is a name of another kind (RFC 5280 §4.1, §4.2.1.6). */
const EXTENSIONS = 0xa3;
const OTHER_NAME = 0xa0;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;

/** Object identifiers as their bytes: subjectAltName 2.5.29.17, id-on-xmppAddr 1.3.6.1.5.5.7.8.5. */
const SUBJECT_ALT_NAME = '551d11';
const XMPP_ADDRESS = '2b06010505070805';

/**
 * The XMPP addresses that a certificate is for, as they stand in it (RFC 6120
 * §13.7.1.4). Nothing but subject alternative names of that type counts, whatever the
 * subject says.
 */
export function xmppAddresses(certificate: Buffer): string[] {
  if (certificate.length > MAX_BYTES) return [];
  const [outer] = derElements(certificate);
  const [signed] = within(outer);
  const names = alternativeNames(within(signed));
  if (names.length > MAX_NAMES) return [];
  return names
    .filter(({ tag }) => tag === OTHER_NAME)
    .map(addressOf)
    .filter((address) => address !== null);
}

function alternativeNames(parts: readonly DerElement[]): DerElement[] {
  const wrapped = parts.find(({ tag }) => tag === EXTENSIONS);
  const [list] = within(wrapped);
  for (const extension of within(list)) {
    const [oid, ...rest] = within(extension);
    if (oid?.contents.toString('hex') !== SUBJECT_ALT_NAME) continue;
    const value = rest.find(({ tag }) => tag === OCTET_STRING);
    const [names] = within(value);
    return within(names);
  }
  return [];
}

/** Null for another kind of name. */
function addressOf(otherName: DerElement): string | null {
  const [oid, wrapped] = within(otherName);
  const [text] = within(wrapped);
  const isAddress = oid?.contents.toString('hex') === XMPP_ADDRESS && text?.tag === UTF8_STRING;
  return isAddress && isUtf8(text.contents) ? text.contents.toString() : null;
}

function within(element: DerElement | undefined): DerElement[] {
  return element ? derElements(element.contents) : [];
}
