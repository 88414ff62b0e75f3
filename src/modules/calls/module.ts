import { z } from 'zod';
import { type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { AccountIdle } from '../../server/events.ts';
import type { Incoming, Outgoing, Verdict } from '../../server/flow.ts';
import { defineModule, on } from '../../server/module.ts';
import { callStep, NS_JINGLE } from '../../xmpp/calls.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { Presences } from '../presence/module.ts';
import { Rosters } from '../roster/rosters.ts';
import { AnsweredCalls } from './answered.ts';
import { CallRates } from './rates.ts';

const Answered = slot<AnsweredCalls>('answered calls');
const Rates = slot<CallRates>('rates of calls');

const TOO_MANY: Verdict = {
  reject: new StanzaError('resource-constraint', 'too many calls; try again in a minute', 'wait'),
};
/** As for a resource that is not there (XEP-0166 §6.3.2). */
const NOBODY: Verdict = { reject: new StanzaError('service-unavailable') };

/**
 * What calls need of a server besides being passed on. Other modules know what they are:
 * carbons copy them, the archive keeps them, push wakes devices for them.
 */
export default defineModule({
  name: 'calls',
  hosts: ['accounts', 'anonymous'],
  summary: 'Bounds how often people are called, and whose sessions their devices are offered.',
  implements: [
    {
      xep: 166,
      version: '1.1.2',
      status: 'partial',
      note: 'passed on; the sessions are the matter of clients',
    },
    { xep: 353, version: '0.8.0', status: 'complete' },
    { xep: 482, version: '0.1.0', status: 'complete' },
  ],
  needs: [Presences, Rosters],
  after: ['blocking'],
  config: z.strictObject({
    perMinute: z
      .int()
      .min(1)
      .max(10_000)
      .default(30)
      .describe(
        'Calls that one account may propose within a minute, and that strangers may to it.',
      ),
    perMinuteAndContact: z.int().min(1).max(10_000).default(10).describe('The same between two.'),
    strangers: z
      .boolean()
      .default(false)
      .describe(
        'Whether those who do not see an account may open Jingle sessions that it has not agreed to.',
      ),
  }),
  setup({ config, host, clock, use }) {
    const rosters = use(Rosters);
    const presences = use(Presences);
    const rates = host.kept(Rates, () => new CallRates(clock));

    const refuse = (): Verdict => {
      host.traffic.calls.refused++;
      return TOO_MANY;
    };

    /** On the sender's side: as many as people dial. */
    const boundSent = (stanza: Stanza, { account }: Outgoing): Verdict | undefined => {
      if (!rates.take(`${stanza.kind} by ${account.owner}`, config.perMinute)) return refuse();
      if (stanza.kind === 'message') host.traffic.calls.proposed++;
      return undefined;
    };

    /** On the recipient's side, where also those call whom no host here bounds. */
    const boundReceived = (
      stanza: Stanza,
      account: Account,
      from: Jid,
    ): Maybe<Verdict | undefined> => {
      const { kind } = stanza;
      const pair = `${kind} from ${from.bareString} to ${account.owner}`;
      if (!rates.take(pair, config.perMinuteAndContact)) return refuse();
      return then(rosters.maySee(account, from), (isKnown) => {
        if (isKnown) return undefined;
        const isFew = rates.take(`${kind} to ${account.owner}`, config.perMinute);
        return isFew ? undefined : refuse();
      });
    };

    const checkMessage = (stanza: Stanza, { account }: Incoming): Maybe<Verdict | undefined> => {
      const { from } = stanza;
      return account && from && isCall(stanza) ? boundReceived(stanza, account, from) : undefined;
    };

    /** A device answers a session with its addresses: not for everybody who knows its name. */
    const checkSession = (
      stanza: Stanza,
      { account, to }: Incoming,
    ): Maybe<Verdict | undefined> => {
      const { from } = stanza;
      if (!account || !from || to.isBare || !isCall(stanza)) return undefined;
      return then(boundReceived(stanza, account, from), (verdict) =>
        verdict || config.strangers ? verdict : letIn(stanza, account, from),
      );
    };

    const letIn = (stanza: Stanza, account: Account, from: Jid): Maybe<Verdict | undefined> => {
      const session = stanza.child('jingle', NS_JINGLE)?.attrs.sid ?? '';
      if (account.get(Answered)?.has(session)) return undefined;
      if (presences.isShownTo(account, from)) return undefined;
      return then(rosters.maySee(account, from), (isKnown) => (isKnown ? undefined : NOBODY));
    };

    const noteAnswer = (stanza: Stanza, { account }: Outgoing): void => {
      account.kept(Answered, () => new AnsweredCalls()).note(stanza);
    };

    return {
      on: [on(AccountIdle, ({ account }) => account.set(Answered, undefined))],
      flows: {
        outgoing: {
          message: {
            check(stanza, context) {
              const step = callStep(stanza);
              if (step === 'accept') noteAnswer(stanza, context);
              return step === 'propose' ? boundSent(stanza, context) : undefined;
            },
          },
          iq: {
            check: (stanza, context) => (isCall(stanza) ? boundSent(stanza, context) : undefined),
          },
        },
        incoming: { message: { check: checkMessage }, iq: { check: checkSession } },
      },
    };
  },
});

/** Whether devices ring at it: a call is proposed (XEP-0353 §3.1), or a session (XEP-0166 §6.3). */
function isCall(stanza: Stanza): boolean {
  if (stanza.kind === 'message') return callStep(stanza) === 'propose';
  if (stanza.type !== 'set') return false;
  return stanza.child('jingle', NS_JINGLE)?.attrs.action === 'session-initiate';
}
