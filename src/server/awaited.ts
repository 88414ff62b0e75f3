import type { Stanza } from '../xmpp/stanza.ts';

/** Presence that tells of itself and asks for nothing (RFC 6121 §4.7.1). */
export function isShown({ kind, type }: Stanza): boolean {
  return kind === 'presence' && (type === '' || type === 'unavailable');
}

/** Whether an account keeps it for somebody who has never been here. */
export function mayWait({ kind, type }: Stanza): boolean {
  return (kind === 'message' && type !== 'error') || (kind === 'presence' && type === 'subscribe');
}
