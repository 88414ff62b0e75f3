import { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import type { RosterItem } from './roster.ts';

export const NS_ROSTER = 'jabber:iq:roster';
/** Stream feature: the server keeps versions (RFC 6121 §2.6.1). */
export const NS_VERSIONS = 'urn:xmpp:features:rosterver';

/** What a client may set of an item (RFC 6121 §2.1.2); the rest is the server's. */
export interface ItemChange {
  readonly jid: Jid;
  readonly name: string | null;
  readonly groups: readonly string[];
  readonly isRemoval: boolean;
}

export interface ItemLimits {
  /** Characters of a name or a group's name. */
  readonly nameLength: number;
  readonly groupsPerItem: number;
}

/** `<query/>` with items (RFC 6121 §2.1.1); a version where the client knows what that is. */
export function encodeRoster(items: Iterable<Element>, version: number | null): Element {
  const query = new Element('query', {
    xmlns: NS_ROSTER,
    ...(version !== null && { ver: String(version) }),
  });
  for (const item of items) query.cnode(item);
  return query;
}

export function encodeItem(item: RosterItem): Element {
  const element = new Element('item', {
    jid: item.contact,
    ...(item.name !== null && { name: item.name }),
    subscription: item.subscription,
    ...(item.isAsking && { ask: 'subscribe' }),
    ...(item.isPreApproved && { approved: 'true' }),
  });
  for (const group of item.groups) element.c('group').t(group);
  return element;
}

export function encodeRemoval(contact: string): Element {
  return new Element('item', { jid: contact, subscription: 'remove' });
}

/**
 * The version that a client says it knows (RFC 6121 §2.1.1.1): null without one,
 * -1 for what was never a version of ours, the empty one included.
 */
export function decodeVersion({ attrs }: Element): number | null {
  if (attrs.ver === undefined) return null;
  return /^\d{1,15}$/.test(String(attrs.ver)) ? Number(attrs.ver) : -1;
}

/**
 * Reads a roster set (RFC 6121 §2.3.1). Throws `StanzaError` as §2.3.3 says:
 * bad-request for anything but one item with a JID and for groups named twice,
 * not-acceptable for names that are empty or too long.
 */
export function decodeRosterSet(query: Element, limits: ItemLimits): ItemChange {
  const items = query.getChildElements();
  const item = items[0];
  if (!item || items.length > 1 || !item.is('item', NS_ROSTER)) {
    throw new StanzaError('bad-request', 'a roster set has exactly one item');
  }
  const jid = decodeJid(item.attrs.jid);
  if (item.attrs.subscription === 'remove') {
    return { jid, name: null, groups: [], isRemoval: true };
  }
  const name = item.attrs.name ? checkName(String(item.attrs.name), limits) : null;
  return { jid, name, groups: decodeGroups(item, limits), isRemoval: false };
}

function decodeJid(text: unknown): Jid {
  if (typeof text !== 'string') throw new StanzaError('bad-request', 'the item has no jid');
  try {
    return Jid.parse(text).bare;
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('bad-request', error.message);
    throw error;
  }
}

function decodeGroups(item: Element, limits: ItemLimits): string[] {
  const groups = item.getChildren('group', NS_ROSTER).map((group) => group.getText());
  if (new Set(groups).size < groups.length) {
    throw new StanzaError('bad-request', 'a group is named twice');
  }
  if (groups.includes('')) throw new StanzaError('not-acceptable', 'a group has an empty name');
  if (groups.length > limits.groupsPerItem) {
    throw new StanzaError('not-acceptable', `at most ${limits.groupsPerItem} groups to an item`);
  }
  return groups.map((group) => checkName(group, limits));
}

function checkName(name: string, { nameLength }: ItemLimits): string {
  if (name.length <= nameLength) return name;
  throw new StanzaError('not-acceptable', `a name has at most ${nameLength} characters`);
}
