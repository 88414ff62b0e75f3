import { LruMap } from '../lib/lru.ts';
import { isLater, type Maybe, now, then } from '../lib/maybe.ts';
import { Slots } from '../lib/token.ts';
import type { UserStore } from '../storage/ports.ts';
import { Jid } from '../xmpp/jid.ts';

/**
 * Accounts without sessions that stay in memory, with next to nothing each, e.g. to
 * take offline messages, and for the probes of those who come when others are away.
 */
const IDLE_ACCOUNTS = 4096;

/**
 * An account while it is in memory, where it is the authority: modules keep its
 * loaded state in slots, change it there, and tell the store.
 */
export class Account extends Slots {
  /** Bare. */
  readonly jid: Jid;
  /** Sessions that hold it. */
  holders = 0;
  /** Messages that are planned for its sessions, and wait for the disk. */
  onTheWay = 0;

  constructor(jid: Jid) {
    super();
    this.jid = jid;
  }

  /** The account as the store names it. */
  get owner(): string {
    return this.jid.toString();
  }
}

/** Finds out whether an account is kept elsewhere; if it is, the store has it from now on. */
export type Discover = (local: string) => Promise<boolean>;

/** The accounts of one host, each at most once in memory. */
export class Accounts {
  readonly #domain: string;
  readonly #users: UserStore;
  readonly #held = new Map<string, Account>();
  readonly #idle = new LruMap<string, Account>(IDLE_ACCOUNTS);
  readonly #loading = new Map<string, Promise<Account | null>>();
  readonly #discover: Discover | null;

  /** `discover` where accounts are kept elsewhere. */
  constructor(domain: string, users: UserStore, discover: Discover | null = null) {
    this.#domain = domain;
    this.#users = users;
    this.#discover = discover;
  }

  /** The account if it is in memory. */
  peek(local: string): Account | null {
    return this.#held.get(local) ?? this.#idle.get(local) ?? null;
  }

  /** Null for a name that has no account. */
  find(local: string): Maybe<Account | null> {
    const loaded = this.peek(local);
    if (loaded) return now(loaded);
    return this.#loading.get(local) ?? this.#load(local);
  }

  /** As `find`, also for one to which nobody has signed in yet; this may take a while. */
  seek(local: string): Maybe<Account | null> {
    const discover = this.#discover;
    if (!discover) return this.find(local);
    return then(this.find(local), (account) => {
      if (account) return account;
      return discover(local).then((isThere) => (isThere ? this.find(local) : null));
    });
  }

  /** Keeps the account in memory until as many calls of `release`. */
  hold(account: Account): void {
    account.holders++;
    this.#idle.delete(account.jid.local);
    this.#held.set(account.jid.local, account);
  }

  release(account: Account): void {
    account.holders--;
    const isCurrent = this.#held.get(account.jid.local) === account;
    if (account.holders > 0 || !isCurrent) return;
    this.#held.delete(account.jid.local);
    this.#idle.set(account.jid.local, account);
  }

  /** Forgets an account that has been deleted. */
  forget(local: string): void {
    this.#held.delete(local);
    this.#idle.delete(local);
    this.#loading.delete(local);
  }

  #load(local: string): Maybe<Account | null> {
    const jid = Jid.of(local, this.#domain);
    const found = then(this.#users.find(jid.toString()), (user) => {
      this.#loading.delete(local);
      return user ? this.#remember(new Account(jid)) : null;
    });
    if (isLater(found)) this.#loading.set(local, found);
    return found;
  }

  #remember(account: Account): Account {
    this.#idle.set(account.jid.local, account);
    return account;
  }
}
