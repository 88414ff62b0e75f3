import type { Avatar, VcardRecord } from '../../storage/ports.ts';
import { Element, serialize } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { hashOf, mediaTypeOf, NS_VCARD, photoOf } from './photo.ts';

/** Characters of a nickname; what a card has beyond them stays on the card. */
const NICKNAME_LENGTH = 255;

/** A card to be kept, and what the server itself understands of it. */
export interface Card {
  readonly record: VcardRecord;
  readonly nickname: string | null;
  readonly avatar: Avatar | null;
}

/** What the operator wants to be on the server's own card. */
export interface ServerFacts {
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
  readonly url?: string | undefined;
  readonly email?: string | undefined;
  readonly description?: string | undefined;
}

/**
 * Reads a card that is to be kept as it came. Sizes are bytes: of the card as it
 * is kept, and of the picture itself. Throws `StanzaError` policy-violation for
 * what is larger, bad-request for a picture that is not base64.
 */
export function readCard(card: Element, limits: { maxSize: number; maxPhoto: number }): Card {
  const xml = serialize(card);
  assertSize('vCard', Buffer.byteLength(xml), limits.maxSize);
  const photo = photoOf(card);
  assertSize('picture', photo.length, limits.maxPhoto);
  return {
    record: { xml, photoHash: hashOf(photo) },
    nickname: nicknameOf(card),
    avatar: photo.length === 0 ? null : { type: mediaTypeOf(photo), data: photo },
  };
}

/** The card of the server itself (XEP-0054 §3.3). */
export function serverCard(domain: string, facts: ServerFacts): Element {
  const { name = domain, organization, url, email, description } = facts;
  const card = new Element('vCard', { xmlns: NS_VCARD });
  card.c('FN').t(name);
  if (email) card.c('EMAIL').c('INTERNET').up().c('USERID').t(email);
  card.c('JABBERID').t(domain);
  if (organization) card.c('ORG').c('ORGNAME').t(organization);
  if (url) card.c('URL').t(url);
  if (description) card.c('DESC').t(description);
  return card;
}

function assertSize(what: string, size: number, max: number): void {
  if (size <= max) return;
  throw new StanzaError('policy-violation', `a ${what} has at most ${max} bytes`);
}

/** In one line; null when the card has none. */
function nicknameOf(card: Element): string | null {
  for (const name of ['NICKNAME', 'FN']) {
    const text = (card.getChildText(name, NS_VCARD) ?? '').replace(/\s+/g, ' ').trim();
    if (text !== '') return [...text].slice(0, NICKNAME_LENGTH).join('');
  }
  return null;
}
