import type { Clock } from '../../lib/clock.ts';
import { type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { Host } from '../../server/host.ts';
import type { LastPresence, LastPresenceStore } from '../../storage/ports.ts';
import { delay } from '../../xmpp/delay.ts';
import { NS } from '../../xmpp/ns.ts';
import { makeStanza, readStoredStanza, type Stanza } from '../../xmpp/stanza.ts';

/** Characters of a farewell that are kept, and of one that stays in memory. */
const MAX_LENGTH = 4096;
const MAX_IN_MEMORY = 512;

/** What whoever asks is told, while nothing new has been said. */
const Farewell = slot<Stanza>('farewell');

/** With which words, and when, the last resource of each account went (RFC 6121 §4.3.2). */
export class LastPresences {
  readonly #host: Host;
  readonly #store: LastPresenceStore;
  readonly #clock: Clock;

  constructor(host: Host, store: LastPresenceStore, clock: Clock) {
    this.#host = host;
    this.#store = store;
    this.#clock = clock;
  }

  /** The account has no available resource any more. */
  note(account: Account, stanza: Stanza): void {
    const text = stanza.toText(NS.client);
    const kept = text.length <= MAX_LENGTH ? text : FAREWELL.toText(NS.client);
    this.#store.note(account.owner, { stamp: this.#clock.now(), stanza: kept });
    account.set(Farewell, undefined);
  }

  /** What whoever asks is told, addresses left out: the last words, with their time (XEP-0203). */
  of(account: Account): Maybe<Stanza> {
    return account.get(Farewell) ?? this.#read(account);
  }

  /** The same where it is in memory. */
  known(account: Account): Stanza | undefined {
    return account.get(Farewell);
  }

  #read(account: Account): Maybe<Stanza> {
    return then(this.#store.find(account.owner), (found) => {
      const farewell = found ? this.#dated(found) : FAREWELL;
      if (farewell.rest.length <= MAX_IN_MEMORY) account.set(Farewell, farewell);
      return farewell;
    });
  }

  #dated({ stanza, stamp }: LastPresence): Stanza {
    const append = [delay.encode({ from: this.#host.domain, stamp })];
    return readStoredStanza(stanza).edit({ append });
  }

  facts(account: Account): Maybe<{ lastSeen: number | null }> {
    return then(this.#store.find(account.owner), (found) => ({ lastSeen: found?.stamp ?? null }));
  }
}

const FAREWELL = makeStanza('presence', { type: 'unavailable' });
