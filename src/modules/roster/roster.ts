import {
  NO_TICKET,
  type Owner,
  type RosterItemRecord,
  type RosterRecord,
  type RosterStore,
  type Ticket,
} from '../../storage/ports.ts';
import { Jid } from '../../xmpp/jid.ts';
import type { Standing, SubscriptionState, Transition } from '../../xmpp/subscription.ts';

/**
 * One contact in an account's roster, or a stranger who asks to be one. As it is
 * stored: with thousands of them in memory each field counts.
 */
export type RosterItem = RosterItemRecord;

/** Characters of a request that are kept: all that wait are sent at each login. */
export const MAX_REQUEST_LENGTH = 4096;

/** The contact's address. */
export function jidOf({ contact }: RosterItem): Jid {
  return Jid.parse(contact);
}

/** What a roster item has to say of itself where nothing is known yet. */
export function newItem(contact: string): RosterItem {
  return {
    contact,
    name: null,
    subscription: 'none',
    isAsking: false,
    isPreApproved: false,
    groups: [],
    isListed: false,
    request: null,
    version: 0,
  };
}

const MAX_REMOVALS = 200;

/** A change of the roster, for who knows an older version: an item, or a contact who is gone. */
export interface RosterChange {
  readonly version: number;
  readonly item: RosterItem | null;
  readonly contact: string;
}

/**
 * An account's contacts in memory, where they are the authority (RFC 6121 §2).
 * A change takes effect here at once; its ticket says when it is on disk.
 */
export class Roster {
  readonly #owner: Owner;
  readonly #store: RosterStore;
  readonly #items = new Map<string, RosterItem>();
  /** Removed contacts with the version of their removal. */
  readonly #removals = new Map<string, number>();
  /** Of changes up to this version not all are known. */
  #floor: number;
  /** Characters of all contacts, their names and groups. */
  #length = 0;
  #size = 0;
  #version: number;
  #newest: Ticket = NO_TICKET;

  constructor(owner: Owner, store: RosterStore, { items, removals, floor }: RosterRecord) {
    this.#owner = owner;
    this.#store = store;
    this.#floor = floor;
    this.#version = floor;
    for (const item of items) this.#set(item);
    for (const { contact, version } of removals) this.#noteRemoval(contact, version);
  }

