import { messageType } from '../../server/delivery.ts';
import type { FrameChild } from '../../xml/frame.ts';
import { callStep } from '../../xmpp/calls.ts';
import { hasHint } from '../../xmpp/hints.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** Payloads that only the devices of both can read; eme (XEP-0380) announces any of them. */
const ENCRYPTED: ReadonlySet<string> = new Set([
  'urn:xmpp:eme:0',
  'eu.siacs.conversations.axolotl',
  'urn:xmpp:omemo:1',
  'urn:xmpp:omemo:2',
  'urn:xmpp:openpgp:0',
  'urn:xmpp:otr:0',
  'jabber:x:encrypted',
]);

/** What changes, or answers, a message that is there already: nothing new to read. */
const AMENDING: ReadonlySet<string> = new Set([
  'urn:xmpp:message-retract:1',
  'urn:xmpp:message-retract:0',
  'urn:xmpp:fasten:0',
  'urn:xmpp:message-correct:0',
  'urn:xmpp:reactions:0',
]);

const NS_RECEIPTS = 'urn:xmpp:receipts';
const NS_MARKERS = 'urn:xmpp:chat-markers:0';

/**
 * Whether the archives of both keep a message (XEP-0313 §6.1.1): of type normal or chat,
 * with a body, or one that is encrypted; besides, so that a device that was away sees what
 * the others do, what amends those (XEP-0308, XEP-0424, XEP-0444), that they have arrived
 * or been read (XEP-0184, XEP-0333), and calls (XEP-0353, XEP-0482), but not that it rings.
 */
export function isArchived(stanza: Stanza): boolean {
  if (!isOfArchivedType(stanza)) return false;
  if (hasHint(stanza, 'no-store') || hasHint(stanza, 'no-permanent-store')) return false;
  if (stanza.content.children.some(isWorthKeeping) || hasHint(stanza, 'store')) return true;
  const step = callStep(stanza);
  return step !== null && step !== 'ringing';
}

/** Messages of other types no archive has, whatever is in them. */
export function isOfArchivedType(stanza: Stanza): boolean {
  const type = messageType(stanza.type);
  return type === 'chat' || type === 'normal';
}

/** Whether somebody has to read it who has not seen it: what the number of unread ones counts. */
export function isNews({ content: { children } }: Stanza): boolean {
  return children.some(isText) && !children.some(({ xmlns }) => AMENDING.has(xmlns));
}

/** The id of the message up to which its sender has read (XEP-0333 §4.3); null for none. */
export function displayedUpTo(stanza: Stanza): string | null {
  if (stanza.type === 'error' || stanza.type === 'groupchat') return null;
  const id: unknown = stanza.child('displayed', NS_MARKERS)?.attrs.id;
  return typeof id === 'string' && id !== '' ? id : null;
}

function isWorthKeeping(child: FrameChild): boolean {
  const { name, xmlns } = child;
  if (isText(child) || AMENDING.has(xmlns)) return true;
  if (xmlns === NS_RECEIPTS) return name === 'received';
  return xmlns === NS_MARKERS && name !== 'markable';
}

function isText({ name, xmlns }: FrameChild): boolean {
  return ENCRYPTED.has(xmlns) || (name === 'body' && xmlns === NS.client);
}
