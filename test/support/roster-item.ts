import type { RosterItemRecord } from '../../src/storage/ports.ts';
import type { SubscriptionState } from '../../src/xmpp/subscription.ts';

/** A roster item as the store keeps it, in a state of RFC 6121 §A.1. */
export function rosterItem(contact: string, state: SubscriptionState): RosterItemRecord {
  const [subscription, ...pending] = state.split('+');
  return {
    contact,
    name: null,
    subscription: subscription as RosterItemRecord['subscription'],
    isAsking: pending.includes('out'),
    isPreApproved: false,
    groups: [],
    isListed: true,
    request: pending.includes('in') ? requestFrom(contact) : null,
    version: 1,
  };
}

function requestFrom(contact: string): string {
  return `<presence xmlns='jabber:client' type='subscribe' from='${contact}'></presence>`;
}
