import type { HistogramReading } from '../lib/histogram.ts';
import type { Maybe } from '../lib/maybe.ts';
import type { ArchiveStore } from './archive-port.ts';
import type { BlobStore } from './blob-port.ts';
import type { PushStore } from './push-port.ts';
import type { TokenStore } from './token-port.ts';
import type { UploadStore } from './upload-port.ts';

export {
  type ArchivedMessage,
  type ArchiveId,
  type ArchivePage,
  type ArchivePreferences,
  type ArchiveQuery,
  type ArchiveStore,
  type Conversation,
  type ConversationPage,
  type ConversationQuery,
  type MessageEntry,
  type MessageReference,
  type NewMessage,
  type Retention,
  timeOfId,
} from './archive-port.ts';

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
  /** Seconds from the first change of a batch to its commit. */
  readonly commitTimes: HistogramReading;
}

/** What keeps the store from working, by `code`. */
export const STORAGE_ERRORS = {
  newer: 'The database is of a newer version of the server.',
  locked: 'Another process has the database, or the data directory.',
  corrupt: 'The file is damaged, no database, or one of another program.',
  'read-only': 'The file or its directory cannot be written to.',
  full: 'The disk is full.',
  missing: 'The file or directory is not there.',
  exists: 'A file is there already, and nothing is overwritten.',
  busy: 'Too many reads wait already.',
  failed: 'The system has reported another fault; the message holds it.',
} as const;

/** The store cannot do what was asked. Operators see `message`, clients internal-server-error. */
export class StorageError extends Error {
  readonly code: keyof typeof STORAGE_ERRORS;
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
  readonly isDisabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly lastLogin: number | null;
  /**
   * How the password of an imported account is verified until it has keys of every
   * SCRAM hash: a bcrypt hash, or the names of the hashes that there are keys of,
   * such as `SHA-1 SHA-256`. Null once it is like that of any other account.
   */
  readonly imported: string | null;
  /** The type of the source that vouched for the account, such as `ldap`; null for one kept here. */
  readonly source: string | null;
}

/** A picture of somebody. */
export interface Avatar {
  /** Media type. */
  readonly type: string;
  readonly data: Buffer;
}

/** What may change of an account. */
export type UserUpdate = Partial<
  Pick<UserRecord, 'nickname' | 'isDisabled' | 'lastLogin' | 'source'> & {
    readonly avatar: Avatar | null;
  }
>;

export interface UserStore {
  /** Reads wait for changes that were made before them. */
  find(owner: Owner): Maybe<UserRecord | null>;
  /** Of every hash, or of one alone. */
  keys(owner: Owner, hash?: StoredScramKeys['hash']): Maybe<readonly StoredScramKeys[]>;
  /** Apart from the record, since it may be large. */
  avatar(owner: Owner): Maybe<Avatar | null>;
  /** By name; `after` is the last owner of the page before. */
  list(domain: string, after: Owner | null, limit: number): Maybe<readonly UserRecord[]>;
  /**
   * Rejects with code 'failed' when the account exists; the check is the store's.
   * The name of a deleted account is free again with it.
   */
  create(user: UserRecord, keys: readonly StoredScramKeys[]): Promise<void>;
  /**
   * With them the account is kept here, and not as it was imported any more. Its tokens
   * are void from then on.
   */
  setKeys(owner: Owner, keys: readonly StoredScramKeys[]): Ticket;
  /**
   * As `setKeys`, unless the account has got another password than `imported` meanwhile,
   * and its tokens stay; `still` is what it is imported as from then on, null for not any
   * more.
   */
  upgrade(
    owner: Owner,
    imported: string,
    keys: readonly StoredScramKeys[],
    still?: string | null,
  ): Ticket;
  /** Those still as they were imported, as `list` does. */
  listImported(domain: string, after: Owner | null, limit: number): Maybe<readonly UserRecord[]>;
  /** Every `imported` that is there at a domain, but of bcrypt hashes one alone. */
  importedKinds(domain: string): Maybe<readonly string[]>;
  update(owner: Owner, change: UserUpdate): Ticket;
  /**
   * Notes when somebody signed in, in milliseconds since 1970. Within a second or so
   * it is on disk, and reads do not wait for it.
   */
  noteLogin(owner: Owner, time: number): void;
  /**
   * Takes everything of the account along. Nobody should get its name before
   * `retiredUntil`, in milliseconds since 1970; 0 keeps no note of it.
   */
  delete(owner: Owner, retiredUntil: number): Ticket;
  /** Until when the name of a deleted account is nobody's; null where none was kept. */
  retiredUntil(owner: Owner): Maybe<number | null>;
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
  /** The version of the roster when the item last changed; versions only grow. */
  readonly version: number;
}

/** A contact who has been removed, and the version of the roster at that. */
export interface RosterRemoval {
  readonly contact: string;
  readonly version: number;
}

export interface RosterRecord {
  /** By contact. */
  readonly items: readonly RosterItemRecord[];
  /** The newest removals, oldest first. */
  readonly removals: readonly RosterRemoval[];
  /** Of changes up to this version not all are known; the roster is never older. */
  readonly floor: number;
}

