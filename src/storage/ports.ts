import type { Maybe } from '../lib/maybe.ts';

/**
 * The number of the batch that carries a change. Tickets grow; a change is on
 * disk once `Durability.committed` has reached its ticket. 0 waits for nothing.
 */
export type Ticket = number;
export const NO_TICKET: Ticket = 0;

/**
 * When changes are on disk (design: committed, then delivered, then acknowledged).
 * Once a commit has failed, every further change throws `StorageError` 'failed'.
 */
export interface Durability {
  /** All tickets up to this one are on disk. */
  readonly committed: Ticket;
  /** The newest ticket handed out. */
  readonly latest: Ticket;
  /** Resolves once `ticket` is on disk; rejects with `StorageError` when its batch failed. */
  whenCommitted(ticket: Ticket): Maybe<void>;
  /** How many changes since the start came too late: their account had been deleted. */
  readonly dropped: number;
}

/** The store cannot do what was asked. Operators see `message`, clients internal-server-error. */
export class StorageError extends Error {
  readonly code: 'newer' | 'locked' | 'corrupt' | 'read-only' | 'full' | 'missing' | 'failed';
  /** What the operator can do about it. */
  readonly mend: string;

  constructor(code: StorageError['code'], message: string, mend: string) {
    super(message);
    this.code = code;
    this.mend = mend;
  }
}

/** Owner of rows: an account's bare JID as a string, prepared. */
export type Owner = string;

export interface StoredScramKeys {
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly salt: Buffer;
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export interface UserRecord {
  readonly owner: Owner;
  readonly nickname: string | null;
  /** Bytes of the picture and its media type. */
  readonly avatar: { readonly type: string; readonly data: Buffer } | null;
  readonly isDisabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly lastLogin: number | null;
}

export interface UserStore {
  /** Reads wait for changes that were made before them. */
  find(owner: Owner): Maybe<UserRecord | null>;
  keys(owner: Owner): Maybe<readonly StoredScramKeys[]>;
  /** By name; `after` is the last owner of the page before. */
  list(domain: string, after: Owner | null, limit: number): Maybe<readonly UserRecord[]>;
  /** Rejects with code 'failed' when the account exists; the check is the store's. */
  create(user: UserRecord, keys: readonly StoredScramKeys[]): Promise<void>;
  setKeys(owner: Owner, keys: readonly StoredScramKeys[]): Ticket;
  update(
    owner: Owner,
    change: Partial<Pick<UserRecord, 'nickname' | 'avatar' | 'isDisabled' | 'lastLogin'>>,
  ): Ticket;
  /** Takes everything of the account along: roster, requests, offline messages. */
  delete(owner: Owner): Ticket;
}

export type Subscription = 'none' | 'to' | 'from' | 'both';

/** A roster item, or a contact who only asked (RFC 6121 §2.1, §3.1). */
export interface RosterItemRecord {
  /** The contact's bare JID. */
  readonly contact: string;
  readonly name: string | null;
  readonly subscription: Subscription;
  /** Whether our request waits for the contact's answer (`ask='subscribe'`). */
  readonly isAsking: boolean;
  /** Whether the contact's request is approved before it comes (RFC 6121 §3.4). */
  readonly isPreApproved: boolean;
  readonly groups: readonly string[];
  /** Whether the item is in the roster; false for a contact who only asked. */
  readonly isListed: boolean;
  /** The contact's unanswered request, as a whole stanza in text; null for none. */
  readonly request: string | null;
}

export interface RosterStore {
  load(owner: Owner): Maybe<readonly RosterItemRecord[]>;
  put(owner: Owner, item: RosterItemRecord): Ticket;
  remove(owner: Owner, contact: string): Ticket;
}

export interface OfflineMessage {
  /** Ascending in the order of arrival. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly stamp: number;
  /** The stanza as text, in namespace `jabber:client`. */
  readonly stanza: string;
}

export interface OfflineStore {
  count(owner: Owner): Maybe<number>;
  /** How many bytes of UTF-8 the stanzas have together. */
  bytes(owner: Owner): Maybe<number>;
  append(owner: Owner, message: Omit<OfflineMessage, 'id'>): Ticket;
  /** In order of arrival. */
  load(owner: Owner): Maybe<readonly OfflineMessage[]>;
  /** Those up to and including `id`. */
  removeUpTo(owner: Owner, id: number): Ticket;
}

export interface Storage {
  readonly durability: Durability;
  readonly users: UserStore;
  readonly rosters: RosterStore;
  readonly offline: OfflineStore;
  /** A named secret of the installation, made at first use (`size` random bytes). */
  secret(name: string, size: number): Maybe<Buffer>;
  /** Called once when a commit fails; the store takes no more changes. */
  onFailure(listener: (error: StorageError) => void): void;
  /** Commits what is open and closes. */
  close(): Promise<void>;
}
