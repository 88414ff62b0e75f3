import type { Clock } from '../lib/clock.ts';
import type { AccountSource } from '../sources/ports.ts';
import type { Storage, StoredScramKeys, UserRecord, WholeAccount } from '../storage/ports.ts';
import type { TokenRecord } from '../storage/token-port.ts';
import { deriveAccountKeys, HASHES } from '../stream/sasl/account-keys.ts';
import { Jid } from '../xmpp/jid.ts';
import { SaslprepError } from '../xmpp/saslprep.ts';
import type { Account } from './accounts.ts';
import type { ForeignAccounts } from './foreign-accounts.ts';
import type { Host } from './host.ts';
import { ImportedPasswords } from './imported-passwords.ts';
import type { Session } from './session.ts';
import type { SessionBinder } from './session-binder.ts';

/** What a host's operator wants of its accounts. */
export interface AccountRules {
  readonly scramIterations: number;
  /** Whether sign-in offers only what suits imported accounts, as long as there are any. */
  readonly suitsImported: boolean;
  /** Milliseconds for which nobody gets the name of a deleted account. */
  readonly nameRetirement: number;
}

/** Why an account cannot be created. */
export type Obstacle = 'exists' | 'retired';

/**
 * Makes, changes and ends the accounts of one host, whoever asks: operators or
 * the users themselves. Everything settles once it is on disk.
 */
export class AccountKeeper {
  /** Of the accounts whose passwords are not known yet. */
  readonly imported: ImportedPasswords;
  readonly #host: Host;
  readonly #storage: Storage;
  readonly #clock: Clock;
  #rules: AccountRules;
  readonly #binder: SessionBinder;
  readonly #farewell: (account: Account) => Promise<void>;
  readonly #source: AccountSource;
  readonly #foreign: ForeignAccounts | null;

  /** `farewell` does what the modules have to do before an account goes. */
  constructor(
    host: Host,
    rules: AccountRules,
    deps: {
      storage: Storage;
      clock: Clock;
      binder: SessionBinder;
      source: AccountSource;
      /** Null where the accounts are kept here. */
      foreign: ForeignAccounts | null;
      farewell: (account: Account) => Promise<void>;
    },
  ) {
    this.#host = host;
    this.#rules = rules;
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#binder = deps.binder;
    this.#farewell = deps.farewell;
    this.#source = deps.source;
    this.#foreign = deps.foreign;
    this.imported = new ImportedPasswords(host.domain, deps.storage.users, rules.suitsImported);
  }

  /** For what is done to accounts from now on. */
  useRules(rules: AccountRules): void {
    this.#rules = rules;
    this.imported.isHeeded = rules.suitsImported;
  }

  /** Where the accounts are kept, if not here: only there are they made, and ended for good. */
  get keptElsewhere(): string | null {
    return this.#foreign?.source.type ?? null;
  }

  get canSetPasswords(): boolean {
    return this.#source.change !== undefined;
  }

  /** What stands in the way of a new account; null when nothing does. */
  async obstacle(local: string): Promise<Obstacle | null> {
    const { users } = this.#storage;
    const owner = this.#owner(local);
    if (await users.find(owner)) return 'exists';
    const until = await users.retiredUntil(owner);
    return until !== null && until > this.#clock.now() ? 'retired' : null;
  }

  /**
   * Creates an account, also under a retired name. Rejects with `SaslprepError`
   * where the password cannot be one (RFC 4013), and with `StorageError` 'failed'
   * when the account exists.
   */
  async create(local: string, password: string): Promise<void> {
    const keys = await this.#deriveKeys(password);
    await this.#storage.users.create(this.#newUser(local), keys);
  }

