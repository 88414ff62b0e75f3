import { messageType } from '../../server/delivery.ts';
import type { FrameChild } from '../../xml/frame.ts';
import { callStep } from '../../xmpp/calls.ts';
import { hasHint } from '../../xmpp/hints.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

export const NS_CARBONS = 'urn:xmpp:carbons:2';

const NS_ROOM_USER = 'http://jabber.org/protocol/muc#user';
const NS_DIRECT_INVITATION = 'jabber:x:conference';
/** Receipts (XEP-0184), chat states (XEP-0085) and markers (XEP-0333). */
const INSTANT_MESSAGING: ReadonlySet<string> = new Set([
  'urn:xmpp:receipts',
  'http://jabber.org/protocol/chatstates',
  'urn:xmpp:chat-markers:0',
]);

export type Direction = 'sent' | 'received';

/**
 * Whether other devices get copies of a message that is no error (XEP-0280 §6.1).
 * Errors are judged by what they answer.
 */
export function isEligible(stanza: Stanza, direction: Direction): boolean {
  const type = messageType(stanza.type);
  if (type === 'groupchat' || type === 'error' || isPrivate(stanza)) return false;
  const isOfRoom = stanza.has('x', NS_ROOM_USER);
  if (isOfRoom && !isInvitation(stanza)) {
    // Between two occupants of a room, which gives what it sends to all who have joined.
    if (direction === 'sent' && stanza.to?.isBare === false) return true;
    if (direction === 'received' && stanza.from?.isBare === false) return false;
  }
  if (type === 'chat') return true;
  if (type === 'normal' && stanza.has('body', NS.client)) return true;
  // All devices are to ring, and to stop (XEP-0353 §5, XEP-0482 §3).
  if (callStep(stanza) !== null) return true;
  return stanza.content.children.some(isInstantMessaging) || isInvitation(stanza);
}

/** §9: meant for one device alone. */
export function isPrivate(stanza: Stanza): boolean {
  return stanza.has('private', NS_CARBONS) || hasHint(stanza, 'no-copy');
}

/** What only the server may say, and only to the account itself (§12). */
export function isCarbon({ name, xmlns }: FrameChild): boolean {
  return xmlns === NS_CARBONS && (name === 'sent' || name === 'received');
}

function isInstantMessaging({ xmlns }: FrameChild): boolean {
  return INSTANT_MESSAGING.has(xmlns);
}

/** To a room: by somebody (XEP-0249), or by the room for somebody (XEP-0045 §7.8.2). */
function isInvitation(stanza: Stanza): boolean {
  if (stanza.has('x', NS_DIRECT_INVITATION)) return true;
  const invitation = stanza.child('x', NS_ROOM_USER)?.getChild('invite', NS_ROOM_USER);
  return invitation !== undefined;
}
