import { type Maybe, now, then } from '../../../lib/maybe.ts';
import type {
  ArchivedMessage,
  ArchiveId,
  ArchivePage,
  ArchivePreferences,
  ArchiveQuery,
  ArchiveSearch,
  ArchiveStore,
  ConversationPage,
  ConversationQuery,
  MessageEntry,
  MessageReference,
  NewMessage,
  Retention,
  TombstoneOf,
} from '../../archive-port.ts';
import { type Owner, StorageError, type Ticket } from '../../ports.ts';
import type { Access } from '../access.ts';
import type { Reader } from '../readings.ts';
import type { AdoptionTable } from './adoption.ts';
import { Follower } from './follower.ts';
import type { ArchiveIds } from './ids.ts';
import type { ArchiveReader, Overdue } from './reader.ts';
import { hashReference } from './reference.ts';
import type { SearchTable } from './search.ts';
import type { ArchiveTable } from './table.ts';

type Tables = {
  archive: ArchiveTable;
  archiveReader: ArchiveReader;
  search: SearchTable;
  adoption: AdoptionTable;
};

const NOTHING_FOUND: ArchivePage = {
  messages: [],
  isComplete: true,
  count: null,
  index: null,
  unknown: null,
};

/** The port, over the tables: pages and searches by the reader, single rows here. */
export class SqliteArchive implements ArchiveStore {
  readonly #access: Access<Tables>;
  readonly #reader: Reader;
  readonly #ids: ArchiveIds;
  readonly #follower: Follower;
  /** Retractions under way: the newest of each owner. */
  readonly #retracting = new Map<Owner, Promise<void>>();
  /** Whether the archives of a domain are searched by words. */
  readonly #searched = new Map<string, boolean>();
  #isIndexed = true;
  #isSweeping = false;

  constructor(access: Access<Tables>, reader: Reader, ids: ArchiveIds) {
    this.#access = access;
    this.#reader = reader;
    this.#ids = ids;
    this.#follower = new Follower({
      file: () => access.ask('', ['archive', 'file']),
      index: () => access.ask('', ['search', this.#isIndexed ? 'index' : 'empty']),
    });
  }

  append(owner: Owner, message: NewMessage): { readonly id: ArchiveId; readonly ticket: Ticket } {
    const { peer, counts, stanza, sender } = message;
    const id = this.#ids.next();
    const body = { stanza, reference: hashReference(sender, message.reference) };
    const entry = { peer, counts };
    const ticket = this.#access.change(owner, ['archive', 'append', owner, id, body, entry]);
    this.#follower.nudge(owner);
    return { id, ticket };
  }

  keepIndex(domain: string, isWanted: boolean): void {
    this.#searched.set(domain, isWanted);
    const isIndexed = [...this.#searched.values()].includes(true);
    if (isIndexed === this.#isIndexed) return;
    this.#isIndexed = isIndexed;
    this.#follower.nudge();
  }

  share(owner: Owner, id: ArchiveId, { peer, counts }: MessageEntry): Ticket {
    this.#follower.nudge(owner);
    return this.#access.change(owner, ['archive', 'share', owner, id, { peer, counts }]);
  }

  adopt(owner: Owner, message: NewMessage, time: number): Ticket {
    const { peer, counts, stanza, sender } = message;
    const body = { stanza, reference: hashReference(sender, message.reference) };
    return this.#access.change(owner, ['adoption', 'adopt', owner, time, body, { peer, counts }]);
  }

  page(owner: Owner, query: ArchiveQuery): Maybe<ArchivePage> {
    const read = () =>
      this.#after(owner, () => this.#reader.ask('archivePages', 'page', owner, query));
    return query.text === undefined ? read() : this.#byIndex(read, NOTHING_FOUND);
  }

  search(owner: Owner, search: ArchiveSearch): Maybe<readonly ArchivedMessage[]> {
    return this.#byIndex(() => this.#reader.ask('foundMessages', 'search', owner, search), []);
  }

  /** Asks once the index has what is new; `nothing` where it is off, or still being emptied. */
  async #byIndex<T>(ask: () => Maybe<T>, nothing: T): Promise<T> {
    await this.#follower.catchUp();
    return (await this.#access.readAll(({ search }) => search.isGood)) ? await ask() : nothing;
  }

  bounds(owner: Owner): Maybe<{ readonly first: ArchiveId; readonly last: ArchiveId } | null> {
    return this.#after(owner, () =>
      this.#access.read(owner, ({ archiveReader }) => archiveReader.bounds(owner)),
    );
  }

  find(owner: Owner, id: ArchiveId): Maybe<ArchivedMessage | null> {
    return this.#after(owner, () =>
      this.#access.read(owner, ({ archiveReader }) => archiveReader.find(owner, id)),
    );
  }

