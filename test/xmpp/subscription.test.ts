import { describe, expect, test } from '@jest/globals';
import {
  inbound,
  outbound,
  type SubscriptionState,
  type SubscriptionType,
} from '../../src/xmpp/subscription.ts';

const STATES: readonly SubscriptionState[] = [
  'none',
  'none+out',
  'none+in',
  'none+out+in',
  'to',
  'to+in',
  'from',
  'from+out',
  'both',
];
const TYPES: readonly SubscriptionType[] = [
  'subscribe',
  'unsubscribe',
  'subscribed',
  'unsubscribed',
];

interface Flags {
  to: boolean;
  from: boolean;
  out: boolean;
  in: boolean;
}

function flagsOf(state: SubscriptionState): Flags {
  const [base, ...pending] = state.split('+');
  return {
    to: base === 'to' || base === 'both',
    from: base === 'from' || base === 'both',
    out: pending.includes('out'),
    in: pending.includes('in'),
  };
}

function stateOf(flags: Flags): SubscriptionState {
  const base = flags.to ? (flags.from ? 'both' : 'to') : flags.from ? 'from' : 'none';
  return [base, flags.out && 'out', flags.in && 'in']
    .filter(Boolean)
    .join('+') as SubscriptionState;
}

/**
 * The appendix said in another way: two independent halves, what we asked of the
 * contact and what the contact asked of us.
 */
function expectedOutbound(state: SubscriptionState, type: SubscriptionType) {
  const flags = flagsOf(state);
  switch (type) {
    case 'subscribe':
      return { passes: true, next: stateOf({ ...flags, out: flags.out || !flags.to }) };
    case 'unsubscribe':
      return { passes: true, next: stateOf({ ...flags, to: false, out: false }) };
    case 'subscribed':
      return flags.in
        ? { passes: true, next: stateOf({ ...flags, in: false, from: true }) }
        : { passes: false, next: state };
    case 'unsubscribed':
      return {
        passes: flags.in || flags.from,
        next: stateOf({ ...flags, in: false, from: false }),
      };
  }
}

function expectedInbound(state: SubscriptionState, type: SubscriptionType) {
  const flags = flagsOf(state);
  switch (type) {
    case 'subscribe':
      if (flags.from) return { passes: false, next: state, autoReply: 'subscribed' };
      return { passes: !flags.in, next: stateOf({ ...flags, in: true }) };
    case 'unsubscribe':
      return {
        passes: flags.in || flags.from,
        next: stateOf({ ...flags, in: false, from: false }),
      };
    case 'subscribed':
      return flags.out
        ? { passes: true, next: stateOf({ ...flags, out: false, to: true }) }
        : { passes: false, next: state };
    case 'unsubscribed':
      return { passes: flags.out || flags.to, next: stateOf({ ...flags, to: false, out: false }) };
  }
}

const CELLS = STATES.flatMap((state) => TYPES.map((type) => [state, type] as const));

describe('the subscription table', () => {
  test.each(CELLS)('outbound from %s by %s [RFC6121 A.2]', (state, type) => {
    const { from, in: asked } = flagsOf(state);
    // §3.4.2: what answers no request is an approval in advance, or takes one back.
    const isAhead = !from && !asked;
    for (const isPreApproved of [false, true]) {
      const approved = {
        subscribed: isAhead || isPreApproved,
        unsubscribed: isPreApproved && !isAhead,
      };
      expect(outbound({ state, isPreApproved }, type)).toEqual({
        autoReply: null,
        isPreApproved,
        ...expectedOutbound(state, type),
        ...(type in approved && { isPreApproved: approved[type as 'subscribed'] }),
      });
    }
  });

  test.each(CELLS)('inbound in %s by %s [RFC6121 A.3]', (state, type) => {
    const isPreApproved = false;
    expect(inbound({ state, isPreApproved }, type)).toEqual({
      autoReply: null,
      isPreApproved,
      ...expectedInbound(state, type),
    });
  });

  test.each(CELLS)('inbound in %s by %s, approved in advance [RFC6121 3.4.2]', (state, type) => {
    const isPreApproved = true;
    const expected = expectedInbound(state, type);
    const flags = flagsOf(state);
    const isAnswered = type === 'subscribe' && !flags.from;
    const answered = {
      next: stateOf({ ...flags, in: false, from: true }),
      passes: false,
      autoReply: 'subscribed',
      isPreApproved: false,
    };
    expect(inbound({ state, isPreApproved }, type)).toEqual(
      isAnswered ? answered : { autoReply: null, isPreApproved, ...expected },
    );
  });
});
