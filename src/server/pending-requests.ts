import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Jid } from '../xmpp/jid.ts';
import { isRequest, type Stanza } from '../xmpp/stanza.ts';

/** Milliseconds that a client has for its answer, where nothing else is said. */
const PATIENCE = 30_000;
/** Requests to one client at a time. */
const MAX_PENDING = 32;

interface Pending {
  /** Who asked, and so whom the answer has to be addressed to. */
  readonly asker: Jid;
  settle(answer: Stanza | null): void;
}

/** What the server has asked one client and waits for; ids of others count for nothing. */
export class PendingRequests {
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Sends an IQ with an id of its own. Resolves with the result or error, or with
   * null when none comes within `patience` ms or too many are pending already.
   */
  ask(
    asker: Jid,
    send: (id: string) => boolean,
    patience: number | null = PATIENCE,
  ): Promise<Stanza | null> {
    if (this.#pending.size >= MAX_PENDING) return Promise.resolve(null);
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<Stanza | null>();
    const settle = (answer: Stanza | null) => {
      cancel();
      this.#pending.delete(id);
      resolve(answer);
    };
    const cancel = patience === null ? () => {} : this.#clock.after(patience, () => settle(null));
    this.#pending.set(id, { asker, settle });
    if (!send(id)) settle(null);
    return promise;
  }

  /** Whether the stanza is an answer that somebody waits for, who now has it. */
  take(stanza: Stanza): boolean {
    if (stanza.kind !== 'iq' || isRequest(stanza)) return false;
    const pending = this.#pending.get(stanza.id);
    if (!pending || !stanza.to?.equals(pending.asker)) return false;
    pending.settle(stanza.keep());
    return true;
  }

  /** The client is gone: nothing will come. */
  giveUp(): void {
    for (const { settle } of [...this.#pending.values()]) settle(null);
  }
}