  /**
   * Changes the password, makes void all tokens, and ends all sessions but `spared`;
   * returns how many.
   * Rejects as `create` does for what is no password, with `PasswordRefusedError` where
   * the account's source does not take it, and with `SourceError` where it does not answer.
   */
  async setPassword(local: string, password: string, spared?: Session): Promise<number> {
    if (!this.#source.change) throw new Error(`${this.#source.type} sets no passwords`);
    await this.#source.change(local, password, this.#rules.scramIterations);
    // Where the keys are kept here, these are void with the old ones.
    if (this.#foreign) await this.revokeTokens(local);
    await this.#lookAgain();
    return this.#close(local, 'the password has changed', spared);
  }

  /**
   * Makes void the tokens of one client of the account (XEP-0484), or of all; returns of how
   * many. Sessions that have begun with them go on.
   */
  async revokeTokens(local: string, client: string | null = null): Promise<number> {
    const { tokens, durability } = this.#storage;
    const owner = this.#owner(local);
    const isMeant = (token: TokenRecord) =>
      token.expires > this.#clock.now() && (client === null || token.client === client);
    const clients = new Set((await tokens.list(owner)).filter(isMeant).map((each) => each.client));
    await durability.whenCommitted(tokens.revoke(owner, client));
    return clients.size;
  }

  /** Creates the account of somebody who is anonymous, without any way to sign in again. */
  async admit(local: string): Promise<void> {
    await this.#storage.users.create(this.#newUser(local), []);
  }

  /**
   * Creates an account with all that it had elsewhere, also under a retired name, with
   * keys for `password` where there is one; without any where it is kept elsewhere. False
   * when the account exists; rejects as `create` does for what is no password.
   */
  async adopt(account: WholeAccount, password: string | null): Promise<boolean> {
    if (this.#foreign) return await this.#storage.accounts.create(this.#withoutSecrets(account));
    const keys = password === null ? account.keys : await this.#deriveKeys(password);
    const isNew = await this.#storage.accounts.create({ ...account, keys });
    if (isNew && account.user.imported !== null) await this.imported.look();
    return isNew;
  }

  /**
   * Gives an imported account keys for its password, which was seen just now. Where
   * SASLprep forbids the password (RFC 4013), the account stays as it is.
   */
  async upgrade(local: string, imported: string, password: string): Promise<void> {
    const { users, durability } = this.#storage;
    try {
      const keys = await this.#deriveKeys(password);
      await durability.whenCommitted(users.upgrade(this.#owner(local), imported, keys));
      await this.#lookAgain();
    } catch (error) {
      if (!(error instanceof SaslprepError)) throw error;
    }
  }

  /** Gives an imported account keys of more hashes, beside those that it has (XEP-0480). */
  async addKeys(local: string, imported: string, added: readonly StoredScramKeys[]): Promise<void> {
    const { users, durability } = this.#storage;
    const owner = this.#owner(local);
    const keys = [...(await users.keys(owner)), ...added];
    const known = HASHES.filter((hash) => keys.some((each) => each.hash === hash));
    const still = known.length < HASHES.length ? known.join(' ') : null;
    await durability.whenCommitted(users.upgrade(owner, imported, keys, still));
    await this.#lookAgain();
  }

  /**
   * Lets the account sign in again, or not any more; returns how many sessions that ended.
   * One that is kept elsewhere need not have been here before, or may have been deleted.
   */
  async setDisabled(local: string, isDisabled: boolean): Promise<number> {
    const { users, durability } = this.#storage;
    await this.#foreign?.make(local);
    await durability.whenCommitted(users.update(this.#owner(local), { isDisabled }));
    return isDisabled ? this.#close(local, 'the account is disabled') : 0;
  }

  /**
   * Deletes the account with everything that belongs to it, after its contacts
   * have heard; returns how many sessions that ended. `spared` outlives it, for
   * the answer to whoever asked for this. Where the name does not retire, nobody
   * has ever known it.
   */
  async remove(
    local: string,
    { spared, retires = true }: { spared?: Session; retires?: boolean } = {},
  ): Promise<number> {
    const WHY = 'the account has been deleted';
    const { users, durability } = this.#storage;
    const owner = this.#owner(local);
    // First of all, so that nobody signs in meanwhile and then writes anew.
    await durability.whenCommitted(users.update(owner, { isDisabled: true }));
    const closed = this.#close(local, WHY, spared);
    const account = await this.#host.accounts.find(local);
    if (account) await this.#farewell(account);
    const isKept = retires && this.#rules.nameRetirement > 0;
    const retiredUntil = isKept ? this.#clock.now() + this.#rules.nameRetirement : 0;
    await durability.whenCommitted(users.delete(owner, retiredUntil));
    await this.#lookAgain();
    this.#host.accounts.forget(local);
    // Whoever had signed in before may have asked for a session only meanwhile.
    return closed + this.#close(local, WHY, spared);
  }

  #newUser(local: string): UserRecord {
    const facts = { nickname: null, isDisabled: false, lastLogin: null };
    const created = this.#clock.now();
    return { owner: this.#owner(local), created, ...facts, imported: null, source: null };
  }

  #withoutSecrets(account: WholeAccount): WholeAccount {
    const user = { ...account.user, imported: null, source: this.#source.type };
    return { ...account, user, keys: [] };
  }

  /** An account may have been the last of its kind. */
  async #lookAgain(): Promise<void> {
    if (this.imported.isAny) await this.imported.look();
  }

  #close(local: string, why: string, spared?: Session): number {
    const sessions = this.#binder.list(local).filter((session) => session !== spared);
    for (const session of sessions) session.close('not-authorized', why);
    return sessions.length;
  }

  #deriveKeys(password: string): Promise<readonly StoredScramKeys[]> {
    return deriveAccountKeys(password, this.#rules.scramIterations);
  }

  #owner(local: string): string {
    return Jid.of(local, this.#host.domain).toString();
  }
}
