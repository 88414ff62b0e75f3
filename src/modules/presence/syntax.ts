import { StanzaError } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

// RFC 6121 §4.7.1.
const TYPES: ReadonlySet<string> = new Set([
  '',
  'unavailable',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'probe',
  'error',
]);

// RFC 6121 §4.7.2.1.
const SHOW: ReadonlySet<string> = new Set(['away', 'chat', 'dnd', 'xa']);
const PRIORITY = /^\s*[+-]?\d{1,3}\s*$/;

/** What is wrong with a presence stanza from a client; null when nothing is. */
export function checkPresence(stanza: Stanza): StanzaError | null {
  if (!TYPES.has(stanza.type)) return new StanzaError('bad-request', 'no such type of presence');
  if (stanza.type !== '') return stanza.to || stanza.type === 'unavailable' ? null : unaddressed();
  // Some clients send it empty where they have nothing to say.
  const show = textOf(stanza, 'show');
  if (show && !SHOW.has(show)) {
    return new StanzaError('bad-request', 'show is away, chat, dnd or xa');
  }
  const priority = textOf(stanza, 'priority');
  if (priority !== null && !isPriority(priority)) {
    return new StanzaError('bad-request', 'priority is a number from -128 to 127');
  }
  return null;
}

/** RFC 6121 §4.7.2.3: 0 when absent. The stanza has passed `checkPresence`. */
export function priorityOf(stanza: Stanza): number {
  return Number(textOf(stanza, 'priority') ?? 0);
}

function isPriority(text: string): boolean {
  return PRIORITY.test(text) && Number(text) >= -128 && Number(text) <= 127;
}

function textOf(stanza: Stanza, name: string): string | null {
  return stanza.child(name, NS.client)?.getText() ?? null;
}

function unaddressed(): StanzaError {
  return new StanzaError('bad-request', 'presence of this type has an address');
}
