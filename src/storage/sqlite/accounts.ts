import type { Maybe } from '../../lib/maybe.ts';
import type { AccountStore, Owner, WholeAccount } from '../ports.ts';
import type { Access } from './access.ts';
import type { BlockTable } from './blocks.ts';
import type { OfflineTable } from './offline.ts';
import type { PrivateTable } from './private-xml.ts';
import type { RosterTable } from './rosters.ts';
import type { UserTable } from './users.ts';
import type { VcardTable } from './vcards.ts';

interface Parts {
  readonly users: UserTable;
  readonly rosters: RosterTable;
  readonly offline: OfflineTable;
  readonly blocks: BlockTable;
  readonly privateXml: PrivateTable;
  readonly vcards: VcardTable;
}

/** Accounts across the tables that have something of them. */
export class AccountTable {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  create(account: WholeAccount): boolean {
    const { users, rosters, offline, blocks, privateXml, vcards } = this.#parts;
    const { user, avatar } = account;
    const { owner } = user;
    if (!users.create(user, account.keys)) return false;
    if (avatar) users.update(owner, { avatar });
    for (const item of account.roster) rosters.put(owner, item);
    for (const message of account.offline) offline.append(owner, message);
    blocks.add(owner, account.blocked);
    for (const { name, xml } of account.privateXml) privateXml.put(owner, name, xml);
    if (account.vcard) vcards.put(owner, account.vcard);
    return true;
  }

  load(owner: Owner): WholeAccount | null {
    const { users, rosters, offline, blocks, privateXml, vcards } = this.#parts;
    const user = users.find(owner);
    if (!user) return null;
    return {
      user,
      keys: users.keys(owner),
      avatar: users.avatar(owner),
      roster: rosters.load(owner).items,
      offline: offline.load(owner).map(({ stamp, stanza }) => ({ stamp, stanza })),
      blocked: blocks.load(owner),
      privateXml: privateXml.all(owner),
      vcard: vcards.find(owner),
    };
  }
}

/** The port, over the tables. */
export class SqliteAccounts implements AccountStore {
  readonly #access: Access<{ accounts: AccountTable }>;

  constructor(access: Access<{ accounts: AccountTable }>) {
    this.#access = access;
  }

  create(account: WholeAccount): Promise<boolean> {
    return this.#access.ask(account.user.owner, ['accounts', 'create', account]);
  }

  load(owner: Owner): Maybe<WholeAccount | null> {
    return this.#access.read(owner, ({ accounts }) => accounts.load(owner));
  }
}
