import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Maybe } from '../lib/maybe.ts';
import type { Event } from '../lib/token.ts';
import type { Storage, StoredSession } from '../storage/ports.ts';
import { Jid } from '../xmpp/jid.ts';
import { SessionRestored } from './events.ts';
import type { Host } from './host.ts';
import type { Session } from './session.ts';
import type { SessionBinder } from './session-binder.ts';
import { SessionReader, SessionWriter } from './session-state.ts';

/** Milliseconds that clients have at least to come back once the server is there again. */
const MIN_HOLD = 60_000;
/**
 * Milliseconds that what is under way has to come to its end, on a slow disk too: whoever is not
 * told that a message was taken sends it again. Service managers wait for longer.
 */
const PATIENCE = 15_000;

/** The sessions of one host, from one process to the next (XEP-0198 §5). */
export class SuspendedSessions {
  readonly #host: Host;
  readonly #binder: SessionBinder;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #emit: <T>(event: Event<T>, fact: T) => void;

  constructor(
    host: Host,
    binder: SessionBinder,
    deps: {
      storage: Storage;
      clock: Clock;
      log: Log;
      emit: <T>(event: Event<T>, fact: T) => void;
    },
  ) {
    this.#host = host;
    this.#binder = binder;
    this.#storage = deps.storage;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#emit = deps.emit;
  }

  /** Ends all streams; clients that cannot come back are seen to go. */
  async endStreams(): Promise<void> {
    const leaving = this.#binder.list().filter(({ isLeaving }) => isLeaving);
    for (const session of this.#binder.list()) {
      if (session.isLeaving) continue;
      if (this.#mayGoOn(session)) session.detach('system-shutdown');
      else session.close('system-shutdown');
    }
    const handled = [
      ...leaving.map((session) => session.whenThrough()),
      ...this.#binder.list().map(({ management }) => management?.handled.whenAll()),
    ];
    await Promise.race([Promise.all(handled), this.#elapsed()]);
    const { durability } = this.#storage;
    await durability.whenCommitted(durability.latest);
  }

  /** Stores the sessions and takes them out of this process; settles once they are on disk. */
  async store(): Promise<void> {
    const writer = new SessionWriter();
    // Those that could not end in time.
    for (const session of this.#binder.list()) if (session.isLeaving) session.ended(false);
    for (const session of this.#binder.list()) {
      session.setGate(null);
      session.release([]);
      this.#storage.sessions.put({ owner: session.account.owner, state: writer.write(session) });
      session.suspend();
      this.#host.directory.remove(session);
    }
    const { durability } = this.#storage;
    await durability.whenCommitted(durability.latest);
  }

  /** Brings them back, detached, before anybody can connect; nobody hears of it. */
  async restore(): Promise<void> {
    await this.#host.notes.read();
    const stored = await this.#storage.sessions.takeAll(this.#host.domain);
    const reader = new SessionReader();
    for (const each of stored) {
      try {
        await this.#restoreOne(each, reader);
      } catch (error) {
        this.#log.error({ err: error, account: each.owner }, 'a session could not be restored');
      }
    }
    if (stored.length > 0) this.#log.info({ sessions: stored.length }, 'sessions restored');
  }

  async #restoreOne({ owner, state: text }: StoredSession, reader: SessionReader): Promise<void> {
    const user = await this.#storage.users.find(owner);
    const account = await this.#host.accounts.find(Jid.parse(owner).local);
    const state = reader.read(text);
    if (!account || !user || user.isDisabled || !state) return;
    const left = state.detachedAt + state.terms.hold - this.#clock.now();
    const hold = Math.max(left, Math.min(MIN_HOLD, state.terms.hold));
    const session = this.#binder.restore(account, state, { sent: reader.sentOf(state), hold });
    const tasks: Maybe<unknown>[] = [];
    this.#emit(SessionRestored, { session, waitFor: (task) => tasks.push(task) });
    await Promise.all(tasks);
  }

  /** Where everybody is anonymous, nothing outlives a session, let alone the process. */
  #mayGoOn({ management }: Session): boolean {
    return this.#host.kind === 'accounts' && (management?.terms.hold ?? 0) > 0;
  }

  #elapsed(): Promise<void> {
    return new Promise((resolve) => this.#clock.after(PATIENCE, resolve));
  }
}
