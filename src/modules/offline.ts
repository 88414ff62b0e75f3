import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import { type Maybe, then } from '../lib/maybe.ts';
import { slot } from '../lib/token.ts';
import type { Account } from '../server/accounts.ts';
import { duration, size } from '../server/config/quantities.ts';
import { isReachable } from '../server/delivery.ts';
import type { Incoming } from '../server/flow.ts';
import { defineModule, on } from '../server/module.ts';
import { Session } from '../server/session.ts';
import { NO_TICKET, type OfflineMessage } from '../storage/ports.ts';
import { callStep, outdatedCalls } from '../xmpp/calls.ts';
import { isChatStateOnly } from '../xmpp/chat-states.ts';
import { delay } from '../xmpp/delay.ts';
import { hasHint } from '../xmpp/hints.ts';
import { NS } from '../xmpp/ns.ts';
import { readStoredStanza, type Stanza } from '../xmpp/stanza.ts';
import { isBlockedBy } from './blocking/memory.ts';
import { takeEarlyCopy } from './carbons/early-copies.ts';
import { BecameReachable } from './presence/module.ts';

interface Backlog {
  readonly messages: number;
  readonly bytes: number;
  /** Which expiry came last before it was measured. */
  readonly expiries: number;
}

/** Milliseconds between two looks for messages that have waited too long. */
const EXPIRY_INTERVAL = 3_600_000;

/** What waits for an account, measured once and kept true from then on. */
const Waiting = slot<Backlog>('offline messages');
/** How many expiries there were at a host. */
const Expiries = slot<{ count: number }>('expiries of offline messages');
/** Set until the session that is given them has got them, so that no other gets them too. */
const IsFlushing = slot<boolean>('offline flush');

/**
 * Which of the messages that wait a session has otherwise: it is not given them, and they
 * wait no longer once it has got the others.
 */
export const HasOtherwise = slot<(message: Stanza) => boolean>('messages had otherwise');

