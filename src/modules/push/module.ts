import { z } from 'zod';
import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { service, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { duration } from '../../server/config/quantities.ts';
import { SessionDetached } from '../../server/events.ts';
import type { Incoming, Outcome, Outgoing, Verdict } from '../../server/flow.ts';
import { type AccountRequest, defineModule, on, provide } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { NO_TICKET } from '../../storage/ports.ts';
import type { PushRegistration } from '../../storage/push-port.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { type Answer, PendingAnswers } from './answers.ts';
import {
  decodeDisable,
  decodeEnable,
  decodeWithdrawal,
  encodePublish,
  NS_PUSH,
  type Summary,
} from './codec.ts';
import { answersCall, callNews, isWorthNotice } from './importance.ts';
import { Pace } from './pace.ts';
import { keyOf, RegistrationMemory } from './registrations.ts';

/** Tells people's devices that something waits for them. */
export interface Push {
  /**
   * A stanza waits that nobody may have read; it is on disk. With a session, only what that
   * session has enabled is notified. The stanza is read at once.
   */
  notify(account: Account, stanza: Stanza, session?: Session): void;
}

export const Push = service<Push>('push');

/** Characters of a body that are passed on. */
const MAX_BODY = 1_000;

const Answers = slot<PendingAnswers>('notifications on their way');
/** Keys of what the session has enabled. */
const EnabledHere = slot<Set<string>>('enabled push notifications', {
  encode: (keys) => [...keys],
  decode: (data) => new Set(data as string[]),
});

const command = { type: 'set', xmlns: NS_PUSH, target: 'account', isPrivate: true } as const;

/** XEP-0357: whoever has no session is told by the push service of the client's maker. */
export default defineModule({
  name: 'push',
  hosts: ['accounts'],
  summary: 'Tells push services that a message waits, for clients that are asleep.',
  implements: [{ xep: 357, version: '0.4.1', status: 'complete' }],
  provides: [Push],
  config: z.strictObject({
    maxRegistrations: z
      .int()
      .positive()
      .default(20)
      .describe('Places that one account may have notified.'),
    interval: duration({ min: '0s', max: '1h' })
      .prefault('2s')
      .describe('Between two notifications of one place; what comes meanwhile is one.'),
    text: z
      .string()
      .max(200)
      .default('New message')
      .describe('What stands in place of the message; empty for nothing.'),
    callText: z
      .string()
      .max(200)
      .default('Incoming call')
      .describe('The same where somebody calls.'),
    markCalls: z
      .boolean()
      .default(true)
      .describe('Whether a notification of a call says that it must not wait.'),
    includeBody: z
      .boolean()
      .default(false)
      .describe('Whether the message itself is passed on, through other people’s services.'),
    includeSender: z.boolean().default(false).describe('Whether the sender’s address is.'),
    includeCount: z.boolean().default(false).describe('Whether it is told how many messages wait.'),
    allowedServices: z
      .array(z.string().refine(isAddress, 'must be an address'))
      .default([])
      .describe('Addresses at hosts of this server that may be notified; others may not.'),
  }),
  setup({ config, host, storage, clock, log }) {
    /** By key of the registration. */
    const paces = new WeakMap<Account, Map<string, Pace>>();
    const memory = new RegistrationMemory(storage.push);
    const answers = host.kept(Answers, () => new PendingAnswers());
    const allowed = new Set(config.allowedServices.map((text) => Jid.parse(text).toString()));

    /** Nobody is to be made to answer what they did not offer. */
    const assertAllowed = (target: Jid): void => {
      if (!host.serves(target.domain) || allowed.has(target.toString())) return;
      throw new StanzaError('not-allowed', 'this is no push service');
    };

    /** §5. */
    const enable = ({ account, payload, session }: AccountRequest): Maybe<null> => {
      const { service, registration } = decodeEnable(payload);
      assertAllowed(service);
      return memory.use(account, (before) => {
        const isNew = !before.has(keyOf(registration));
        if (isNew && before.size >= config.maxRegistrations) {
          throw new StanzaError('resource-constraint', 'there are too many registrations');
        }
        session?.kept(EnabledHere, () => new Set<string>()).add(keyOf(registration));
        return committed(memory.put(account, before, registration));
      });
    };

    /** §6. */
    const disable = ({ account, payload }: AccountRequest): Maybe<null> => {
      const { service, node } = decodeDisable(payload);
      return memory.use(account, (before) =>
        committed(memory.remove(account, before, service, node)),
      );
    };

    const committed = (ticket: number): Maybe<null> =>
      then(storage.durability.whenCommitted(ticket), () => null);

    /** §7.1: what the service refuses is not enabled any more, unless it was enabled anew. */
    const conclude = (account: Account, registration: PushRegistration, answer: Answer): Answer => {
      if (answer !== 'refused') return answer;
      const { service, node } = registration;
      log.info({ jid: account.owner, service }, 'a push service refuses, it is disabled');
      unawaited(
        memory.use(account, (before) => {
          if (before.get(keyOf(registration)) !== registration) return;
          memory.remove(account, before, service, node);
        }),
      );
      return answer;
    };

    /** Of what is enabled when its time has come. */
    const publish = async (account: Account, key: string, summary: Summary): Promise<Answer> => {
      const registration = (await memory.of(account)).get(key);
      if (!registration) return 'refused';
      const count = config.includeCount ? await storage.offline.count(account.owner) : null;
      const payload = encodePublish(registration, { ...summary, count });
      const addresses = { from: account.jid, to: registration.service };
      const answer = await answers.publish({ host, clock }, addresses, payload);
      return conclude(account, registration, answer);
    };

    /** Nothing waits for it, so that nothing else hears of its failure. */
    const unawaited = (work: Maybe<unknown>): void => {
      if (isLater(work)) work.catch(report);
    };
    const report = (error: unknown): void => {
      log.error({ err: error }, 'a push notification failed');
    };

    const paceOf = (account: Account, key: string): Pace => {
      const ofAccount = paces.get(account) ?? new Map<string, Pace>();
      paces.set(account, ofAccount);
      const send = (summary: Summary) =>
        publish(account, key, summary).catch((error): Answer => {
          report(error);
          return 'failed';
        });
      const pace = ofAccount.get(key) ?? new Pace(clock, config.interval, send);
      ofAccount.set(key, pace);
      return pace;
    };

    const summaryOf = (stanza: Stanza): Summary => {
      const news = callNews(stanza);
      const text = (news ? callTexts[news] : config.text) || null;
      const body = config.includeBody ? bodyOf(stanza) : null;
      const sender = config.includeSender ? (stanza.from?.toString() ?? null) : null;
      return { count: null, sender, body: body ?? text, ...urgency(news !== null) };
    };
    /** Where it is over there is nothing to read. */
    const callTexts = { calls: config.callText, stops: '' };
    const urgency = (isUrgent: boolean) => ({ isUrgent, isMarked: isUrgent && config.markCalls });

    /** §8: the service lets the account publish no more. */
    const withdraw = (stanza: Stanza, { account, to }: Incoming): Maybe<Verdict | undefined> => {
      const withdrawn = account && to.isBare ? decodeWithdrawal(stanza, account.jid) : null;
      const from = stanza.from?.toString() ?? '';
      if (!account || !withdrawn) return undefined;
      return memory.use(account, (before) => {
        if (![...before.values()].some(({ service }) => service === from)) return undefined;
        memory.remove(account, before, from, withdrawn.node);
        return { drop: 'a push service has withdrawn' };
      });
    };

    const tell = (
      account: Account,
      summary: Summary,
      isMeant: (key: string) => boolean = () => true,
    ): Maybe<void> =>
      then(memory.of(account), (enabled) => {
        const ofAccount = paces.get(account);
        for (const key of ofAccount?.keys() ?? []) if (!enabled.has(key)) ofAccount?.delete(key);
        for (const key of enabled.keys()) if (isMeant(key)) paceOf(account, key).notify(summary);
      });

    const notify: Push['notify'] = (account, stanza, session) => {
      if (!isWorthNotice(stanza)) return;
      const isMeant = (key: string) => !session || session.get(EnabledHere)?.has(key) === true;
      unawaited(tell(account, summaryOf(stanza), isMeant));
    };

    /** All devices ring, also those that are away while others are there, and stop together. */
    const tellAbsent = (account: Account, summary: Summary): void => {
      const there = host.directory.peek(account.owner).filter(isAttached);
      const isAway = (key: string) => !there.some((each) => each.get(EnabledHere)?.has(key));
      unawaited(tell(account, summary, isAway));
    };

    /** Sessions that wait for their clients, which sleep. */
    const wake = (account: Account, stanza: Stanza, targets: readonly unknown[]): void => {
      for (const target of targets) {
        if (target instanceof Session && target.isDetached) notify(account, stanza, target);
      }
    };

    /** What was on its way when the connection was lost, or found to be: of it the newest. */
    const recall = (session: Session): void => {
      const newest = session.management?.sent.unacknowledged.findLast(({ stanza }) =>
        isWorthNotice(stanza),
      );
      if (newest) notify(session.account, newest.stanza, session);
    };

    /** A message that waits, and is on disk. */
    const observe = (stanza: Stanza, { account, plan }: Incoming, outcome: Outcome): void => {
      if (account && plan?.kind === 'deliver') {
        if (callNews(stanza)) tellAbsent(account, summaryOf(stanza));
        else wake(account, stanza, plan.targets);
      }
      const isKept = outcome.kind === 'done' && outcome.ticket !== NO_TICKET;
      if (!account || plan?.kind !== 'offline' || !isKept || !isWorthNotice(stanza)) return;
      const summary = summaryOf(stanza);
      const { durability } = storage;
      unawaited(then(durability.whenCommitted(outcome.ticket), () => tell(account, summary)));
    };

    /** The account has taken a call on one device, or refused it: the others are to stop. */
    const observeAnswer = (stanza: Stanza, { account }: Outgoing): void => {
      if (!answersCall(stanza)) return;
      tellAbsent(account, { count: null, sender: null, body: null, ...urgency(true) });
    };

    return {
      provides: [provide(Push, { notify })],
      features: { account: [NS_PUSH] },
      iq: [
        { ...command, name: 'enable', answer: enable },
        { ...command, name: 'disable', answer: disable },
      ],
      facts: (account) =>
        then(memory.of(account), (enabled) => ({ pushRegistrations: enabled.size })),
      farewell: (account) => memory.drop(account),
      on: [on(SessionDetached, ({ session }) => recall(session))],
      flows: {
        outgoing: { message: { copy: observeAnswer } },
        incoming: {
          message: { check: withdraw, copy: observe },
          iq: {
            check: (stanza) =>
              answers.take(stanza) ? { drop: 'the answer to a push notification' } : undefined,
          },
        },
      },
    };
  },
});

function isAttached(entry: unknown): entry is Session {
  return entry instanceof Session && !entry.isDetached;
}

function bodyOf(stanza: Stanza): string | null {
  return stanza.child('body', NS.client)?.getText().slice(0, MAX_BODY) || null;
}

function isAddress(text: string): boolean {
  try {
    return Jid.parse(text).toString() !== '';
  } catch (error) {
    if (error instanceof JidError) return false;
    throw error;
  }
}
