import { z } from 'zod';
import { type Maybe, then } from '../lib/maybe.ts';
import { slot } from '../lib/token.ts';
import type { Account } from '../server/accounts.ts';
import type { Incoming } from '../server/flow.ts';
import { defineModule, on } from '../server/module.ts';
import type { Session } from '../server/session.ts';
import { NO_TICKET, type OfflineMessage } from '../storage/ports.ts';
import { Element } from '../xml/element.ts';
import { formatDateTime } from '../xmpp/date-time.ts';
import { NS } from '../xmpp/ns.ts';
import { readStoredStanza, type Stanza } from '../xmpp/stanza.ts';
import { BecameReachable } from './presence/module.ts';

const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const NS_HINTS = 'urn:xmpp:hints';

/** Messages that wait for an account, counted once and kept true from then on. */
const Waiting = slot<number>('offline messages');
/** Set while one session is being given them, so that no other gets them too. */
const IsFlushing = slot<boolean>('offline flush');

/** XEP-0160: what comes for an account that nobody can read waits for its next session. */
export default defineModule({
  name: 'offline',
  summary: 'Keeps messages for people who are away, and delivers them when they come.',
  implements: [
    { xep: 160, version: '1.0.1', status: 'complete' },
    { xep: 203, version: '2.0', status: 'complete' },
  ],
  after: ['messages', 'presence'],
  config: z.strictObject({
    maxMessages: z.number().int().nonnegative().default(1000).describe('Messages of one account.'),
  }),
  setup({ config, host, storage, clock, log }) {
    const count = (account: Account): Maybe<void> => {
      if (account.get(Waiting) !== undefined) return undefined;
      return then(storage.offline.count(account.owner), (waiting) => {
        if (account.get(Waiting) === undefined) account.set(Waiting, waiting);
      });
    };

    const store = (stanza: Stanza, { account, plan }: Incoming) => {
      if (!account || plan?.kind !== 'offline') return undefined;
      if (isLostWithoutHarm(stanza)) return { ticket: NO_TICKET };
      const waiting = account.get(Waiting) ?? 0;
      if (waiting >= config.maxMessages || stanza.has('no-store', NS_HINTS)) return undefined;
      account.set(Waiting, waiting + 1);
      const message = { stamp: clock.now(), stanza: stanza.toText(NS.client) };
      return { ticket: storage.offline.append(account.owner, message) };
    };

    /** With the time of its arrival (XEP-0203 §3). */
    const revive = ({ stamp, stanza }: OfflineMessage): Stanza => {
      const delay = { xmlns: NS.delay, from: host.domain, stamp: formatDateTime(stamp) };
      return readStoredStanza(stanza).edit({ append: [new Element('delay', delay)] });
    };

    const handOver = (session: Session, messages: readonly OfflineMessage[]): void => {
      const { account } = session;
      const last = messages.at(-1);
      session.release(messages.map(revive));
      if (!last || session.isEnded) return;
      storage.offline.removeUpTo(account.owner, last.id);
      account.set(Waiting, Math.max(0, (account.get(Waiting) ?? 0) - messages.length));
    };

    /** What is delivered meanwhile is held, so that the older messages come first. */
    const flush = ({ session }: { session: Session }): Maybe<void> => {
      const { account } = session;
      if (account.get(IsFlushing) || account.get(Waiting) === 0) return undefined;
      account.set(IsFlushing, true);
      session.hold();
      return then(storage.offline.load(account.owner), (messages) => {
        account.set(IsFlushing, false);
        handOver(session, messages);
      });
    };

    const giveUp = (session: Session, error: unknown): void => {
      log.error({ err: error }, 'offline messages could not be read');
      session.account.set(IsFlushing, false);
      session.release([]);
    };

    return {
      features: { host: ['msgoffline'] },
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
              account ? then(count(account), () => undefined) : undefined,
            store,
          },
        },
      },
    };
  },
});

/**
 * Messages that mean nothing later and whose sender need not know: chat states
 * (XEP-0160 §3), and bodiless ones that ask not to be stored. One that asks to be
 * stored is (XEP-0334 §4).
 */
function isLostWithoutHarm(stanza: Stanza): boolean {
  const { children } = stanza.content;
  if (stanza.has('body', NS.client) || stanza.has('store', NS_HINTS)) return false;
  if (stanza.has('no-store', NS_HINTS)) return true;
  const isFleeting = ({ name, xmlns }: { name: string; xmlns: string }) =>
    xmlns === NS_CHAT_STATES || xmlns === NS_HINTS || name === 'thread';
  return children.length > 0 && children.every(isFleeting);
}
