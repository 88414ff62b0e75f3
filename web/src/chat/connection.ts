import { type Signal, signal } from '@preact/signals';
import type { Agent, Stanzas } from 'stanza';
import { makeAgent } from './agent.ts';
import { type Credentials, forgetCredentials, keepCredentials } from './credentials.ts';
import { bareOf, domainOf, localOf } from './jid.ts';
import { useSasl2 } from './sasl2.ts';

/**
 * `waiting`: for the next try to connect. `replaced`: another page has taken over this
 * sign-in, and this one stays away.
 */
export type ConnectionState = 'connecting' | 'online' | 'waiting' | 'replaced' | 'closed';

/** Why somebody could not sign in or up: what the page says in words. */
export type Refusal =
  | 'wrong-password'
  | 'expired'
  | 'name-taken'
  | 'bad-name'
  | 'sign-up-closed'
  | 'busy'
  | 'unreachable'
  | 'refused';

export class RefusalError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

export interface SignIn {
  /** Bare. */
  readonly jid: string;
  readonly password: string;
  /** Whether this browser is to be signed in next time as well. */
  readonly isKept: boolean;
  /** Whether the account is to be made first (XEP-0077). */
  readonly isNew: boolean;
}

/** Seconds before the first try to connect again, and at most. */
const FIRST_DELAY = 1;
const MAX_DELAY = 30;

/**
 * One account's way to its server: signs in, keeps the session over broken connections
 * (XEP-0198), and comes back with a token or, until there is one, with the password that
 * is in memory alone.
 */
export class Connection {
  readonly agent: Agent;
  readonly state: Signal<ConnectionState> = signal('connecting');
  readonly jid: string;
  /** Why it is closed; null where its owner wanted that. */
  refusal: Refusal | null = null;
  readonly #isKept: boolean;
  readonly #client: string;
  #token: string | null = null;
  #password: string | null = null;
  #isNew = false;
  #isLast = false;
  #tries = 0;
  #timer = 0;
  /** What becomes of the first try; null once that is known. */
  #first: PromiseWithResolvers<void> | null = null;

  private constructor(jid: string, client: string, isKept: boolean) {
    this.jid = jid;
    this.#client = client;
    this.#isKept = isKept;
    this.agent = makeAgent(jid);
    useSasl2(this.agent, {
      client,
      username: () => localOf(jid),
      secret: () =>
        this.#token === null ? { password: this.#password ?? '' } : { token: this.#token },
      isLast: () => this.#isLast,
      tokenGiven: (token) => this.#keep(token),
      refused: (condition) => this.#refused(condition),
    });
    this.agent.registerFeature('inbandRegistration', 40, (_, done) => void this.#signUp(done));
    this.#listen();
  }

  /** Rejects with `RefusalError`. */
  static async signIn(wish: SignIn): Promise<Connection> {
    const connection = new Connection(bareOf(wish.jid), newId(), wish.isKept);
    connection.#password = wish.password;
    connection.#isNew = wish.isNew;
    connection.agent.config.credentials = { password: wish.password };
    await connection.#begin();
    return connection;
  }

  /** Rejects with `RefusalError` where the token is good no more. */
  static async comeBack({ jid, client, token, isKept }: Credentials): Promise<Connection> {
    const connection = new Connection(jid, client, isKept);
    connection.#token = token;
    await connection.#begin();
    return connection;
  }

  /** At once, where it waits for the next try, or was replaced. */
  reconnect(): void {
    if (this.state.value !== 'waiting' && this.state.value !== 'replaced') return;
    window.clearTimeout(this.#timer);
    this.state.value = 'connecting';
    this.agent.connect();
  }

  /** Gives this connection up for a new one. */
  restart(): void {
    this.agent.transport?.disconnect(false);
  }

  /** Ends the session, and forgets the sign-in, here and on the server. */
  signOut(): void {
    forgetCredentials({ client: this.#client });
    this.#stop('closed');
    if (this.#token !== null) this.agent.once('disconnected', () => this.#giveBack());
    this.agent.disconnect();
  }

  /** A token is void once it was shown for the last time (XEP-0484 §4.4). */
  #giveBack(): void {
    const last = new Connection(this.jid, this.#client, false);
    last.#token = this.#token;
    last.#isLast = true;
    const end = (): void => {
      last.#stop('closed');
      last.agent.disconnect();
    };
    void last.#begin().then(end, end);
  }

  async #begin(): Promise<void> {
    this.#first = Promise.withResolvers();
    this.agent.connect();
    await this.#first.promise;
  }

  #listen(): void {
    const { agent } = this;
    const online = () => {
      this.#tries = 0;
      this.state.value = 'online';
      this.#first?.resolve();
      this.#first = null;
    };
    agent.on('session:started', online);
    agent.on('stream:management:resumed', online);
    agent.on('streamError', ({ condition }) => {
      if (condition === 'conflict') this.#stop('replaced');
    });
    // Of stanza's own profile, for servers that have no other.
    agent.on('auth:failed', () => this.#refused('not-authorized'));
    agent.on('disconnected', () => this.#lost());
    window.addEventListener('online', () => this.reconnect());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.state.value === 'waiting') {
        this.reconnect();
      }
    });
  }

  #lost(): void {
    if (this.#first) {
      this.#fail('unreachable');
      return;
    }
    if (this.state.value === 'closed' || this.state.value === 'replaced') return;
    this.state.value = 'waiting';
    const delay = Math.min(FIRST_DELAY * 2 ** this.#tries, MAX_DELAY);
    this.#tries += 1;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(
      () => this.reconnect(),
      delay * (0.5 + Math.random() / 2) * 1000,
    );
  }

  #keep(token: string): void {
    this.#token = token;
    this.#password = null;
    delete this.agent.config.credentials;
    keepCredentials({ jid: this.jid, client: this.#client, token, isKept: this.#isKept });
  }

  #refused(condition: string): void {
    if (condition === 'temporary-auth-failure') {
      // Somebody who is signed in stays so, and tries again later.
      if (this.#first) this.#fail('busy');
      return;
    }
    const isByToken = this.#token !== null;
    if (isByToken) forgetCredentials({ client: this.#client });
    this.#fail(isByToken ? 'expired' : 'wrong-password');
  }

  #fail(refusal: Refusal): void {
    this.refusal = refusal;
    this.#first?.reject(new RefusalError(refusal));
    this.#first = null;
    this.#stop('closed');
    this.agent.disconnect();
  }

  #stop(state: 'closed' | 'replaced'): void {
    window.clearTimeout(this.#timer);
    this.state.value = state;
  }

  async #signUp(done: (command?: string, message?: string) => void): Promise<void> {
    if (!this.#isNew) {
      done();
      return;
    }
    try {
      const { agent, jid } = this;
      const fields = { username: localOf(jid), password: this.#password ?? '' };
      await agent.sendIQ({ type: 'set', to: domainOf(jid), account: fields });
      this.#isNew = false;
      done();
    } catch (error) {
      this.#fail(refusalOf(error));
      done('disconnect', 'no account');
    }
  }
}

function refusalOf(error: unknown): Refusal {
  const condition = (error as Partial<Stanzas.IQ> | null)?.error?.condition;
  if (condition === 'conflict') return 'name-taken';
  if (condition === 'resource-constraint') return 'busy';
  if (condition === 'jid-malformed' || condition === 'not-acceptable') return 'bad-name';
  if (condition === 'not-allowed' || condition === 'service-unavailable') return 'sign-up-closed';
  return 'refused';
}

/** A UUID of version 4, also where the page is no secure context. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
