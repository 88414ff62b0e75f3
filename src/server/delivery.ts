import type { SessionEntry } from '../cluster/ports.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';

/**
 * In the walk of a message: the last decision, who gets it. RFC 6121 §8.5 as a
 * pure function of type, resources and priorities.
 */

export type MessageType = 'normal' | 'chat' | 'groupchat' | 'headline' | 'error';

export type Plan =
  | { readonly kind: 'deliver'; readonly targets: readonly SessionEntry[] }
  /** Nobody is there; the message may wait for the account's next session. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'error'; readonly error: StanzaError }
  | { readonly kind: 'ignore' };

const OFFLINE: Plan = { kind: 'offline' };
const IGNORE: Plan = { kind: 'ignore' };
const UNAVAILABLE: Plan = { kind: 'error', error: new StanzaError('service-unavailable') };

/** A type that is absent or unknown counts as normal (RFC 6121 §5.2.2). */
export function messageType(type: string): MessageType {
  switch (type) {
    case 'chat':
    case 'groupchat':
    case 'headline':
    case 'error':
      return type;
    default:
      return 'normal';
  }
}

/**
 * Who gets a message to an account that exists, given the account's sessions
 * (RFC 6121 §8.5.2 and §8.5.3; the table of §8.5.4).
 */
export function planMessage(type: MessageType, to: Jid, sessions: readonly SessionEntry[]): Plan {
  if (to.isBare) return planForBare(type, sessions);
  for (const session of sessions) {
    // §8.5.3.1: an exact match gets it, whatever its priority.
    if (session.jid.resource === to.resource) return { kind: 'deliver', targets: [session] };
  }
  return planForAbsentResource(type, sessions);
}

function planForBare(type: MessageType, sessions: readonly SessionEntry[]): Plan {
  switch (type) {
    case 'groupchat':
      return UNAVAILABLE;
    case 'error':
      return IGNORE;
    case 'headline':
      return toAll(sessions, IGNORE);
    case 'chat':
    case 'normal':
      return toAll(sessions, OFFLINE);
  }
}

/** §8.5.3.2: no resource matches. */
function planForAbsentResource(type: MessageType, sessions: readonly SessionEntry[]): Plan {
  switch (type) {
    case 'chat':
      return planForBare('chat', sessions);
    case 'headline':
    case 'error':
      return IGNORE;
    case 'groupchat':
    case 'normal':
      return UNAVAILABLE;
  }
}

/**
 * §8.5.2.1.1 lets the server choose between the most available resource and
 * all that are non-negative; all is what people with two devices expect.
 */
function toAll(sessions: readonly SessionEntry[], otherwise: Plan): Plan {
  const only = sessions.length === 1 ? sessions[0] : undefined;
  if (only) return isReachable(only) ? { kind: 'deliver', targets: sessions } : otherwise;
  const targets = sessions.filter(isReachable);
  return targets.length > 0 ? { kind: 'deliver', targets } : otherwise;
}

/** Available and not of negative priority (RFC 6121 §4.7.2.3). */
export function isReachable(session: SessionEntry): boolean {
  return session.priority !== null && session.priority >= 0;
}
