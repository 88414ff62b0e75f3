import type { PortableAccount, PortableContact } from '../../modules/transfer/portable-account.ts';
import { type Element, serialize } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import {
  NS_BLOCKING,
  NS_PIE,
  NS_PRIVACY,
  NS_PRIVATE,
  NS_ROSTER,
  NS_SCRAM,
  NS_VCARD,
} from './server-data.ts';

/** An account in the making; its lists are there from the start. */
export type AccountDraft = PortableAccount & {
  [List in ListName]: NonNullable<PortableAccount[List]>;
};

type ListName = 'roster' | 'requests' | 'offline' | 'private' | 'blocked' | 'scram';

/** `password` is what the attribute of that name holds. */
export function newDraft(jid: string, password: string | undefined): AccountDraft {
  const keys = keysIn(password ?? '');
  return {
    jid,
    ...(password && !keys && { password }),
    scram: keys ? [keys] : [],
    roster: [],
    requests: [],
    offline: [],
    private: [],
    blocked: [],
  };
}

/** How ejabberd writes keys where a password should be: stored key, server key, salt, rounds. */
const KEYS = /^scram:(?:(sha|sha256|sha512),)?([^,]+),([^,]+),([^,]+),(\d{1,9})$/;
const HASHES = { sha: 'SCRAM-SHA-1', sha256: 'SCRAM-SHA-256', sha512: 'SCRAM-SHA-512' } as const;

/** Null for a password. Taken for one, the keys would let in who knows the file. */
function keysIn(password: string): AccountDraft['scram'][number] | null {
  const [, hash = 'sha', storedKey, serverKey, salt, rounds] = KEYS.exec(password) ?? [];
  if (!storedKey || !serverKey || !salt) return null;
  const mechanism = HASHES[hash as keyof typeof HASHES];
  return { mechanism, iterations: Number(rounds), salt, storedKey, serverKey };
}

/** Puts a piece of an account where it belongs; false for what is not taken over. */
type PieceReader = (account: AccountDraft, piece: Element) => boolean;

const done = (_: unknown) => true;
const addText = (list: 'requests' | 'offline' | 'private'): PieceReader => {
  return (account, piece) => done(account[list].push(serialize(piece)));
};

/** Children of `<user/>` that are pieces themselves, by name and namespace. */
export const PIECES: ReadonlyMap<string, PieceReader> = new Map([
  [keyOf('scram-credentials', NS_SCRAM), readScram],
  [keyOf('vCard', NS_VCARD), readVcard],
  [keyOf('presence', NS.client), addText('requests')],
  [keyOf('query', NS_PRIVACY), readPrivacyLists],
  [keyOf('blocklist', NS_BLOCKING), readBlocklist],
]);

/** Children of `<user/>` whose children are the pieces. */
export const CONTAINERS: ReadonlyMap<string, PieceReader> = new Map([
  [keyOf('query', NS_ROSTER), readContact],
  [keyOf('query', NS_PRIVATE), addText('private')],
  [keyOf('offline-messages', NS_PIE), addText('offline')],
]);

export function keyOf(name: string, xmlns: string): string {
  return `${name} ${xmlns}`;
}

const MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** XEP-0227 §4.3; what is wrong with the values is found later. */
function readScram({ scram }: AccountDraft, piece: Element): boolean {
  const mechanism = MECHANISMS.find((each) => each === piece.attrs.mechanism);
  if (!mechanism) return false;
  const of = (name: string) => (piece.getChildText(name, NS_SCRAM) ?? '').replace(/\s+/g, '');
  scram.push({
    mechanism,
    iterations: Number(of('iter-count')),
    salt: of('salt'),
    storedKey: of('stored-key'),
    serverKey: of('server-key'),
  });
  return true;
}

function readVcard(account: AccountDraft, piece: Element): boolean {
  account.vcard = serialize(piece);
  return true;
}

function readContact({ roster }: AccountDraft, item: Element): boolean {
  if (!item.is('item', NS_ROSTER)) return false;
  const { jid = '', name, subscription = 'none', ask, approved } = item.attrs;
  roster.push({
    jid: String(jid),
    ...(name && { name: String(name) }),
    subscription: subscription as NonNullable<PortableContact['subscription']>,
    ask: ask === 'subscribe',
    approved: approved === 'true' || approved === '1',
    groups: item.getChildren('group', NS_ROSTER).map((group) => group.getText()),
  });
  return true;
}

/**
 * Of privacy lists (XEP-0016), whom the default one denies everything: that is what a
 * list of blocked addresses is in this format.
 */
function readPrivacyLists({ blocked }: AccountDraft, query: Element): boolean {
  const name = query.getChild('default', NS_PRIVACY)?.attrs.name;
  const list = query.getChildren('list', NS_PRIVACY).find(({ attrs }) => attrs.name === name);
  const items = list?.getChildren('item', NS_PRIVACY) ?? [];
  const denied = items.filter(({ attrs, children }) => {
    return attrs.type === 'jid' && attrs.action === 'deny' && children.length === 0;
  });
  blocked.push(...denied.map(({ attrs }) => String(attrs.value)));
  return name !== undefined;
}

/** The block list as clients see it (XEP-0191), which some servers export. */
function readBlocklist({ blocked }: AccountDraft, list: Element): boolean {
  blocked.push(...list.getChildren('item', NS_BLOCKING).map(({ attrs }) => String(attrs.jid)));
  return true;
}
