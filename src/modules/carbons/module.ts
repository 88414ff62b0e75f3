import { asIs, slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import { isReachable } from '../../server/delivery.ts';
import { AccountIdle } from '../../server/events.ts';
import type { Incoming, Outcome, Outgoing } from '../../server/flow.ts';
import { type AccountRequest, defineModule, on } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import { NO_TICKET } from '../../storage/ports.ts';
import { forward } from '../../xmpp/forwarded.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { makeError, type Stanza } from '../../xmpp/stanza.ts';
import { Answerable } from './answerable.ts';
import { noteEarlyCopy } from './early-copies.ts';
import { type Direction, isCarbon, isEligible, isPrivate, NS_CARBONS } from './eligibility.ts';

/** Whether a session gets copies. */
const IsEnabled = slot<boolean>('carbons', asIs());
const Copied = slot<Answerable>('copied messages');

const NOBODY: readonly unknown[] = [];

/**
 * XEP-0280: what one device sends or gets, the others that ask for it see too. Copies
 * go from the account straight to its sessions and pass no flow, so that nothing is
 * ever made of a copy.
 */
export default defineModule({
  name: 'carbons',
  summary: 'Copies conversations to all devices of a person.',
  implements: [
    { xep: 280, version: '1.0.1', status: 'complete' },
    { xep: 297, version: '1.0', status: 'complete' },
  ],
  after: ['messages'],
  setup({ host }) {
    /** `copied` where the copy stands for what is not to be lost. */
    const deliver = (
      to: readonly Session[],
      stanza: Stanza,
      direction: Direction,
      copied: Stanza | null = null,
    ): void => {
      if (to.length === 0) return;
      const copy = forward(stanza, { name: direction, xmlns: NS_CARBONS });
      if (copied) copy.content.copied = copied.keep();
      for (const session of to) session.deliver(copy.stamped(session.account.jid, session.jid));
    };

    /** On the sender's side: the other devices see what was said, and if it failed. */
    const copySent = (stanza: Stanza, { session, account }: Outgoing, outcome: Outcome): void => {
      const { to } = stanza;
      // To oneself it is copied where it arrives, since there it is known who has got it.
      if (account.holders < 2 || !to || to.bareString === account.owner) return;
      const sessions = host.directory.peek(account.owner);
      const others = sessions.filter(isListener).filter((other) => other !== session);
      if (others.length === 0 || !isWanted(account, to, stanza, 'sent')) return;
      remember(account, to, stanza);
      deliver(others, stanza, 'sent');
      const error = outcome.kind === 'error' ? makeError(stanza, outcome.error) : null;
      if (error) deliver(others, error, 'received');
    };

    /** On the recipient's side: the devices that it was not delivered to. */
    const copyReceived = (
      stanza: Stanza,
      { account, sessions, plan }: Incoming,
      outcome: Outcome,
    ): void => {
      const { from } = stanza;
      // What the sender hears has failed, nobody has got.
      if (!account || !from || sessions.length === 0 || outcome.kind === 'error') return;
      const reached: readonly unknown[] = plan?.kind === 'deliver' ? plan.targets : NOBODY;
      if (sessions.length === 1 && reached.length === 1) return;
      const listeners = sessions.filter(isListener);
      const isToSelf = from.bareString === account.owner;
      const direction = isToSelf ? 'sent' : 'received';
      if (listeners.length === 0 || !isWanted(account, from, stanza, direction)) return;
      remember(account, from, stanza);
      const isKept = plan?.kind === 'offline';
      const missed = listeners.filter(
        (session) =>
          !reached.includes(session) &&
          !session.jid.equals(from) &&
          // While the message went to the disk, who waited for it may have come and had it.
          !(isKept && isReachable(session)),
      );
      deliver(missed, stanza, direction, plan?.kind === 'deliver' ? stanza : null);
      if (isKept && outcome.kind === 'done' && outcome.ticket !== NO_TICKET) {
        const text = stanza.toText(NS.client);
        for (const session of missed) noteEarlyCopy(session, text);
      }
    };

    const enable = ({ session }: AccountRequest): null => {
      session?.set(IsEnabled, true);
      return null;
    };

    const disable = ({ session }: AccountRequest): null => {
      session?.set(IsEnabled, undefined);
      return null;
    };

    return {
      features: { host: [NS_CARBONS, 'urn:xmpp:carbons:rules:0'] },
      iq: [
        { ...request, name: 'enable', answer: enable },
        { ...request, name: 'disable', answer: disable },
      ],
      sessionFeatures: [
        {
          var: NS_CARBONS,
          accepts: [{ name: 'enable', xmlns: NS_CARBONS }],
          enable: (session) => {
            session.set(IsEnabled, true);
            return null;
          },
        },
      ],
      on: [on(AccountIdle, ({ account }) => account.set(Copied, undefined))],
      flows: {
        outgoing: { message: { rewrite: withoutForgeries, copy: copySent } },
        incoming: { message: { rewrite: withoutForgeries, copy: copyReceived } },
      },
    };
  },
});

/** §4.1: who is not of the account may not. */
const request = {
  type: 'set',
  xmlns: NS_CARBONS,
  target: 'account',
  isPrivate: true,
  refusal: 'not-allowed',
} as const;

/** Clients that believe a copy whoever it is from shall not get one from others (§12). */
function withoutForgeries(stanza: Stanza): Stanza {
  return stanza.content.children.some(isCarbon) ? stanza.edit({ drop: isCarbon }) : stanza;
}

function isListener(entry: unknown): entry is Session {
  return entry instanceof Session && entry.get(IsEnabled) === true;
}

/** Whether copies are made of a message between the account and `peer`. */
function isWanted(account: Account, peer: Jid, stanza: Stanza, direction: Direction): boolean {
  if (stanza.type !== 'error') return isEligible(stanza, direction);
  return !isPrivate(stanza) && account.get(Copied)?.has(peer, stanza.id) === true;
}

/** So that an error that answers the message is copied, too. */
function remember(account: Account, peer: Jid, { type, id }: Stanza): void {
  if (type === 'error') return;
  const copied = account.get(Copied) ?? new Answerable();
  copied.add(peer, id);
  account.set(Copied, copied);
}
