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
  /** What the server answers in the user's place (§A.3.1). */
  readonly autoReply: SubscriptionType | null;
}

/** A cell: the next state, or `same`; `stop` neither routes nor delivers; `reply` answers. */
type Cell = SubscriptionState | 'same' | 'stop' | 'reply';
type Row = readonly [subscribe: Cell, unsubscribe: Cell, subscribed: Cell, unsubscribed: Cell];

// biome-ignore format: a table
const OUTBOUND: Record<SubscriptionState, Row> = {
  //               subscribe      unsubscribe  subscribed   unsubscribed
  'none':        ['none+out',    'same',      'stop',      'stop'],
  'none+out':    ['same',        'none',      'stop',      'stop'],
  'none+in':     ['none+out+in', 'same',      'from',      'none'],
  'none+out+in': ['same',        'none+in',   'from+out',  'none+out'],
  'to':          ['same',        'none',      'stop',      'stop'],
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

/** What a stanza of the user's own client does (RFC 6121 §A.2). */
export function outbound(state: SubscriptionState, type: SubscriptionType): Transition {
  return transition(state, OUTBOUND[state][COLUMNS[type]] as Cell);
}

/** What a stanza of the contact's server does (RFC 6121 §A.3). */
export function inbound(state: SubscriptionState, type: SubscriptionType): Transition {
  return transition(state, INBOUND[state][COLUMNS[type]] as Cell);
}

function transition(state: SubscriptionState, cell: Cell): Transition {
  switch (cell) {
    case 'same':
      return { next: state, passes: true, autoReply: null };
    case 'stop':
      return { next: state, passes: false, autoReply: null };
    case 'reply':
      // §3.1.3: the contact is subscribed already, so its server says so again.
      return { next: state, passes: false, autoReply: 'subscribed' };
    default:
      return { next: cell, passes: true, autoReply: null };
  }
}

export function isSubscriptionType(type: string): type is SubscriptionType {
  return Object.hasOwn(COLUMNS, type);
}