/** XEP-0160: what comes for an account that nobody can read waits for its next session. */
export default defineModule({
  name: 'offline',
  hosts: ['accounts'],
  summary: 'Keeps messages for people who are away, and delivers them when they come.',
  implements: [
    { xep: 160, version: '1.0.1', status: 'complete' },
    { xep: 203, version: '2.0', status: 'complete' },
  ],
  after: ['archive', 'messages', 'presence'],
  config: z.strictObject({
    maxMessages: z.number().int().nonnegative().default(1000).describe('Messages of one account.'),
    // All of them go out at once, and must not fill the queue of who receives them.
    maxBytes: size({ min: '0 B', max: '1 GiB' })
      .prefault('2 MiB')
      .describe('Bytes of one account; well below limits.queue.'),
    expireAfter: duration({ min: '1h', max: '3650d' })
      .optional()
      .describe('How long a message waits at most; without it, for ever.'),
  }),
  setup({ config, host, storage, clock, log }) {
    const expiries = host.kept(Expiries, () => ({ count: 0 }));

    const measure = (account: Account): Maybe<void> => {
      if (account.get(Waiting)?.expiries === expiries.count) return undefined;
      return then(storage.offline.count(account.owner), (messages) =>
        then(storage.offline.bytes(account.owner), (bytes) => {
          if (account.get(Waiting)?.expiries === expiries.count) return;
          account.set(Waiting, { messages, bytes, expiries: expiries.count });
        }),
      );
    };

    const waiting = (account: Account): Backlog => account.get(Waiting) ?? EMPTY;

    const nothing = (): Backlog => ({ ...EMPTY, expiries: expiries.count });

    /** What waits is measured anew behind it. */
    const expire = (age: number): void => {
      storage.offline.expire(host.domain, clock.now() - age);
      expiries.count++;
    };

    const store = (stanza: Stanza, { account, plan }: Incoming) => {
      if (!account || plan?.kind !== 'offline') return undefined;
      if (isLostWithoutHarm(stanza)) return { ticket: NO_TICKET };
      if (hasHint(stanza, 'no-store')) return undefined;
      const text = stanza.toText(NS.client);
      const after = grown(waiting(account), [text]);
      if (after.messages > config.maxMessages || after.bytes > config.maxBytes) return undefined;
      account.set(Waiting, after);
      const message = { stamp: clock.now(), stanza: text };
      return { ticket: storage.offline.append(account.owner, message) };
    };

    /** With the time of its arrival (XEP-0203 §3), which one that has been elsewhere first tells. */
    const revive = ({ stamp, stanza }: OfflineMessage): Stanza => {
      const message = readStoredStanza(stanza);
      const isDated = message.child('delay', NS.delay)?.attrs.from === host.domain;
      const append = isDated ? [] : [delay.encode({ from: host.domain, stamp })];
      const revived = message.edit({ append });
      // The store has it still when the session ends: it need not look for another.
      revived.content.keepers++;
      return revived;
    };

    /** Returns what has become of each; null for what the client does not get. */
    const handOver = (
      session: Session,
      messages: readonly OfflineMessage[],
    ): readonly (Stanza | null)[] => {
      const { account } = session;
      // Who was blocked since is not heard any more (XEP-0191 §3.3).
      const isHeard = ({ from }: Stanza) => !from || !isBlockedBy(account, from);
      const has = session.get(HasOtherwise) ?? (() => false);
      const revived = messages.map((message) =>
        takeEarlyCopy(session, message.stanza) ? null : revive(message),
      );
      const outdated = outdatedCalls(revived, clock.now());
      const isMissed = (message: Stanza) =>
        isHeard(message) && !has(message) && !outdated.has(message);
      const given = revived.map((stanza) => (stanza && isMissed(stanza) ? stanza : null));
      session.release(given.filter((stanza) => stanza !== null));
      return given;
    };

    const forget = (account: Account, messages: readonly OfflineMessage[], upTo: number): void => {
      storage.offline.removeUpTo(account.owner, upTo);
      const gone = grown(
        EMPTY,
        messages.map(({ stanza }) => stanza),
      );
      account.set(Waiting, less(waiting(account), gone));
    };

    /** What is delivered meanwhile is held, so that the older messages come first. */
    const flush = ({ session }: { session: Session }): Maybe<void> => {
      const { account } = session;
      if (account.get(IsFlushing) || account.get(Waiting)?.messages === 0) return undefined;
      account.set(IsFlushing, true);
      session.hold();
      return then(storage.offline.load(account.owner), (messages) => {
        // Most come back to nothing, and need not look for it the next time.
        if (messages.length === 0 && !account.get(Waiting)) account.set(Waiting, nothing());
        const given = handOver(session, messages);
        return then(settle(session, messages, given), (goOn) => {
          account.set(IsFlushing, false);
          return goOn ? flushAny(account) : undefined;
        });
      });
    };

    /**
     * Messages stay stored until the client has got them: one that is gone meanwhile,
     * unnoticed, has not. Whether somebody else is to be looked for.
     */
    const settle = (
      session: Session,
      messages: readonly OfflineMessage[],
      given: readonly (Stanza | null)[],
    ): Maybe<boolean> => {
      if (messages.length === 0 || session.isEnded) return session.isEnded;
      return session.hasReceived().then((isReceived) => {
        const received = messages.slice(
          0,
          isReceived ? messages.length : confirmed(session, given),
        );
        const last = received.at(-1);
        if (last) forget(session.account, received, last.id);
        return isReceived || session.isEnded;
      });
    };

    /** Others had come while one was given the messages, or more had to wait; or nobody is there. */
    const flushAny = (account: Account): Maybe<void> => {
      const others = host.directory.peek(account.owner);
      const session = others.find((entry) => entry instanceof Session && isReachable(entry));
      return session instanceof Session ? flush({ session }) : undefined;
    };

    const giveUp = (session: Session, error: unknown): void => {
      log.error({ err: error }, 'offline messages could not be read');
      session.account.set(IsFlushing, false);
      session.release([]);
    };

    const { expireAfter } = config;
    const stop = expireAfter ? repeat(clock, EXPIRY_INTERVAL, () => expire(expireAfter)) : () => {};

    return {
      features: { host: ['msgoffline'] },
      facts: (account) =>
        then(storage.offline.count(account.owner), (offlineMessages) => ({ offlineMessages })),
      stop,
      on: [
        on(BecameReachable, (fact) => {
          // No message may be lost or overtaken when reading fails: they stay stored.
          Promise.resolve(flush(fact)).catch((error) => giveUp(fact.session, error));
        }),
      ],
      flows: {
        incoming: {
          message: {
            check: (_, { account }) =>
              account ? then(measure(account), () => undefined) : undefined,
            store,
          },
        },
      },
    };
  },
});

/** How many of the first the client has acknowledged one by one (XEP-0198 §4). */
function confirmed({ management }: Session, given: readonly (Stanza | null)[]): number {
  if (!management) return 0;
  const first = given.findIndex((stanza) => stanza !== null && !stanza.content.isSeen);
  return first < 0 ? given.length : first;
}

/** Runs `task` at once and then again and again; the returned function ends that. */
function repeat(clock: Clock, interval: number, task: () => void): () => void {
  let cancel = () => {};
  const run = () => {
    cancel = clock.after(interval, run);
    task();
  };
  run();
  return () => cancel();
}

const EMPTY: Backlog = { messages: 0, bytes: 0, expiries: -1 };

function grown(from: Backlog, stanzas: readonly string[]): Backlog {
  const more = stanzas.reduce((sum, stanza) => sum + Buffer.byteLength(stanza), 0);
  return { ...from, messages: from.messages + stanzas.length, bytes: from.bytes + more };
}

function less(from: Backlog, { messages, bytes }: Backlog): Backlog {
  return {
    ...from,
    messages: Math.max(0, from.messages - messages),
    bytes: Math.max(0, from.bytes - bytes),
  };
}

/**
 * Messages that mean nothing later and whose sender need not know: chat states
 * (XEP-0160 §3), that a device rings for a call, and bodiless ones that ask not to be stored. One that asks to be
 * stored is (XEP-0334 §4).
 */
function isLostWithoutHarm(stanza: Stanza): boolean {
  if (stanza.has('body', NS.client) || hasHint(stanza, 'store')) return false;
  const isMomentary = isChatStateOnly(stanza) || callStep(stanza) === 'ringing';
  return isMomentary || hasHint(stanza, 'no-store');
}
