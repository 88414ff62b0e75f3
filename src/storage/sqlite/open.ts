import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Maybe, then } from '../../lib/maybe.ts';
import type { ArchiveStore } from '../archive-port.ts';
import type { BlobStore } from '../blob-port.ts';
import { FileBlobs } from '../blobs/file-blobs.ts';
import { MemoryBlobs } from '../blobs/memory-blobs.ts';
import type {
  AccountStore,
  BlockStore,
  LastPresenceStore,
  OfflineStore,
  PrivateStore,
  RosterStore,
  SessionStore,
  Storage,
  StorageError,
  UserStore,
  VcardStore,
} from '../ports.ts';
import type { PushStore } from '../push-port.ts';
import type { TokenStore } from '../token-port.ts';
import type { UploadStore } from '../upload-port.ts';
import { SqliteAccounts } from './accounts.ts';
import { ArchiveIds, highestId } from './archive/ids.ts';
import { SqliteArchive } from './archive/store.ts';
import { SqliteBlocks } from './blocks.ts';
import { type Connection, connect, MEMORY } from './connection.ts';
import { type Copier, InlineCopier, ThreadCopier } from './copier.ts';
import { type DataDirectory, takeDirectory } from './directory.ts';
import { guarded, storageError } from './errors.ts';
import { Gateway, type Writer } from './gateway.ts';
import { InlineReader } from './inline-reader.ts';
import { InlineWriter } from './inline-writer.ts';
import { SqliteLastPresences } from './last-presences.ts';
import { Ledger } from './ledger.ts';
import { SqliteOffline } from './offline.ts';
import { SqlitePrivateXml } from './private-xml.ts';
import { SqlitePush } from './push.ts';
import type { Reader } from './readings.ts';
import { SqliteRosters } from './rosters.ts';
import { currentSchema, prepareSchema } from './schema.ts';
import { SqliteSessions } from './sessions.ts';
import { Snapshot } from './snapshot.ts';
import { SqliteStore } from './store.ts';
import { openTables } from './tables.ts';
import { ThreadReader } from './thread-reader.ts';
import { ThreadWriter } from './thread-writer.ts';
import { SqliteTokens } from './tokens.ts';
import { SqliteUploads } from './uploads.ts';
import { SqliteUsers } from './users.ts';
import { SqliteVcards } from './vcards.ts';

interface Surroundings {
  readonly log: Log;
  /** Tells when archived messages came; the system's where none is given. */
  readonly clock?: Clock;
}

export type StorageOptions = Surroundings &
  (
    | { readonly memory: true }
    | {
        /** Where the database lies; made when it is absent, its parents are not. */
        readonly directory: string;
        /** 'thread' for a server; 'inline' commits each change at once, for tools and tests. */
        readonly mode: 'thread' | 'inline';
      }
  );