  findReferenced(owner: Owner, message: MessageReference): Maybe<ArchivedMessage | null> {
    return this.#after(owner, () =>
      this.#reader.ask('archiveReader', 'findReferenced', owner, message),
    );
  }

  conversations(owner: Owner, query: ConversationQuery): Maybe<ConversationPage> {
    return this.#after(owner, () => this.#reader.ask('inbox', 'conversations', owner, query));
  }

  /** Asks once the owner's retractions are made, messages filed, and changes on disk. */
  #after<T>(owner: Owner, ask: () => Maybe<T>): Maybe<T> {
    const retracting = this.#retracting.get(owner);
    return retracting
      ? retracting.then(() => this.#whenFiled(owner, ask))
      : this.#whenFiled(owner, ask);
  }

  #whenFiled<T>(owner: Owner, ask: () => Maybe<T>): Maybe<T> {
    if (this.#follower.takeBehind(owner)) this.#access.change(owner, ['archive', 'fileFor', owner]);
    return then(this.#access.whenWritten(owner), () => then(ask(), now));
  }

  markRead(owner: Owner, message: MessageReference): Ticket {
    return this.#access.change(owner, ['archive', 'markRead', owner, message]);
  }

  retract(owner: Owner, message: MessageReference, tombstoneOf: TombstoneOf): Promise<boolean> {
    const retracting = this.#retract(owner, message, tombstoneOf);
    const over: Promise<void> = retracting
      .catch(() => false)
      .then(() => this.#endRetracting(owner, over));
    this.#retracting.set(owner, over);
    return retracting;
  }

  async #retract(
    owner: Owner,
    message: MessageReference,
    tombstoneOf: TombstoneOf,
  ): Promise<boolean> {
    const found = await this.findReferenced(owner, message);
    if (!found) return false;
    const tombstone = tombstoneOf(found);
    if (tombstone === null) return false;
    return await this.#access.ask(owner, ['archive', 'retract', owner, found.id, tombstone]);
  }

  #endRetracting(owner: Owner, over: Promise<void>): void {
    if (this.#retracting.get(owner) === over) this.#retracting.delete(owner);
  }

  preferences(owner: Owner): Maybe<ArchivePreferences | null> {
    return this.#access.read(owner, ({ archiveReader }) => archiveReader.preferences(owner));
  }

  setPreferences(owner: Owner, preferences: ArchivePreferences): Ticket {
    return this.#access.change(owner, ['archive', 'setPreferences', owner, preferences]);
  }

  async prune(whose: Owner | string, retention: Retention): Promise<number> {
    if (retention.before === null && retention.keep === null) return 0;
    if (whose.includes('@')) return await this.#pruneAccount(whose, retention);
    await this.#follower.catchUp();
    let removed = 0;
    for (let after: string | null = ''; after !== null; ) {
      const page: Overdue = await this.#overdue(whose, after, retention);
      for (const owner of page.owners) removed += await this.#pruneAccount(owner, retention);
      after = page.last;
    }
    return removed;
  }

  async #overdue(domain: string, after: string, retention: Retention): Promise<Overdue> {
    return await this.#reader.ask('archiveReader', 'overdue', domain, after, retention);
  }

  async #pruneAccount(owner: Owner, retention: Retention): Promise<number> {
    for (let removed = 0; ; ) {
      const due = await this.#after(owner, () =>
        this.#reader.ask('archiveReader', 'due', owner, retention),
      );
      if (!due) return removed;
      await this.#access.ask(owner, ['archive', 'removeUpTo', owner, due.upTo]);
      removed += due.count;
    }
  }

  /** Ends what goes on by itself. */
  close(): void {
    this.#follower.close();
  }

  /** Removes what deleted accounts have left, in small steps and behind everybody else. */
  sweep(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    void this.#sweep().finally(() => {
      this.#isSweeping = false;
    });
  }

  async #sweep(): Promise<void> {
    const ownerless = () => this.#access.readAll(({ archiveReader }) => archiveReader.ownerless());
    try {
      while ((await ownerless()) !== null) {
        await this.#access.ask('', ['archive', 'sweep']);
        await nextTurn();
      }
    } catch (error) {
      // Closed, or failed, of which all others hear; the next start goes on.
      if (!(error instanceof StorageError)) throw error;
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
