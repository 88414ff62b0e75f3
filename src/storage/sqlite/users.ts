import type { Maybe } from '../../lib/maybe.ts';
import {
  type Avatar,
  type Owner,
  StorageError,
  type StoredScramKeys,
  type Ticket,
  type UserRecord,
  type UserStore,
  type UserUpdate,
} from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';
import type { TokenTable } from './tokens.ts';

interface UserRow {
  readonly jid: string;
  readonly is_disabled: number;
  readonly created: number;
  readonly last_login: number | null;
  readonly nickname: string | null;
  readonly imported: string | null;
  readonly source: string | null;
}

const COLUMNS = 'jid, is_disabled, created, last_login, nickname, imported, source';
/** Behind all bcrypt hashes, which begin with `$`. */
const AFTER_BCRYPT = '%';

/** The tables `user`, `credential` and `retired_name`. */
export class UserTable {
  readonly #tokens: TokenTable;
  readonly #find;
  readonly #keys;
  readonly #keysOf;
  readonly #avatar;
  readonly #list;
  readonly #listImported;
  readonly #nextImported;
  readonly #settle;
  readonly #isImported;
  readonly #insert;
  readonly #exists;
  readonly #clearKeys;
  readonly #insertKeys;
  readonly #setNickname;
  readonly #setAvatar;
  readonly #setDisabled;
  readonly #setLastLogin;
  readonly #setSource;
  readonly #delete;
  readonly #retire;
  readonly #unretire;
  readonly #retiredUntil;
  readonly #beforeDeletion: (owner: Owner) => void;