  #set(item: RosterItem): void {
    this.#unset(item.contact);
    this.#items.set(item.contact, item);
    this.#length += lengthOf(item);
    if (item.isListed) this.#size++;
    this.#version = Math.max(this.#version, item.version);
  }

  #unset(contact: string): void {
    const item = this.#items.get(contact);
    if (!item) return;
    this.#items.delete(contact);
    this.#length -= lengthOf(item);
    if (item.isListed) this.#size--;
  }

  /** The oldest of too many is forgotten, and with it what was before. */
  #noteRemoval(contact: string, version: number): void {
    this.#removals.delete(contact);
    this.#removals.set(contact, version);
    this.#version = Math.max(this.#version, version);
    if (this.#removals.size <= MAX_REMOVALS) return;
    const [oldest, removed] = this.#removals.entries().next().value!;
    this.#removals.delete(oldest);
    this.#floor = removed;
  }

  /** Items in the roster proper. */
  get size(): number {
    return this.#size;
  }

  /** Grows with every change that clients see, also across restarts (RFC 6121 §2.6). */
  get version(): number {
    return this.#version;
  }

  /** The ticket of the newest change: what is read here is on disk once that is. */
  get newest(): Ticket {
    return this.#newest;
  }

  /** Characters of everything, and the same once `item` is in its place. */
  lengthsWith(item: RosterItem): { before: number; after: number } {
    const replaced = this.get(item.contact);
    const after = this.#length + lengthOf(item) - (replaced ? lengthOf(replaced) : 0);
    return { before: this.#length, after };
  }

  /** The item of a bare JID as text; null for a stranger. */
  get(contact: string): RosterItem | null {
    return this.#items.get(contact) ?? null;
  }

  /** The item, or what there would be of it. */
  itemOf(contact: string): RosterItem {
    return this.get(contact) ?? newItem(contact);
  }

  /** What clients see: without strangers who only asked (RFC 6121 §3.1.3). */
  listed(): RosterItem[] {
    return [...this.#items.values()].filter((item) => item.isListed);
  }

  /** Everything, strangers and people approved in advance as well. */
  all(): RosterItem[] {
    return [...this.#items.values()];
  }

  /** Contacts that see the account's presence. */
  *subscribers(): Iterable<RosterItem> {
    for (const item of this.#items.values()) if (isSubscriber(item)) yield item;
  }

  /** Contacts whose presence the account sees. */
  *publishers(): Iterable<RosterItem> {
    for (const item of this.#items.values()) if (isPublisher(item)) yield item;
  }

  /** Requests that wait for the owner's answer, as stanzas in text. */
  requests(): string[] {
    return [...this.#items.values()].flatMap((item) => item.request ?? []);
  }

  /** Whether the contact sees the account's presence. */
  isSubscriber(contact: Jid): boolean {
    const item = this.get(contact.bareString);
    return item !== null && isSubscriber(item);
  }

  /**
   * What has changed since a version, oldest first; null when that is not known,
   * and the whole roster has to tell (RFC 6121 §2.6.3).
   */
  changesSince(version: number): RosterChange[] | null {
    if (version < this.#floor || version > this.#version) return null;
    const changes: RosterChange[] = [];
    for (const item of this.#items.values()) {
      if (item.isListed && item.version > version) changes.push({ ...item, item });
    }
    for (const [contact, removed] of this.#removals) {
      const isBack = this.get(contact)?.isListed;
      if (removed > version && !isBack) changes.push({ contact, version: removed, item: null });
    }
    return changes.sort((a, b) => a.version - b.version);
  }

  /**
   * Stores the item and returns it with its version. `time`, in milliseconds since
   * 1970, keeps versions growing where an account of the same name was before.
   */
  put(item: RosterItem, time: number): RosterItem {
    const version = item.isListed ? this.#next(time) : item.version;
    const stored = { ...item, version };
    this.#set(stored);
    this.#newest = this.#store.put(this.#owner, stored);
    return stored;
  }

  /** Removes a contact from the roster, and remembers it. */
  remove(contact: string, time: number): void {
    const version = this.#next(time);
    this.#unset(contact);
    this.#noteRemoval(contact, version);
    this.#newest = this.#store.remove(this.#owner, { contact, version });
  }

  /** Forgets somebody who never was in the roster. */
  forget(contact: string): void {
    this.#unset(contact);
    this.#newest = this.#store.forget(this.#owner, contact);
  }

  #next(time: number): number {
    return Math.max(this.#version + 1, time);
  }
}

/** Whether the contact sees the account's presence. */
export function isSubscriber({ subscription }: { subscription: string | null }): boolean {
  return subscription === 'from' || subscription === 'both';
}

/** Whether the account sees the contact's presence. */
export function isPublisher(item: RosterItem): boolean {
  return item.subscription === 'to' || item.subscription === 'both';
}

function lengthOf({ contact, name, groups }: RosterItem): number {
  return groups.reduce((sum, group) => sum + group.length, contact.length + (name?.length ?? 0));
}

/** What a stranger leaves whose request has been answered or taken back. */
export function isTrace({ isListed, isPreApproved, request }: RosterItem): boolean {
  return !isListed && !isPreApproved && request === null;
}

/** The item's place in the subscription state machine (RFC 6121 §A.1). */
export function standingOf(item: RosterItem): Standing {
  return { state: stateOf(item), isPreApproved: item.isPreApproved };
}

function stateOf(item: RosterItem): SubscriptionState {
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

/** The item after a transition; a request in the new state is `request`, or the one it has. */
export function moved(
  item: RosterItem,
  { next, isPreApproved }: Pick<Transition, 'next' | 'isPreApproved'>,
  request: string | null,
): RosterItem {
  const [subscription, ...pending] = next.split('+') as [RosterItem['subscription'], ...string[]];
  return {
    ...item,
    subscription,
    isPreApproved,
    isAsking: pending.includes('out'),
    request: pending.includes('in') ? (request ?? item.request) : null,
    // A stranger's request alone does not make a roster item; anything more does.
    isListed: item.isListed || isPreApproved || (next !== 'none' && next !== 'none+in'),
  };
}
