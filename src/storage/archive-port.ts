import type { Maybe } from '../lib/maybe.ts';
import type { Owner, Ticket } from './ports.ts';

/** 2024-01-01 in milliseconds since 1970: what the time in an id counts from. */
const EPOCH = Date.UTC(2024, 0, 1);
/** How many ids a millisecond has before they run ahead of the clock. */
const IDS_A_MILLISECOND = 4096;

/**
 * Names a message in every archive that holds it; below 2^53. Ascending in the order of
 * arrival, also where the clock is set back, and never given twice.
 */
export type ArchiveId = number;

/** When the message of that id came, in milliseconds since 1970. */
export function timeOfId(id: ArchiveId): number {
  return Math.floor(id / IDS_A_MILLISECOND) + EPOCH;
}

/** The lowest id that a message which comes at `time` can get; 0 for times before 2024. */
export function firstIdAt(time: number): ArchiveId {
  return Math.max(0, Math.ceil(time - EPOCH) * IDS_A_MILLISECOND);
}

/** One side's view of a message. */
export interface MessageEntry {
  /** Bare JID of the other side; one's own for a message to oneself. */
  readonly peer: string;
  /**
   * What it does to the number of unread messages of the conversation: one more for
   * `unread`, none left for `read`, and `neither`.
   */
  readonly counts: 'unread' | 'read' | 'neither';
}

export interface NewMessage extends MessageEntry {
  /** The stanza as text, in namespace `jabber:client`, with `from`, `to` and `id`. */
  readonly stanza: string;
  /** Its id, which retractions and markers name; '' for none. */
  readonly reference: string;
  /** Who sent it, as bare JID. */
  readonly sender: string;
}

/** What stands in the place of a message that is taken back; null for nothing. */
export type TombstoneOf = (original: ArchivedMessage) => string | null;

export interface ArchivedMessage {
  readonly id: ArchiveId;
  readonly stanza: string;
}

/**
 * Which messages, and which part of them. `afterId`, `beforeId`, `after`, `before` and `ids`
 * name messages of this archive: where one is not in it the page is `unknown`.
 */
export interface ArchiveQuery {
  /** Bare JID: that conversation. Full JID: of that conversation what came from or went to it exactly. */
  readonly with?: string;
  /** Not before that time, in milliseconds since 1970. */
  readonly start?: number;
  /** Not later than that time. */
  readonly end?: number;
  readonly afterId?: ArchiveId;
  readonly beforeId?: ArchiveId;
  /** These alone. */
  readonly ids?: readonly ArchiveId[];
  /** What people say in them: all of the words, `"a phrase"`, and `beginning*`. */
  readonly text?: string;
  /** RSM (XEP-0059): from the oldest on with `forward`, from the newest back with `backward`. */
  readonly page: {
    /** 0 for the count alone. A page is shorter where its stanzas are large: 1 MiB or so. */
    readonly limit: number;
    readonly direction: 'forward' | 'backward';
    readonly after?: ArchiveId;
    readonly before?: ArchiveId;
    readonly wantsCount: boolean;
  };
}

export interface ArchiveSearch {
  readonly text: string;
  /** Bare JID of the other side. */
  readonly with?: string;
  readonly limit: number;
}

export interface ArchivePage {
  /** In ascending order, whatever the direction. */
  readonly messages: readonly ArchivedMessage[];
  /** Whether nothing is beyond the page in its direction (XEP-0313 §4.3.2 `complete`). */
  readonly isComplete: boolean;
  /** How many messages match the query but for its page; null where it is not cheap, or not wanted. */
  readonly count: number | null;
  /** How many of those stand before the first message; null where it is not cheap. */
  readonly index: number | null;
  /** An id that the query names and the archive has not; then all else is empty. */
  readonly unknown: ArchiveId | null;
}

/** The messages exchanged with one peer. */
export interface Conversation {
  /** Bare JID. */
  readonly peer: string;
  /** When its first message came, in milliseconds since 1970. */
  readonly created: number;
  /** Its newest message. */
  readonly lastId: ArchiveId;
  /** When that came, in milliseconds since 1970. */
  readonly lastTime: number;
  readonly unread: number;
  /** How many messages the archive has of it. */
  readonly count: number;
}

export interface ConversationQuery {
  readonly unreadOnly: boolean;
  /** Whose newest message came not before, not later than that; milliseconds since 1970. */
  readonly start?: number;
  readonly end?: number;
  /** Below, above that `lastId`; both are exclusive. */
  readonly before?: ArchiveId;
  readonly after?: ArchiveId;
  /** `newest`: those of the newest messages. `oldest`: those of the oldest. */
  readonly from: 'newest' | 'oldest';
  readonly limit: number;
}

