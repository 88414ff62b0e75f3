import type { RosterItemRecord, StoredScramKeys, UserRecord } from '../../src/storage/ports.ts';

export const ROMEO = 'romeo@montague.example';
export const JULIET = 'juliet@capulet.example';

export function user(owner: string, more: Partial<UserRecord> = {}): UserRecord {
  const plain = { nickname: null, avatar: null, isDisabled: false, created: 1, lastLogin: null };
  return { owner, ...plain, ...more };
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
    ...more,
  };
}
