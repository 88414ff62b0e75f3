import {
  NO_TICKET,
  type Owner,
  type RosterItemRecord,
  type RosterStore,
  type Ticket,
} from '../../storage/ports.ts';
import { Jid } from '../../xmpp/jid.ts';
import type { SubscriptionState } from '../../xmpp/subscription.ts';

/** One contact in an account's roster, or a stranger who asks to be one. */
export interface RosterItem extends RosterItemRecord {
  readonly jid: Jid;
}

/** What a roster item has to say of itself where nothing is known yet. */
export function newItem(jid: Jid): RosterItem {
  return {
    jid,
    contact: jid.toString(),
    name: null,
    subscription: 'none',
    isAsking: false,
    isPreApproved: false,
    groups: [],
    isListed: false,
    request: null,
  };
}

/**
 * An account's contacts in memory, where they are the authority (RFC 6121 §2).
 * A change takes effect here at once; its ticket says when it is on disk.
 */
export class Roster {
  readonly #owner: Owner;
  readonly #store: RosterStore;
  readonly #items = new Map<string, RosterItem>();
  #length = 0;
  #newest: Ticket = NO_TICKET;

  constructor(owner: Owner, store: RosterStore, records: readonly RosterItemRecord[]) {
    this.#owner = owner;
    this.#store = store;
    for (const record of records) {
      this.#set({ ...record, jid: Jid.parse(record.contact) });
    }
  }

  #set(item: RosterItem): void {
    this.#unset(item);
    this.#items.set(item.contact, item);
    this.#length += lengthOf(item);
  }

  #unset({ contact }: RosterItem): void {
    const item = this.#items.get(contact);
    if (item && this.#items.delete(contact)) this.#length -= lengthOf(item);
  }

  /** Characters of all contacts, their names and groups. */
  get length(): number {
    return this.#length;
  }

  /** The same once `item` is in its place. */
  lengthWith(item: RosterItem): number {
    const replaced = this.get(item.jid);
    return this.#length + lengthOf(item) - (replaced ? lengthOf(replaced) : 0);
  }

  /** The contact's item; null for a stranger. */
  get(contact: Jid): RosterItem | null {
    return this.#items.get(contact.bareString) ?? null;
  }

  /** What clients see: without strangers who only asked (RFC 6121 §3.1.3). */
  listed(): RosterItem[] {
    return [...this.#items.values()].filter((item) => item.isListed);
  }

  /** Contacts that see the account's presence. */
  *subscribers(): Iterable<RosterItem> {
    for (const item of this.#items.values()) if (mayReceive(item)) yield item;
  }

  /** Contacts whose presence the account sees. */
  *publishers(): Iterable<RosterItem> {
    for (const item of this.#items.values()) {
      if (item.subscription === 'to' || item.subscription === 'both') yield item;
    }
  }

  /** Requests that wait for the owner's answer, as stanzas in text. */
  requests(): string[] {
    return [...this.#items.values()].flatMap((item) => item.request ?? []);
  }

  /** Whether the contact sees the account's presence. */
  isSubscriber(contact: Jid): boolean {
    const item = this.get(contact);
    return item !== null && mayReceive(item);
  }

  put(item: RosterItem): Ticket {
    this.#set(item);
    const { jid: _, ...record } = item;
    this.#newest = this.#store.put(this.#owner, record);
    return this.#newest;
  }

  remove(item: RosterItem): Ticket {
    this.#unset(item);
    this.#newest = this.#store.remove(this.#owner, item.contact);
    return this.#newest;
  }

  /** The ticket of the newest change: what is read here is on disk once that is. */
  get newest(): Ticket {
    return this.#newest;
  }

  /** Items in the roster proper. */
  get size(): number {
    return this.listed().length;
  }
}

function mayReceive(item: RosterItem): boolean {
  return item.subscription === 'from' || item.subscription === 'both';
}

function lengthOf({ contact, name, groups }: RosterItem): number {
  return groups.reduce((sum, group) => sum + group.length, contact.length + (name?.length ?? 0));
}

/** What a stranger leaves whose request has been answered or taken back. */
export function isTrace({ isListed, isPreApproved, request }: RosterItem): boolean {
  return !isListed && !isPreApproved && request === null;
}

/** The item's place in the subscription state machine (RFC 6121 §A.1). */
export function stateOf(item: RosterItem): SubscriptionState {
  const { subscription, isAsking } = item;
  const isAsked = item.request !== null;
  switch (subscription) {
    case 'none':
      if (isAsking) return isAsked ? 'none+out+in' : 'none+out';
      return isAsked ? 'none+in' : 'none';
    case 'to':
      return isAsked ? 'to+in' : 'to';
    case 'from':
      return isAsking ? 'from+out' : 'from';
    case 'both':
      return 'both';
  }
}

/** The item in another state; a request in the new state is `request`, or the one it has. */
export function inState(
  item: RosterItem,
  state: SubscriptionState,
  request: string | null,
): RosterItem {
  const [subscription, ...pending] = state.split('+') as [RosterItem['subscription'], ...string[]];
  return {
    ...item,
    subscription,
    isAsking: pending.includes('out'),
    request: pending.includes('in') ? (request ?? item.request) : null,
    // A stranger's request alone does not make a roster item; anything more does.
    isListed: item.isListed || (state !== 'none' && state !== 'none+in'),
  };
}
