import type { Maybe } from '../../lib/maybe.ts';
import type { BlobKey } from '../blob-port.ts';
import type { Owner, Ticket } from '../ports.ts';
import type {
  DueUpload,
  Upload,
  UploadFilter,
  UploadLimits,
  UploadPurpose,
  UploadStore,
  UploadUsage,
} from '../upload-port.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

const DAY = 86_400_000;
/** Files that one change marks at most. */
const EXPIRY_STEP = 500;

const COLUMNS = `upload.id, jid AS owner, upload.name, type, size, purpose, upload.created, expires,
  deadline`;
const OF_USER = 'user = (SELECT id FROM user WHERE jid = ?)';
/** What is marked to go counts no more. */
const COUNTS = 'coalesce(expires, 1) > 0';

/** Of a file in the list. */
type Place = Pick<Upload, 'id' | 'created'>;

type Counts = Omit<UploadUsage, 'daily'>;

/** The tables `upload` and `upload_day`. */
export class UploadTable {
  readonly #user;
  readonly #counts;
  readonly #daily;
  readonly #oldest;
  readonly #insert;
  readonly #addToDay;
  readonly #takeFromDay;
  readonly #find;
  readonly #complete;
  readonly #list;
  readonly #totals;
  readonly #expiring;
  readonly #expire;
  readonly #expireOne;
  readonly #leave;
  readonly #due;
  readonly #forget;

