import type { FrameChild } from '../xml/frame.ts';
import { hasHint, isHint } from './hints.ts';
import { NS } from './ns.ts';
import type { Stanza } from './stanza.ts';

export const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';

/** Whether a message tells a chat state at most, and so nothing later (XEP-0160 §3, XEP-0334 §4.4). */
export function isChatStateOnly(stanza: Stanza): boolean {
  const { children } = stanza.content;
  if (hasHint(stanza, 'store')) return false;
  return children.length > 0 && children.every(isFleeting);
}

function isFleeting(child: FrameChild): boolean {
  return child.xmlns === NS_CHAT_STATES || isHint(child) || isThread(child);
}

function isThread({ name, xmlns }: FrameChild): boolean {
  return name === 'thread' && xmlns === NS.client;
}
