/**
 * The presence subscription state machine, to be read beside RFC 6121
 * Appendix A: one row a state, one column a stanza, outbound and inbound.
 */

/** RFC 6121 §A.1. `out`: our request is pending; `in`: the contact's is. */
export type SubscriptionState =
  | 'none'
  | 'none+out'
  | 'none+in'
  | 'none+out+in'
  | 'to'
  | 'to+in'
  | 'from'
  | 'from+out'
  | 'both';

export type SubscriptionType = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

export interface Transition {
  readonly next: SubscriptionState;
  /** Outbound: whether it is routed. Inbound: whether it is delivered. */
  readonly passes: boolean;
  /** What the server answers in the user's place (§A.3.1, §3.4.2). */
  readonly autoReply: SubscriptionType | null;
  /** Whether the contact's request is approved before it comes (§3.4). */
  readonly isPreApproved: boolean;
}

/**
 * A cell: the next state, or `same`; `stop` neither routes nor delivers; `reply`
 * answers; `approve` stops as well, and lets a request in that has yet to come.
 */
type Cell = SubscriptionState | 'same' | 'stop' | 'reply' | 'approve' | 'revoke';
type Row = readonly [subscribe: Cell, unsubscribe: Cell, subscribed: Cell, unsubscribed: Cell];

// biome-ignore format: a table
const OUTBOUND: Record<SubscriptionState, Row> = {
  //               subscribe      unsubscribe  subscribed   unsubscribed
  'none':        ['none+out',    'same',      'approve',   'revoke'],
  'none+out':    ['same',        'none',      'approve',   'revoke'],
  'none+in':     ['none+out+in', 'same',      'from',      'none'],
  'none+out+in': ['same',        'none+in',   'from+out',  'none+out'],
  'to':          ['same',        'none',      'approve',   'revoke'],
  'to+in':       ['same',        'none+in',   'both',      'to'],
  'from':        ['from+out',    'same',      'stop',      'none'],
  'from+out':    ['same',        'from',      'stop',      'none+out'],
  'both':        ['same',        'from',      'stop',      'to'],
};

// biome-ignore format: a table
const INBOUND: Record<SubscriptionState, Row> = {
  //               subscribe      unsubscribe  subscribed   unsubscribed
  'none':        ['none+in',     'stop',      'stop',      'stop'],
  'none+out':    ['none+out+in', 'stop',      'to',        'none'],
  'none+in':     ['stop',        'none',      'stop',      'stop'],
  'none+out+in': ['stop',        'none+out',  'to+in',     'none+in'],
  'to':          ['to+in',       'stop',      'stop',      'none'],
  'to+in':       ['stop',        'to',        'stop',      'none+in'],
  'from':        ['reply',       'none',      'stop',      'stop'],
  'from+out':    ['reply',       'none+out',  'both',      'from'],
  'both':        ['reply',       'to',        'stop',      'from'],
};

const COLUMNS: Record<SubscriptionType, number> = {
  subscribe: 0,
  unsubscribe: 1,
  subscribed: 2,
  unsubscribed: 3,
};

/** Where an account and one contact stand before a stanza. */
export interface Standing {
  readonly state: SubscriptionState;
  readonly isPreApproved: boolean;
}

/** What a stanza of the user's own client does (RFC 6121 §A.2, §3.4). */
export function outbound(standing: Standing, type: SubscriptionType): Transition {
  return transition(standing, OUTBOUND[standing.state][COLUMNS[type]] as Cell);
}

/** What a stanza of the contact's server does (RFC 6121 §A.3, §3.4). */
export function inbound(standing: Standing, type: SubscriptionType): Transition {
  const cell = INBOUND[standing.state][COLUMNS[type]] as Cell;
  const asked = transition(standing, cell);
  if (type !== 'subscribe' || !standing.isPreApproved || cell === 'reply') return asked;
  // §3.4.2: as if the user had answered the request; the approval is used up with it.
  const { next } = outbound({ state: asked.next, isPreApproved: false }, 'subscribed');
  return { next, passes: false, autoReply: 'subscribed', isPreApproved: false };
}

function transition({ state, isPreApproved }: Standing, cell: Cell): Transition {
  const stopped = { next: state, passes: false, autoReply: null, isPreApproved };
  switch (cell) {
    case 'same':
      return { ...stopped, passes: true };
    case 'stop':
      return stopped;
    case 'reply':
      // §3.1.3: the contact is subscribed already, so its server says so again.
      return { ...stopped, autoReply: 'subscribed' };
    case 'approve':
      return { ...stopped, isPreApproved: true };
    case 'revoke':
      return { ...stopped, isPreApproved: false };
    default:
      return { next: cell, passes: true, autoReply: null, isPreApproved };
  }
}

export function isSubscriptionType(type: string): type is SubscriptionType {
  return Object.hasOwn(COLUMNS, type);
}