  constructor(db: Connection) {
    this.#user = db.prepare<[Owner], number>('SELECT id FROM user WHERE jid = ?').pluck();
    this.#counts = db.prepare<[UploadPurpose, Owner], Counts>(`
      SELECT coalesce(sum(size), 0) AS bytes, count(*) - count(deadline) AS files,
        count(deadline) AS slots, min(deadline) AS nextDeadline,
        coalesce(sum(size) FILTER (WHERE purpose = ?), 0) AS purposeBytes
      FROM upload WHERE ${OF_USER} AND ${COUNTS}`);
    this.#daily = db
      .prepare<[string, number], number>(
        'SELECT bytes FROM upload_day WHERE domain = ? AND day = ?',
      )
      .pluck();
    this.#oldest = db.prepare<[Owner, UploadPurpose], { id: BlobKey; size: number }>(`
      SELECT id, size FROM upload WHERE ${OF_USER} AND purpose = ? AND deadline IS NULL
      AND ${COUNTS} ORDER BY created`);
    this.#insert = db.prepare<unknown[]>(`
      INSERT INTO upload (id, user, domain, name, type, size, purpose, created, expires, deadline)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#addToDay = db.prepare<[string, number, number]>(`
      INSERT INTO upload_day (domain, day, bytes) VALUES (?, ?, ?)
      ON CONFLICT (domain) DO UPDATE SET
        bytes = excluded.bytes + iif(day = excluded.day, bytes, 0), day = excluded.day`);
    // What was not used counts for nothing, where the day is still the same.
    this.#takeFromDay = db.prepare<[BlobKey]>(`
      UPDATE upload_day SET bytes = max(0, bytes - size) FROM upload
      WHERE upload.id = ? AND deadline IS NOT NULL AND upload_day.domain = upload.domain
      AND day = created / ${DAY}`);
    this.#find = db.prepare<[BlobKey], Upload>(`
      SELECT ${COLUMNS} FROM upload JOIN user ON user.id = upload.user WHERE upload.id = ?`);
    this.#complete = db.prepare<[string, number, BlobKey]>(`
      UPDATE upload SET type = ?, created = ?, deadline = NULL
      WHERE id = ? AND deadline IS NOT NULL AND ${COUNTS} AND user IN (SELECT id FROM user)`);
    this.#list = db.prepare<[Owner, number, BlobKey, number], Upload>(`
      SELECT ${COLUMNS} FROM upload JOIN user ON user.id = upload.user
      WHERE jid = ? AND deadline IS NULL AND ${COUNTS}
      AND (upload.created, upload.id) < (?, ?)
      ORDER BY upload.created DESC, upload.id DESC LIMIT ?`);
    this.#totals = db.prepare<[string], { files: number; bytes: number }>(`
      SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes
      FROM upload WHERE domain = ? AND deadline IS NULL`);
    this.#expiring = db.prepare<[Owner, UploadPurpose | null], { expires: number; size: number }>(`
      SELECT expires, size FROM upload
      WHERE ${OF_USER} AND expires > 0 AND purpose = coalesce(?, purpose)`);
    this.#expire = db.prepare<[Owner, number]>(`
      UPDATE upload SET expires = 0 WHERE id IN (
        SELECT id FROM upload WHERE ${OF_USER} AND deadline IS NULL AND ${COUNTS}
        AND created < ? LIMIT ${EXPIRY_STEP})`);
    this.#expireOne = db.prepare<[BlobKey, Owner]>(`
      UPDATE upload SET expires = 0 WHERE id = ? AND ${OF_USER} AND deadline IS NULL AND ${COUNTS}`);
    this.#leave = db.prepare<[Owner]>(`
      UPDATE upload SET expires = 0, deadline = iif(deadline IS NULL, NULL, 0) WHERE ${OF_USER}`);
    this.#due = db.prepare<[string, number, number], DueUpload>(
      'SELECT id, size, deadline FROM upload WHERE domain = ? AND due <= ? ORDER BY due LIMIT ?',
    );
    this.#forget = db.prepare<[BlobKey]>('DELETE FROM upload WHERE id = ?');
  }

  reserve(slot: Upload, limits: UploadLimits): boolean {
    const { id, owner, name, type, size, purpose, created, expires, deadline } = slot;
    const user = this.#user.get(owner);
    if (user === undefined) return false;
    const usage = this.usage(owner, purpose, created);
    const surplus = limits.makesRoom ? usage.purposeBytes + size - limits.purposeQuota : 0;
    const leaving = this.#oldestFiles(owner, purpose, surplus);
    if (!isRoom(without(leaving.bytes, usage), size, limits)) return false;
    this.expireThese(owner, leaving.ids);
    const domain = domainOf(owner);
    this.#insert.run(id, user, domain, name, type, size, purpose, created, expires, deadline);
    this.#addToDay.run(domain, dayOf(created), size);
    return true;
  }

  /** As many as have `surplus` bytes, if there are. */
  #oldestFiles(owner: Owner, purpose: UploadPurpose, surplus: number) {
    const ids: BlobKey[] = [];
    let bytes = 0;
    for (const file of surplus > 0 ? this.#oldest.all(owner, purpose) : []) {
      if (bytes >= surplus) break;
      ids.push(file.id);
      bytes += file.size;
    }
    return { ids, bytes };
  }

  usage(owner: Owner, purpose: UploadPurpose, now: number): UploadUsage {
    const daily = this.#daily.get(domainOf(owner), dayOf(now)) ?? 0;
    return { ...this.#counts.get(purpose, owner)!, daily };
  }

  whenFreed(owner: Owner, bytes: number, purpose: UploadPurpose | null): number | null {
    const leaving = this.#expiring.all(owner, purpose);
    leaving.sort((one, other) => one.expires - other.expires);
    let missing = bytes;
    for (const { expires, size } of leaving) {
      missing -= size;
      if (missing <= 0) return expires;
    }
    return null;
  }

  find(id: BlobKey): Upload | null {
    return this.#find.get(id) ?? null;
  }

  complete(id: BlobKey, type: string, created: number): boolean {
    return this.#complete.run(type, created, id).changes > 0;
  }

  list(owner: Owner, after: Place | null, limit: number): readonly Upload[] {
    const created = after?.created ?? Number.MAX_SAFE_INTEGER;
    return this.#list.all(owner, created, after?.id ?? '', limit);
  }

  totals(domain: string): { files: number; bytes: number } {
    return this.#totals.get(domain)!;
  }

  /** Those that had come before then, one step; false when none was left to mark. */
  expire(owner: Owner, before: number): boolean {
    return this.#expire.run(owner, before).changes > 0;
  }

  /** Those named; without effect for what is not the owner's. */
  expireThese(owner: Owner, ids: readonly BlobKey[]): boolean {
    for (const id of ids) this.#expireOne.run(id, owner);
    return true;
  }

  /** Before the account is deleted. */
  leave(owner: Owner): void {
    this.#leave.run(owner);
  }

  due(domain: string, now: number, limit: number): readonly DueUpload[] {
    return this.#due.all(domain, now, limit);
  }

  forget(ids: readonly BlobKey[]): boolean {
    for (const id of ids) {
      this.#takeFromDay.run(id);
      this.#forget.run(id);
    }
    return true;
  }
}

function without(bytes: number, usage: UploadUsage): UploadUsage {
  return { ...usage, bytes: usage.bytes - bytes, purposeBytes: usage.purposeBytes - bytes };
}

function isRoom(usage: UploadUsage, size: number, limits: UploadLimits): boolean {
  return (
    usage.slots < limits.slots &&
    usage.bytes + size <= limits.quota &&
    usage.purposeBytes + size <= limits.purposeQuota &&
    usage.daily + size <= limits.daily
  );
}

function dayOf(time: number): number {
  return Math.floor(time / DAY);
}

function domainOf(owner: Owner): string {
  return owner.slice(owner.indexOf('@') + 1);
}

type Tables = { uploads: UploadTable };

/** The port, over the tables. */
export class SqliteUploads implements UploadStore {
  readonly #access: Access<Tables>;

  constructor(access: Access<Tables>) {
    this.#access = access;
  }

  reserve(slot: Upload, limits: UploadLimits): Promise<boolean> {
    return this.#access.ask(slot.owner, ['uploads', 'reserve', slot, limits]);
  }

  usage(owner: Owner, purpose: UploadPurpose, now: number): Maybe<UploadUsage> {
    return this.#access.read(owner, ({ uploads }) => uploads.usage(owner, purpose, now));
  }

  whenFreed(owner: Owner, bytes: number, purpose: UploadPurpose | null): Maybe<number | null> {
    return this.#access.read(owner, ({ uploads }) => uploads.whenFreed(owner, bytes, purpose));
  }

  find(id: BlobKey): Maybe<Upload | null> {
    return this.#access.read(id, ({ uploads }) => uploads.find(id));
  }

  complete(id: BlobKey, { type, created }: { type: string; created: number }): Promise<boolean> {
    return this.#access.ask(id, ['uploads', 'complete', id, type, created]);
  }

  list(owner: Owner, { after, limit }: { after: Place | null; limit: number }) {
    return this.#access.readAll(({ uploads }) => uploads.list(owner, after, limit));
  }

  totals(domain: string) {
    return this.#access.readAll(({ uploads }) => uploads.totals(domain));
  }

  async expire(owner: Owner, { before, ids }: UploadFilter): Promise<number> {
    const count = async () => (await this.usage(owner, 'message', 0)).files;
    const files = await count();
    if (ids) await this.#access.ask(owner, ['uploads', 'expireThese', owner, ids]);
    else await this.#expireAll(owner, before ?? Number.MAX_SAFE_INTEGER);
    return files - (await count());
  }

  async #expireAll(owner: Owner, before: number): Promise<void> {
    while (await this.#access.ask(owner, ['uploads', 'expire', owner, before]));
  }

  due(domain: string, now: number, limit: number): Maybe<readonly DueUpload[]> {
    return this.#access.readAll(({ uploads }) => uploads.due(domain, now, limit));
  }

  forget(ids: readonly BlobKey[]): Ticket {
    return this.#access.changeAll(['uploads', 'forget', ids]);
  }
}