export interface ConversationPage {
  /** By `lastId`, the newest first, whatever end they are from. */
  readonly conversations: readonly Conversation[];
  readonly isComplete: boolean;
  /** Of all that match but for `before`, `after` and `limit`: how many, and their unread messages. */
  readonly count: number;
  readonly unread: number;
}

/** What of an account goes into its archive (XEP-0441). */
export interface ArchivePreferences {
  readonly default: 'always' | 'roster' | 'never';
  /** Bare or full JIDs, or domains, as the client gave them. */
  readonly always: readonly string[];
  readonly never: readonly string[];
}

/** Names a message by what other stanzas know of it. */
export interface MessageReference {
  /** Whose conversation it is in. */
  readonly peer: string;
  /** Who sent it, as bare JID. */
  readonly sender: string;
  /** Its id as the sender gave it. */
  readonly reference: string;
}

/** What stays of an archive. */
export interface Retention {
  /** Messages that came before that time go, in milliseconds since 1970; null for none. */
  readonly before: number | null;
  /** How many of the newest of each account stay; null for all. */
  readonly keep: number | null;
}

/**
 * Archives of messages (XEP-0313), and the conversations that they are made of.
 *
 * Reads wait for the changes of the owner made before them. They throw or reject with
 * `StorageError` 'busy' when too many wait already, or when a full JID is too rare to be looked
 * for; both are the client's resource-constraint.
 */
export interface ArchiveStore {
  /**
   * Puts a new message into the owner's archive. The id is made at once; nothing that bears it
   * may leave before the ticket is committed.
   */
  append(owner: Owner, message: NewMessage): { readonly id: ArchiveId; readonly ticket: Ticket };
  /**
   * Puts a message of this store into one more archive; its text is stored once for all.
   * Cheapest in the turn of its `append`. Without effect where the archive has it already;
   * dropped where nobody holds the message any more.
   */
  share(owner: Owner, id: ArchiveId, entry: MessageEntry): Ticket;
  /**
   * Puts a message into the owner's archive that came elsewhere, at `time`: milliseconds since
   * 1970, from 2024 on and not in the future. Those of one millisecond stay in the order of the
   * calls. Without effect where the archive has it already.
   */
  adopt(owner: Owner, message: NewMessage, time: number): Ticket;
  page(owner: Owner, query: ArchiveQuery): Maybe<ArchivePage>;
  /** The oldest and the newest message of the archive; null for an empty one (XEP-0313 §5). */
  bounds(owner: Owner): Maybe<{ readonly first: ArchiveId; readonly last: ArchiveId } | null>;
  /**
   * Whether the archives of a domain are searched by words; until it is first called, all are.
   * While none is, the index of words is emptied and takes nothing in: searches find nothing.
   * Later it catches up by itself. Both in small steps.
   */
  keepIndex(domain: string, isWanted: boolean): void;
  /** What says that, as `ArchiveQuery.text` has it, the best first. */
  search(owner: Owner, search: ArchiveSearch): Maybe<readonly ArchivedMessage[]>;
  find(owner: Owner, id: ArchiveId): Maybe<ArchivedMessage | null>;
  /** Of the messages so referenced the newest. */
  findReferenced(owner: Owner, message: MessageReference): Maybe<ArchivedMessage | null>;
  conversations(owner: Owner, query: ConversationQuery): Maybe<ConversationPage>;
  /**
   * Everything up to the newest message so referenced is read: unread are those behind it.
   * Without effect where there is none among the last 10,000, or where more is read already.
   */
  markRead(owner: Owner, message: MessageReference): Ticket;
  /**
   * The newest message so referenced becomes its tombstone, a stanza as text that keeps `from`
   * and `id`, in every archive that holds it (XEP-0424 §5). False where the archive has none, or
   * there is no tombstone for it. Later reads of the owner's wait for it.
   */
  retract(owner: Owner, message: MessageReference, tombstoneOf: TombstoneOf): Promise<boolean>;
  /** Null where the account has never set any. */
  preferences(owner: Owner): Maybe<ArchivePreferences | null>;
  setPreferences(owner: Owner, preferences: ArchivePreferences): Ticket;
  /**
   * Removes the oldest messages of one account (a bare JID), or of all of a domain, and resolves
   * with how many. In small steps, each awaited, so that others' changes come in between.
   * Rejects with `StorageError` when the store closes meanwhile.
   */
  prune(whose: Owner | string, retention: Retention): Promise<number>;
}