export interface RosterStore {
  load(owner: Owner): Maybe<RosterRecord>;
  /** One item by itself; null for a stranger. */
  item(owner: Owner, contact: string): Maybe<RosterItemRecord | null>;
  /** Of an item the one thing that strangers' stanzas ask for; null as above. */
  subscription(owner: Owner, contact: string): Maybe<Subscription | null>;
  /** Whose presence the contact sees, of those owners; in any order. */
  seenBy(contact: string, owners: readonly Owner[]): Maybe<readonly Owner[]>;
  put(owner: Owner, item: RosterItemRecord): Ticket;
  /** Remembers that the contact was removed. */
  remove(owner: Owner, removal: RosterRemoval): Ticket;
  /** Forgets a contact who never was in the roster. */
  forget(owner: Owner, contact: string): Ticket;
}

/** The presence of type unavailable with which an account's last resource went. */
export interface LastPresence {
  /** Milliseconds since 1970. */
  readonly stamp: number;
  /** The stanza as text, in namespace `jabber:client`. */
  readonly stanza: string;
}

export interface LastPresenceStore {
  find(owner: Owner): Maybe<LastPresence | null>;
  /** On disk within a second or so; reads come behind it. */
  note(owner: Owner, presence: LastPresence): void;
}

/** Whom accounts have blocked (XEP-0191): prepared JIDs, or domains. */
export interface BlockStore {
  /** In alphabetical order. */
  load(owner: Owner): Maybe<readonly string[]>;
  add(owner: Owner, jids: readonly string[]): Ticket;
  remove(owner: Owner, jids: readonly string[]): Ticket;
}

/** The name of an element of private XML storage (XEP-0049). */
export interface PrivateName {
  readonly xmlns: string;
  readonly name: string;
}

export interface PrivateStore {
  /** The element as text; null when nothing was ever put there. */
  find(owner: Owner, name: PrivateName): Maybe<string | null>;
  /** How many elements the account keeps, and their bytes in UTF-8, but for the one named. */
  usageBeside(owner: Owner, name: PrivateName): Maybe<{ elements: number; bytes: number }>;
  put(owner: Owner, name: PrivateName, xml: string): Ticket;
}

/** A visiting card (XEP-0054). */
export interface VcardRecord {
  /** The element as text. */
  readonly xml: string;
  /** SHA-1 of the picture in lower-case hexadecimal; '' for none (XEP-0153 §2.1). */
  readonly photoHash: string;
}

export interface VcardStore {
  find(owner: Owner): Maybe<VcardRecord | null>;
  /** Null when there is no card. */
  photoHash(owner: Owner): Maybe<string | null>;
  put(owner: Owner, card: VcardRecord): Ticket;
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
  /**
   * Everybody's that arrived before `stamp`, in milliseconds since 1970, up to the first that
   * arrived later: after the clock was set back some stay a while longer.
   */
  expire(domain: string, stamp: number): Ticket;
}

/** A session that goes on in the next process. */
export interface StoredSession {
  readonly owner: Owner;
  /** Text, in a form that only the server's sessions know. */
  readonly state: string;
}

/** How many stanzas of a client's are handled, in the session of that id. */
export interface HandledNote {
  readonly owner: Owner;
  readonly id: string;
  readonly handled: number;
}

export interface SessionStore {
  /** In one row; on disk with what else is stored in the same turn. */
  noteHandled(domain: string, notes: readonly HandledNote[], stamp: number): Ticket;
  /** The newest of each session. */
  handled(domain: string): Maybe<readonly HandledNote[]>;
  /** Drops notes that are ten minutes older than the newest. */
  expireHandled(): void;
  put(session: StoredSession): Ticket;
  /** All of a domain's accounts, in any order; once they are gone from disk. */
  takeAll(domain: string): Promise<readonly StoredSession[]>;
}

/** An account with all that moves with it from one server to another. */
export interface WholeAccount {
  readonly user: UserRecord;
  readonly keys: readonly StoredScramKeys[];
  readonly avatar: Avatar | null;
  readonly roster: readonly RosterItemRecord[];
  /** In order of arrival. */
  readonly offline: readonly Omit<OfflineMessage, 'id'>[];
  readonly blocked: readonly string[];
  readonly privateXml: readonly { readonly name: PrivateName; readonly xml: string }[];
  readonly vcard: VcardRecord | null;
}

export interface AccountStore {
  /** All of it or nothing; false when the account exists, which then stays as it is. */
  create(account: WholeAccount): Promise<boolean>;
  /** Null for a name without account. */
  load(owner: Owner): Maybe<WholeAccount | null>;
}

export interface Storage {
  readonly durability: Durability;
  readonly users: UserStore;
  readonly tokens: TokenStore;
  readonly accounts: AccountStore;
  readonly rosters: RosterStore;
  readonly offline: OfflineStore;
  readonly lastPresences: LastPresenceStore;
  readonly blocks: BlockStore;
  readonly privateXml: PrivateStore;
  readonly vcards: VcardStore;
  readonly archive: ArchiveStore;
  readonly push: PushStore;
  readonly uploads: UploadStore;
  /** The bytes of uploads: in the data directory, beside the database. */
  readonly blobs: BlobStore;
  readonly sessions: SessionStore;
  /** A named secret of the installation, made at first use (`size` random bytes). */
  secret(name: string, size: number): Maybe<Buffer>;
  /**
   * Writes all that has been changed so far into the new `file`, an absolute path, and
   * returns its bytes; others go on changing meanwhile. `blobs` are not in it. Rejects with `StorageError`,
   * 'exists' among them; then there is no file.
   */
  backUp(file: string): Promise<number>;
  /** Called once when a commit fails; the store takes no more changes. */
  onFailure(listener: (error: StorageError) => void): void;
  /** Commits what is open and closes. */
  close(): Promise<void>;
}
