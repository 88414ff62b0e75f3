import type { Clock } from '../lib/clock.ts';
import { LruMap } from '../lib/lru.ts';
import { type AccountSource, SourceError } from '../sources/ports.ts';
import type { UserStore } from '../storage/ports.ts';
import type { Credentials, TokenVerdict } from '../stream/ports.ts';
import { SaslError } from '../stream/sasl/mechanism.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { Jid } from '../xmpp/jid.ts';

/** Names that nobody has, as far as is known, and for how many milliseconds. */
const ABSENT_NAMES = 4_096;
const ABSENCE = 60_000;
/** Names that are looked for at a time; for more, there is nobody. */
const MAX_LOOKS = 8;

/**
 * The accounts of one host that are kept elsewhere. What they have here (roster,
 * messages) hangs on a row of their own, made at the first sign-in or when something
 * comes for them before. A disabled row keeps them out, whatever their source says,
 * and so does the name of a deleted one until its time is over.
 */
export class ForeignAccounts {
  readonly source: AccountSource;
  readonly #domain: string;
  readonly #users: UserStore;
  readonly #clock: Clock;
  readonly #absent = new LruMap<string, { readonly until: number }>(ABSENT_NAMES);
  readonly #looks = new Map<string, Promise<boolean>>();

  constructor(domain: string, source: AccountSource, deps: { users: UserStore; clock: Clock }) {
    this.#domain = domain;
    this.source = source;
    this.#users = deps.users;
    this.#clock = deps.clock;
  }

  /** Rejects with `SaslError` temporary-auth-failure while the source does not answer. */
  async credentials(username: string): Promise<Credentials | null> {
    const scram = await answered(() => this.#scramKeys(username));
    if (scram === null) return null;
    return { username, scram, isDisabled: !(await this.#mayEnter(username)) };
  }

  /** Rejects as `credentials` does. */
  async verify(username: string, password: string): Promise<boolean> {
    const isRight = await answered(() => this.source.verify!(username, password));
    return (await this.#mayEnter(username)) && isRight;
  }

  /** Rejects as `credentials` does. */
  async verifyToken(token: string): Promise<TokenVerdict> {
    const verdict = await answered(() => this.source.verifyToken!(token));
    const mayEnter = 'username' in verdict ? await this.#mayEnter(verdict.username) : true;
    return mayEnter ? verdict : { error: 'invalid_token' };
  }

  /**
   * Whether the account is still there, and may be used here. Rejects as `credentials`
   * does; false where the source cannot tell.
   */
  async isInUse(username: string): Promise<boolean> {
    if (!(await this.#mayEnter(username))) return false;
    return await answered(async () => (await this.source.exists?.(username)) ?? false);
  }

  /** Makes the row of who has signed in. Throws `StanzaError` not-allowed for a deleted account. */
  async admit(username: string): Promise<void> {
    const owner = this.#owner(username);
    const user = await this.#users.find(owner);
    if (!user && (await this.#isRetired(owner))) {
      throw new StanzaError('not-allowed', 'the account is gone');
    }
    const { type } = this.source;
    if (!user) await this.make(username);
    else if (user.source !== type) this.#users.update(owner, { source: type });
  }

  /** Makes the row of an account unless there is one, also under a retired name. */
  async make(username: string): Promise<void> {
    const owner = this.#owner(username);
    if (await this.#users.find(owner)) return;
    const blank = { nickname: null, isDisabled: false, lastLogin: null, imported: null };
    const user = { owner, created: this.#clock.now(), ...blank, source: this.source.type };
    try {
      await this.#users.create(user, []);
    } catch (error) {
      // Somebody was faster.
      if (!(await this.#users.find(owner))) throw error;
    }
    this.#absent.delete(username);
  }

  /** Whether the source knows somebody of that name, whose row is there then. */
  readonly discover = (username: string): Promise<boolean> => {
    const look = this.#looks.get(username);
    if (look) return look;
    const absent = this.#absent.get(username);
    const isKnown = absent !== undefined && absent.until > this.#clock.now();
    if (isKnown || this.#looks.size >= MAX_LOOKS) return Promise.resolve(false);
    const begun = this.#look(username).finally(() => this.#looks.delete(username));
    this.#looks.set(username, begun);
    return begun;
  };

  async #look(username: string): Promise<boolean> {
    try {
      const isRetired = await this.#isRetired(this.#owner(username));
      if (!isRetired && (await this.source.exists?.(username))) {
        await this.make(username);
        return true;
      }
      this.#absent.set(username, { until: this.#clock.now() + ABSENCE });
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
    return false;
  }

  /** None of an account that is there, where the source has none to give. */
  async #scramKeys(username: string): Promise<Credentials['scram'] | null> {
    if (this.source.scramKeys) return await this.source.scramKeys(username);
    const isHere = (await this.#users.find(this.#owner(username))) !== null;
    return isHere || (await this.source.exists?.(username)) ? [] : null;
  }

  async #mayEnter(username: string): Promise<boolean> {
    const owner = this.#owner(username);
    const user = await this.#users.find(owner);
    return user ? !user.isDisabled : !(await this.#isRetired(owner));
  }

  async #isRetired(owner: string): Promise<boolean> {
    const until = await this.#users.retiredUntil(owner);
    return until !== null && until > this.#clock.now();
  }

  #owner(username: string): string {
    return Jid.of(username, this.#domain).toString();
  }
}

/** Nobody has tried a password in vain while the source is away. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SaslError('temporary-auth-failure', { isAttempt: false });
  }
}
