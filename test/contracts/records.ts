import type {
  Avatar,
  LastPresence,
  RosterItemRecord,
  Storage,
  StoredScramKeys,
  UserRecord,
  VcardRecord,
} from '../../src/storage/ports.ts';

export const ROMEO = 'romeo@montague.example';
export const JULIET = 'juliet@capulet.example';
export const NURSE = 'nurse@capulet.example';

/** More than one page of SQLite, in characters of one to four bytes. */
export const LARGE_TEXT = `<x>${'aä€🌹'.repeat(20_000)}</x>`;

export function user(owner: string, more: Partial<UserRecord> = {}): UserRecord {
  return {
    owner,
    nickname: null,
    isDisabled: false,
    created: 1,
    lastLogin: null,
    imported: null,
    source: null,
    ...more,
  };
}

export function keys(hash: StoredScramKeys['hash'], seed = 'salt'): StoredScramKeys {
  return {
    hash,
    salt: Buffer.from(seed),
    iterations: 4096,
    storedKey: Buffer.from(`${seed} stored`),
    serverKey: Buffer.from(`${seed} server`),
  };
}

export function item(contact: string, more: Partial<RosterItemRecord> = {}): RosterItemRecord {
  return {
    contact,
    name: null,
    subscription: 'none',
    isAsking: false,
    isPreApproved: false,
    groups: [],
    isListed: true,
    request: null,
    version: 1,
    ...more,
  };
}

export const picture: Avatar = { type: 'image/png', data: Buffer.from([0, 1, 254, 255]) };
export const gone: LastPresence = { stamp: 1.7e12, stanza: "<presence type='unavailable'/>" };
export const card: VcardRecord = { xml: '<vCard/>', photoHash: 'a'.repeat(40) };
export const notes = { xmlns: 'storage:bookmarks', name: 'storage' };

/** Puts something of every kind into an account. */
export function fill(storage: Storage, owner: string): void {
  storage.users.setKeys(owner, [keys('SHA-256')]);
  storage.users.update(owner, { nickname: 'Somebody', avatar: picture });
  storage.rosters.put(owner, item(NURSE, { version: 2 }));
  storage.rosters.remove(owner, { contact: 'tybalt@capulet.example', version: 3 });
  storage.offline.append(owner, { stamp: 1, stanza: '<message/>' });
  storage.lastPresences.note(owner, gone);
  storage.blocks.add(owner, ['tybalt@capulet.example']);
  storage.privateXml.put(owner, notes, '<storage/>');
  storage.vcards.put(owner, card);
}

/** All that there is to read of an account but its own record, asked at once. */
export async function contentsOf(storage: Storage, owner: string) {
  const { users, rosters, offline, lastPresences, blocks, privateXml, vcards } = storage;
  const elsewhere = { ...notes, name: 'other' };
  const [keysRead, avatar, roster, nurse, messages, count, bytes] = await Promise.all([
    users.keys(owner),
    users.avatar(owner),
    rosters.load(owner),
    rosters.item(owner, NURSE),
    offline.load(owner),
    offline.count(owner),
    offline.bytes(owner),
  ]);
  const [presence, blocked, xml, usage, vcard, photoHash] = await Promise.all([
    lastPresences.find(owner),
    blocks.load(owner),
    privateXml.find(owner, notes),
    privateXml.usageBeside(owner, elsewhere),
    vcards.find(owner),
    vcards.photoHash(owner),
  ]);
  const mail = { stanzas: messages.map(({ stanza }) => stanza), count, bytes };
  const services = { presence, blocked, xml, usage, vcard, photoHash };
  return { keys: keysRead, avatar, roster, nurse, mail, ...services };
}

export type Contents = Awaited<ReturnType<typeof contentsOf>>;

/** What `fill` has put there. */
export const FULL: Contents = {
  keys: [keys('SHA-256')],
  avatar: picture,
  roster: {
    items: [item(NURSE, { version: 2 })],
    removals: [{ contact: 'tybalt@capulet.example', version: 3 }],
    floor: 1,
  },
  nurse: item(NURSE, { version: 2 }),
  mail: { stanzas: ['<message/>'], count: 1, bytes: 10 },
  presence: gone,
  blocked: ['tybalt@capulet.example'],
  xml: '<storage/>',
  usage: { elements: 1, bytes: 10 },
  vcard: card,
  photoHash: card.photoHash,
};

/** An account where nothing was ever put, created at `floor`; 0 for none at all. */
export function empty(floor: number): Contents {
  return {
    keys: [],
    avatar: null,
    roster: { items: [], removals: [], floor },
    nurse: null,
    mail: { stanzas: [], count: 0, bytes: 0 },
    presence: null,
    blocked: [],
    xml: null,
    usage: { elements: 0, bytes: 0 },
    vcard: null,
    photoHash: null,
  };
}
