import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Maybe, then } from '../lib/maybe.ts';
import { randomText } from '../lib/random.ts';
import { asIs, type Event, slot } from '../lib/token.ts';
import type { SessionWire } from '../stream/ports.ts';
import { StanzaError, type StreamErrorCondition } from '../xmpp/errors.ts';
import { Jid, JidError } from '../xmpp/jid.ts';
import type { Account } from './accounts.ts';
import { AccountIdle, SessionDetached, SessionEnded, SessionResumed } from './events.ts';
import type { Host } from './host.ts';
import { LostWire } from './lost-wire.ts';
import type { Sent } from './sent-stanzas.ts';
import { Session } from './session.ts';
import type { SessionLife } from './session-life.ts';
import type { SessionState } from './session-state.ts';

export interface SessionRules {
  /** Sessions that one account may hold at a time. */
  readonly perAccount: number;
  /** What happens when a client asks for a resource in use (RFC 6120 §7.7.2.2). */
  readonly resourceConflict: 'replace' | 'refuse' | 'rename';
}

/** Milliseconds that a new session waits for those that leave; their line may hang on a slow disk. */
const PATIENCE = 5_000;

/** The installation of the client (XEP-0388 §2.3), which nobody else gets to know. */
const UserAgent = slot<string>('user agent', asIs());

/** Makes sessions of authenticated streams, and unmakes them (RFC 6120 §7). */
export class SessionBinder {
  readonly #host: Host;
  #rules: SessionRules;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #emit: <T>(event: Event<T>, fact: T) => void;

  constructor(
    host: Host,
    rules: SessionRules,
    deps: { clock: Clock; log: Log; emit: <T>(event: Event<T>, fact: T) => void },
  ) {
    this.#host = host;
    this.#rules = rules;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#emit = deps.emit;
  }

  /** For sessions from now on. */
  useRules(rules: SessionRules): void {
    this.#rules = rules;
  }

  /**
   * Binds a resource; null lets the server choose. Earlier sessions of the same
   * user agent end (XEP-0386 §3.2). Throws `StanzaError`: conflict,
   * resource-constraint, bad-request, not-allowed (RFC 6120 §7.6.2, §7.7.2).
   */
  bind(
    username: string,
    resource: string | null,
    wire: SessionWire,
    userAgent = '',
  ): Maybe<Session> {
    const asked = resource ? this.#fullJid(username, resource) : null;
    const find = () => this.#host.accounts.find(username);
    return then(then(this.#whenLeft(username), find), (account) => {
      // Deleted between signing in and binding.
      if (!account) throw new StanzaError('not-allowed', 'the account is gone');
      const session = this.#start(account, this.#claim(account, asked, userAgent), wire);
      if (userAgent) session.set(UserAgent, userAgent);
      return session;
    });
  }

  /** Whoever comes back comes behind what it said before it left. */
  #whenLeft(username: string): Maybe<unknown> {
    const leaving = this.list(username).filter(({ isLeaving }) => isLeaving);
    if (leaving.length === 0) return undefined;
    const elapsed = new Promise<void>((resolve) => this.#clock.after(PATIENCE, resolve));
    return Promise.race([Promise.all(leaving.map((each) => each.whenThrough())), elapsed]);
  }

  /** Brings back a session of the process before, detached for `hold` ms; nobody hears of it. */
  restore(
    account: Account,
    state: SessionState,
    { sent, hold }: { sent: readonly Sent[]; hold: number },
  ): Session {
    const { started, address, transport, lang } = state;
    const wire = new LostWire({ remoteAddress: address, transport, lang });
    const session = new Session(account.jid.withResource(state.resource), {
      ...{ account, host: this.#host, wire, clock: this.#clock, life: this.#life, started },
    });
    session.revive(state, sent, hold);
    this.#host.accounts.hold(account);
    this.#host.directory.add(session);
    return session;
  }

  /** This process's sessions of one account, or of the whole host. */
  list(username?: string): Session[] {
    const { directory, domain } = this.#host;
    const entries =
      username === undefined
        ? directory.local()
        : directory.peek(Jid.of(username, domain).toString());
    return [...entries].filter(
      (entry): entry is Session => entry instanceof Session && entry.host === this.#host,
    );
  }

  closeAll(condition: StreamErrorCondition, username?: string, text?: string): void {
    for (const session of this.list(username)) session.close(condition, text);
  }

  #fullJid(username: string, resource: string): Jid {
    try {
      return Jid.of(username, this.#host.domain).withResource(resource);
    } catch (error) {
      if (error instanceof JidError) throw new StanzaError('bad-request', error.message);
      throw error;
    }
  }

  /** The full JID that is free for a new session, by the rule for conflicts. */
  #claim(account: Account, asked: Jid | null, userAgent: string): Jid {
    const { perAccount, resourceConflict: rule } = this.#rules;
    const sessions = this.list(account.jid.local);
    const own = sessions.filter((each) => userAgent && each.get(UserAgent) === userAgent);
    const holder = sessions.find((each) => asked?.equals(each.jid) && !own.includes(each));
    if (holder && rule === 'refuse') throw new StanzaError('conflict');
    const leaving = holder && rule === 'replace' ? [...own, holder] : [...own];
    // One that nobody may come back to is worth less than one that is here.
    const spare = sessions.find((each) => each.isDetached && !leaving.includes(each));
    if (spare && sessions.length - leaving.length >= perAccount) leaving.push(spare);
    if (sessions.length - leaving.length >= perAccount) {
      throw new StanzaError('resource-constraint', 'this account has too many sessions');
    }
    for (const session of leaving) session.close('conflict', 'another session has taken its place');
    return asked && (!holder || rule === 'replace') ? asked : this.#freshJid(account);
  }

  #freshJid(account: Account): Jid {
    return account.jid.withResource(randomText(9));
  }

  #start(account: Account, jid: Jid, wire: SessionWire): Session {
    const session = new Session(jid, {
      account,
      host: this.#host,
      wire,
      clock: this.#clock,
      life: this.#life,
    });
    this.#host.accounts.hold(account);
    this.#host.directory.add(session);
    this.#log.info({ jid, ...session.connection }, 'session started');
    return session;
  }

  readonly #life: SessionLife = {
    ended: (session, clean) => this.#end(session, clean),
    detached: (session) => {
      this.#log.info({ jid: session.jid }, 'session detached');
      this.#emit(SessionDetached, { session });
    },
    resumed: (session) => {
      this.#log.info({ jid: session.jid, ...session.connection }, 'session resumed');
      this.#emit(SessionResumed, { session });
    },
  };

  /** First out of the directory, then everybody hears of it. */
  #end(session: Session, clean: boolean): void {
    this.#host.directory.remove(session);
    this.#log.info({ jid: session.jid, clean }, 'session ended');
    this.#emit(SessionEnded, { session, clean });
    const { account } = session;
    this.#host.accounts.release(account);
    if (account.holders === 0) this.#emit(AccountIdle, { account });
  }
}
