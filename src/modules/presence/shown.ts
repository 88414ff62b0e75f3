import { slot } from '../../lib/token.ts';
import type { Incoming } from '../../server/flow.ts';
import { Session } from '../../server/session.ts';
import { NS } from '../../xmpp/ns.ts';
import { readStoredStanza, type Stanza } from '../../xmpp/stanza.ts';

/** The presence that the session showed last; absent while unavailable. */
export const Shown = slot<Stanza>('presence shown', {
  encode: (stanza) => stanza.toText(NS.client),
  decode: (text) => readStoredStanza(String(text)),
});

const NOTHING: readonly Stanza[] = [];

/** What each of the sessions shows that shows anything. */
export function shownBy(sessions: Incoming['sessions']): readonly Stanza[] {
  if (sessions.length === 0) return NOTHING;
  return sessions.flatMap((entry) => (entry instanceof Session && entry.get(Shown)) || []);
}