  /** `beforeDeletion` is told of every account that is about to be deleted. */
  constructor(
    db: Connection,
    { tokens, beforeDeletion }: { tokens: TokenTable; beforeDeletion: (owner: Owner) => void },
  ) {
    this.#tokens = tokens;
    this.#beforeDeletion = beforeDeletion;
    this.#find = db.prepare<[Owner], UserRow>(`SELECT ${COLUMNS} FROM user WHERE jid = ?`);
    this.#keys = db.prepare<[Owner], StoredScramKeys>(`
      SELECT hash, salt, iterations, stored_key AS storedKey, server_key AS serverKey
      FROM credential WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#keysOf = db.prepare<[Owner, string], StoredScramKeys>(`
      SELECT hash, salt, iterations, stored_key AS storedKey, server_key AS serverKey
      FROM credential WHERE user = (SELECT id FROM user WHERE jid = ?) AND hash = ?`);
    this.#avatar = db.prepare<[Owner], Avatar>(`
      SELECT avatar_type AS type, avatar AS data FROM user WHERE jid = ? AND avatar IS NOT NULL`);
    this.#list = db.prepare<[string, string, number], UserRow>(`
      SELECT ${COLUMNS} FROM user WHERE domain = ? AND name > ? ORDER BY name LIMIT ?`);
    // The plus keeps it to the order of names.
    this.#listImported = db.prepare<[string, string, number], UserRow>(`
      SELECT ${COLUMNS} FROM user WHERE domain = ? AND name > ? AND +imported IS NOT NULL
      ORDER BY name LIMIT ?`);
    this.#nextImported = db
      .prepare<[string, string], string>(`
        SELECT imported FROM user WHERE domain = ? AND imported > ? ORDER BY imported LIMIT 1`)
      .pluck();
    this.#settle = db.prepare<[string | null, Owner]>(
      'UPDATE user SET imported = ?, source = NULL WHERE jid = ? AND coalesce(imported, source) IS NOT NULL',
    );
    this.#isImported = db
      .prepare<[Owner, string], 1>('SELECT 1 FROM user WHERE jid = ? AND imported = ?')
      .pluck();
    this.#insert = db.prepare<unknown[]>(`
      INSERT INTO user (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (jid) DO NOTHING`);
    this.#exists = db.prepare<[Owner], 1>('SELECT 1 FROM user WHERE jid = ?').pluck();
    this.#clearKeys = db.prepare<[Owner]>(
      'DELETE FROM credential WHERE user = (SELECT id FROM user WHERE jid = ?)',
    );
    this.#insertKeys = db.prepare<unknown[]>(`
      INSERT OR REPLACE INTO credential (user, hash, iterations, salt, stored_key, server_key)
      SELECT id, ?, ?, ?, ?, ? FROM user WHERE jid = ?`);
    this.#setNickname = db.prepare<[string | null, Owner]>(
      'UPDATE user SET nickname = ? WHERE jid = ?',
    );
    this.#setAvatar = db.prepare<[string | null, Uint8Array | null, Owner]>(
      'UPDATE user SET avatar_type = ?, avatar = ? WHERE jid = ?',
    );
    this.#setDisabled = db.prepare<[number, Owner]>(
      'UPDATE user SET is_disabled = ? WHERE jid = ?',
    );
    this.#setLastLogin = db.prepare<[number | null, Owner]>(
      'UPDATE user SET last_login = ? WHERE jid = ?',
    );
    this.#setSource = db.prepare<[string | null, Owner]>(
      'UPDATE user SET source = ? WHERE jid = ?',
    );
    this.#delete = db.prepare<[Owner]>('DELETE FROM user WHERE jid = ?');
    this.#retire = db.prepare<[Owner, number]>(
      'INSERT OR REPLACE INTO retired_name (jid, until) VALUES (?, ?)',
    );
    this.#unretire = db.prepare<[Owner]>('DELETE FROM retired_name WHERE jid = ?');
    this.#retiredUntil = db
      .prepare<[Owner], number>('SELECT until FROM retired_name WHERE jid = ?')
      .pluck();
  }

  find(owner: Owner): UserRecord | null {
    const row = this.#find.get(owner);
    return row ? toRecord(row) : null;
  }

  keys(owner: Owner, hash?: string): readonly StoredScramKeys[] {
    return hash === undefined ? this.#keys.all(owner) : this.#keysOf.all(owner, hash);
  }

  avatar(owner: Owner): Avatar | null {
    return this.#avatar.get(owner) ?? null;
  }

  list(domain: string, after: Owner | null, limit: number): readonly UserRecord[] {
    return this.#list.all(domain, after ? nameOf(after) : '', limit).map(toRecord);
  }

  listImported(domain: string, after: Owner | null, limit: number): readonly UserRecord[] {
    return this.#listImported.all(domain, after ? nameOf(after) : '', limit).map(toRecord);
  }

  importedKinds(domain: string): readonly string[] {
    const kinds: string[] = [];
    let next = this.#nextImported.get(domain, '');
    while (next !== undefined) {
      kinds.push(next);
      next = this.#nextImported.get(domain, next < AFTER_BCRYPT ? AFTER_BCRYPT : next);
    }
    return kinds;
  }

  create(user: UserRecord, keys: readonly StoredScramKeys[]): boolean {
    const { owner, isDisabled, created, lastLogin, nickname, imported, source } = user;
    const facts = [owner, Number(isDisabled), created, lastLogin, nickname, imported, source];
    if (this.#insert.run(...facts).changes === 0) return false;
    this.#unretire.run(owner);
    return this.#putKeys(owner, keys);
  }

  setKeys(owner: Owner, keys: readonly StoredScramKeys[]): boolean {
    this.#settle.run(null, owner);
    this.#tokens.revoke(owner, null);
    return this.#putKeys(owner, keys);
  }

  upgrade(
    owner: Owner,
    imported: string,
    keys: readonly StoredScramKeys[],
    still: string | null,
  ): boolean {
    if (this.#isImported.get(owner, imported) === undefined) return true;
    this.#settle.run(still, owner);
    return this.#putKeys(owner, keys);
  }

  #putKeys(owner: Owner, keys: readonly StoredScramKeys[]): boolean {
    this.#clearKeys.run(owner);
    for (const { hash, iterations, salt, storedKey, serverKey } of keys) {
      this.#insertKeys.run(hash, iterations, salt, storedKey, serverKey, owner);
    }
    return this.#exists.get(owner) !== undefined;
  }

  update(owner: Owner, { nickname, avatar, isDisabled, lastLogin, source }: UserUpdate): boolean {
    if (nickname !== undefined) this.#setNickname.run(nickname, owner);
    if (avatar !== undefined) {
      this.#setAvatar.run(avatar?.type ?? null, avatar?.data ?? null, owner);
    }
    if (isDisabled !== undefined) this.#setDisabled.run(Number(isDisabled), owner);
    if (lastLogin !== undefined) this.#setLastLogin.run(lastLogin, owner);
    if (source !== undefined) this.#setSource.run(source, owner);
    return this.#exists.get(owner) !== undefined;
  }

  delete(owner: Owner, retiredUntil: number): boolean {
    this.#beforeDeletion(owner);
    const isGone = this.#delete.run(owner).changes > 0;
    if (isGone && retiredUntil > 0) this.#retire.run(owner, retiredUntil);
    return true;
  }

  retiredUntil(owner: Owner): number | null {
    return this.#retiredUntil.get(owner) ?? null;
  }
}

function toRecord(row: UserRow): UserRecord {
  return {
    owner: row.jid,
    nickname: row.nickname,
    isDisabled: row.is_disabled === 1,
    created: row.created,
    lastLogin: row.last_login,
    imported: row.imported,
    source: row.source,
  };
}

/** The local part, as the generated column has it. */
function nameOf(owner: Owner): string {
  return owner.slice(0, Math.max(0, owner.indexOf('@')));
}

/** The port, over the table. */
export class SqliteUsers implements UserStore {
  readonly #access: Access<{ users: UserTable }>;
  readonly #afterDeletion: () => void;

  /** @param afterDeletion is called when an account has been deleted */
  constructor(access: Access<{ users: UserTable }>, afterDeletion: () => void) {
    this.#access = access;
    this.#afterDeletion = afterDeletion;
  }

  find(owner: Owner): Maybe<UserRecord | null> {
    return this.#access.read(owner, ({ users }) => users.find(owner));
  }

  keys(owner: Owner, hash?: StoredScramKeys['hash']): Maybe<readonly StoredScramKeys[]> {
    return this.#access.read(owner, ({ users }) => users.keys(owner, hash));
  }

  avatar(owner: Owner): Maybe<Avatar | null> {
    return this.#access.read(owner, ({ users }) => users.avatar(owner));
  }

  retiredUntil(owner: Owner): Maybe<number | null> {
    return this.#access.read(owner, ({ users }) => users.retiredUntil(owner));
  }

  list(domain: string, after: Owner | null, limit: number): Maybe<readonly UserRecord[]> {
    return this.#access.readAll(({ users }) => users.list(domain, after, limit));
  }

  async create(user: UserRecord, keys: readonly StoredScramKeys[]): Promise<void> {
    if (await this.#access.ask(user.owner, ['users', 'create', user, keys])) return;
    throw new StorageError(
      'failed',
      `The account ${user.owner} exists already.`,
      'Choose another name, or delete the account first.',
    );
  }

  setKeys(owner: Owner, keys: readonly StoredScramKeys[]): Ticket {
    return this.#access.change(owner, ['users', 'setKeys', owner, keys]);
  }

  upgrade(
    owner: Owner,
    imported: string,
    keys: readonly StoredScramKeys[],
    still: string | null = null,
  ): Ticket {
    return this.#access.change(owner, ['users', 'upgrade', owner, imported, keys, still]);
  }

  listImported(domain: string, after: Owner | null, limit: number): Maybe<readonly UserRecord[]> {
    return this.#access.readAll(({ users }) => users.listImported(domain, after, limit));
  }

  importedKinds(domain: string): Maybe<readonly string[]> {
    return this.#access.readAll(({ users }) => users.importedKinds(domain));
  }

  update(owner: Owner, update: UserUpdate): Ticket {
    return this.#access.change(owner, ['users', 'update', owner, update]);
  }

  noteLogin(owner: Owner, lastLogin: number): void {
    this.#access.changeLater(['users', 'update', owner, { lastLogin }]);
  }

  delete(owner: Owner, retiredUntil: number): Ticket {
    const ticket = this.#access.change(owner, ['users', 'delete', owner, retiredUntil]);
    this.#afterDeletion();
    return ticket;
  }
}