/**
 * Opens the store: in memory for one process's tests, or in a data directory,
 * which is then locked against other processes until `close`.
 *
 * @throws StorageError with what is wrong and what the operator can do about it
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  if ('memory' in options) return openIn(NOWHERE, 'inline', options);
  const place = takeDirectory(options.directory);
  try {
    return await openIn(place, options.mode, options);
  } catch (error) {
    place.release();
    throw storageError(error, place.file);
  }
}

const NOWHERE: DataDirectory = { file: MEMORY, uploads: null, release() {} };

async function openIn(
  place: DataDirectory,
  mode: 'thread' | 'inline',
  { log, clock = systemClock }: Surroundings,
): Promise<Storage> {
  const started = performance.now();
  const db = guarded(place.file, () => connect(place.file));
  try {
    prepareSchema(db, currentSchema(), log);
    const ids = new ArchiveIds(clock, highestId(db));
    const blobs = place.uploads === null ? new MemoryBlobs() : await FileBlobs.open(place.uploads);
    const parts = { ids, blobs };
    const storage = mode === 'inline' ? inline(db, place, parts) : await threaded(db, place, parts);
    storage.onFailure((error) =>
      log.error({ code: error.code, error: error.message, mend: error.mend }, 'storage failed'),
    );
    log.info(
      { file: place.file, mode, ms: Math.round(performance.now() - started) },
      'storage opened',
    );
    return storage;
  } catch (error) {
    db.close();
    throw error;
  }
}

function inline(db: Connection, place: DataDirectory, parts: Parts): Storage {
  const ledger = new Ledger();
  const store = new SqliteStore(db);
  const writer = new InlineWriter(store, ledger, place.file);
  const reading = { tables: store.tables, path: place.file, snapshot: null };
  const gateway = new Gateway(writer, ledger, reading);
  const reader = new InlineReader(store.tables, place.file);
  const copier = new InlineCopier(db);
  const machinery = { gateway, writer, reader, ledger, copier, ...parts };
  return new SqliteStorage(machinery, () => place.release());
}

/** The connection that prepared the database reads from now on; the writer has its own. */
async function threaded(db: Connection, place: DataDirectory, parts: Parts): Promise<Storage> {
  const ledger = new Ledger();
  const writer = await ThreadWriter.start(place.file, ledger);
  db.pragma('query_only = ON');
  const snapshot = new Snapshot(db);
  const reading = { tables: openTables(db), path: place.file, snapshot };
  const gateway = new Gateway(writer, ledger, reading);
  const reader = new ThreadReader(place.file);
  const copier = new ThreadCopier(place.file);
  return new SqliteStorage({ gateway, writer, reader, ledger, copier, ...parts }, () => {
    snapshot.drop();
    db.close();
    place.release();
  });
}

interface Parts {
  readonly ids: ArchiveIds;
  readonly blobs: BlobStore;
}

interface Machinery extends Parts {
  readonly gateway: Gateway;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly ledger: Ledger;
  readonly copier: Copier;
}

class SqliteStorage implements Storage {
  readonly durability: Ledger;
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
  readonly #archive: SqliteArchive;
  readonly push: PushStore;
  readonly uploads: UploadStore;
  readonly blobs: BlobStore;
  readonly sessions: SessionStore;
  readonly #gateway: Gateway;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #copier: Copier;
  readonly #release: () => void;
  #closed: Promise<void> | null = null;

  constructor(machinery: Machinery, release: () => void) {
    const { gateway, writer, reader, ledger, copier, ids, blobs } = machinery;
    const archive = new SqliteArchive(gateway, reader, ids);
    this.durability = ledger;
    this.users = new SqliteUsers(gateway, () => archive.sweep());
    this.tokens = new SqliteTokens(gateway);
    this.accounts = new SqliteAccounts(gateway);
    this.rosters = new SqliteRosters(gateway);
    this.offline = new SqliteOffline(gateway);
    this.lastPresences = new SqliteLastPresences(gateway);
    this.blocks = new SqliteBlocks(gateway);
    this.privateXml = new SqlitePrivateXml(gateway);
    this.vcards = new SqliteVcards(gateway);
    this.archive = archive;
    this.#archive = archive;
    archive.sweep();
    this.push = new SqlitePush(gateway);
    this.uploads = new SqliteUploads(gateway);
    this.blobs = blobs;
    this.sessions = new SqliteSessions(gateway);
    this.#gateway = gateway;
    this.#writer = writer;
    this.#reader = reader;
    this.#copier = copier;
    this.#release = release;
  }

  secret(name: string, size: number): Maybe<Buffer> {
    const owner = `secret ${name}`;
    const find = () => this.#gateway.read(owner, ({ secrets }) => secrets.find(name));
    return then(find(), (found) => {
      if (found) return found;
      this.#gateway.change(owner, ['secrets', 'add', name, randomBytes(size)]);
      return find() as Maybe<Buffer>;
    });
  }

  async backUp(file: string): Promise<number> {
    this.#gateway.flush();
    await this.durability.whenCommitted(this.durability.latest);
    return await this.#copier.copy(file);
  }

  onFailure(listener: (error: StorageError) => void): void {
    this.durability.onFailure(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#archive.close();
    this.#gateway.flush();
    this.durability.close();
    await this.#copier.stop();
    await this.#writer.close();
    await this.#reader.close();
    this.#release();
  }
}
