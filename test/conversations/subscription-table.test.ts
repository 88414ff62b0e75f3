import { describe } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversationInside, nothing } from '../support/conversation.ts';
import { rosterItem } from '../support/roster-item.ts';
import type { TestServer } from '../support/server.ts';
import type { SubscriptionState, SubscriptionType } from '../../src/xmpp/subscription.ts';

/**
 * RFC 6121 Appendix A, cell by cell, on the wire. Both accounts are of this
 * server; the state of the one under test is as the cell says, and that of the
 * other such that it sends, or takes, whatever it is about.
 */

type Types = readonly SubscriptionType[];
const TYPES: Types = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'];

/** The new state, or '-' for no change. An upper-case R: routed or delivered; A: auto-reply. */
type Cell = readonly [next: SubscriptionState | '-', effect: 'R' | 'A' | ''];
type Table = Readonly<Record<SubscriptionState, readonly [Cell, Cell, Cell, Cell]>>;

// Columns: subscribe, unsubscribe, subscribed, unsubscribed.
// biome-ignore format: a table
const OUTBOUND: Table = {
  'none':        [['none+out', 'R'],    ['-', 'R'],       ['-', ''],         ['-', '']],
  'none+out':    [['-', 'R'],           ['none', 'R'],    ['-', ''],         ['-', '']],
  'none+in':     [['none+out+in', 'R'], ['-', 'R'],       ['from', 'R'],     ['none', 'R']],
  'none+out+in': [['-', 'R'],           ['none+in', 'R'], ['from+out', 'R'], ['none+out', 'R']],
  'to':          [['-', 'R'],           ['none', 'R'],    ['-', ''],         ['-', '']],
  'to+in':       [['-', 'R'],           ['none+in', 'R'], ['both', 'R'],     ['to', 'R']],
  'from':        [['from+out', 'R'],    ['-', 'R'],       ['-', ''],         ['none', 'R']],
  'from+out':    [['-', 'R'],           ['from', 'R'],    ['-', ''],         ['none+out', 'R']],
  'both':        [['-', 'R'],           ['from', 'R'],    ['-', ''],         ['to', 'R']],
};

// biome-ignore format: a table
const INBOUND: Table = {
  'none':        [['none+in', 'R'],     ['-', ''],         ['-', ''],      ['-', '']],
  'none+out':    [['none+out+in', 'R'], ['-', ''],         ['to', 'R'],    ['none', 'R']],
  'none+in':     [['-', ''],            ['none', 'R'],     ['-', ''],      ['-', '']],
  'none+out+in': [['-', ''],            ['none+out', 'R'], ['to+in', 'R'], ['none+in', 'R']],
  'to':          [['to+in', 'R'],       ['-', ''],         ['-', ''],      ['none', 'R']],
  'to+in':       [['-', ''],            ['to', 'R'],       ['-', ''],      ['none+in', 'R']],
  'from':        [['-', 'A'],           ['none', 'R'],     ['-', ''],      ['-', '']],
  'from+out':    [['-', 'A'],           ['none+out', 'R'], ['both', 'R'],  ['from', 'R']],
  'both':        [['-', 'A'],           ['to', 'R'],       ['-', ''],      ['from', 'R']],
};

/** The other side, so that it takes what is routed to it. */
const TAKES: Record<SubscriptionType, SubscriptionState> = {
  subscribe: 'none',
  unsubscribe: 'from',
  subscribed: 'none+out',
  unsubscribed: 'to',
};

/** The other side, so that its own server lets it send this. */
const SENDS: Record<SubscriptionType, SubscriptionState> = {
  subscribe: 'none+out',
  unsubscribe: 'to',
  subscribed: 'none+in',
  unsubscribed: 'from',
};

const ROSTER = 'jabber:iq:roster';

/** Both are there and interested, with the states that a cell needs. */
async function setUp(
  server: TestServer,
  [juliet, julietState]: [Client, SubscriptionState],
  [romeo, romeoState]: [Client, SubscriptionState],
): Promise<void> {
  await juliet.exists();
  server.storage.rosters.put(juliet.bare, rosterItem(romeo.bare, julietState));
  server.storage.rosters.put(romeo.bare, rosterItem(juliet.bare, romeoState));
  for (const client of [juliet, romeo]) {
    await client.signsIn();
    await client.sends`<iq type='get' id='r'><query xmlns='${ROSTER}'/></iq>`;
  }
  await juliet.forgets();
  await romeo.forgets();
}

function itemIn(contact: Client, state: SubscriptionState): string {
  const [subscription, ...pending] = state.split('+');
  const ask = pending.includes('out') ? 'subscribe' : nothing;
  return `<item jid='${contact.bare}' subscription='${subscription}' ask='${ask}'/>`;
}

function visible(state: SubscriptionState): string {
  return state.replace('+in', '');
}

function pushOf(contact: Client, before: SubscriptionState, next: SubscriptionState): string {
  if (visible(before) === visible(next)) return '';
  return `<iq type='set'><query xmlns='${ROSTER}'>${itemIn(contact, next)}</query></iq>`;
}

/** The state as the server keeps it: the roster on the wire, and the request by logging in again. */
async function proveState(client: Client, contact: Client, state: SubscriptionState): Promise<void> {
  await client.forgets();
  await contact.leaves();
  await client.forgets();
  await client.sends`<iq type='get' id='state'><query xmlns='${ROSTER}'/></iq>`;
  await client.gets`
    <iq type='result' id='state'><query xmlns='${ROSTER}'>${itemIn(contact, state)}</query></iq>`;
  await client.sends`<presence type='unavailable'/>`;
  await client.gets`<presence type='unavailable'/>`;
  await client.sends`<presence/>`;
  await client.gets`<presence from='${client}'/>`;
  const isSubscribed = /^(to|both)/.test(state);
  const answer = isSubscribed ? `<presence type='${'unavailable'}' from='${contact.bare}'/>` : '';
  const request = state.endsWith('+in')
    ? `<presence type='subscribe' from='${contact.bare}'/>`
    : '';
  if (answer || request) await client.getsInAnyOrder`${answer}${request}`;
  await client.getsNothing();
}

describe('outbound', () => {
  for (const [state, row] of Object.entries(OUTBOUND) as [SubscriptionState, Table[SubscriptionState]][]) {
    for (const [index, type] of TYPES.entries()) {
      const [change, effect] = row[index]!;
      const next = change === '-' ? state : change;
      conversationInside(
        `${type} in state ${state}: ${next}${effect ? ', routed' : ''} [RFC6121 A.2.${index + 1}]`,
        { absent: ['juliet', 'romeo'] },
        async ({ juliet, romeo }, server) => {
          await setUp(server, [juliet, state], [romeo, TAKES[type]]);
          await juliet.sends`<presence type='${type}' to='${romeo.bare}' id='cell'/>`;
          const push = pushOf(romeo, state, next);
          if (push) await juliet.gets`${push}`;
          if (effect === 'R') await proveRouted(type, juliet, romeo, state);
          await romeo.getsNothing();
          // What follows from the other side's point of view is no matter of this cell.
          await juliet.forgets();
          server.storage.rosters.put(romeo.bare, rosterItem(juliet.bare, mirrorOf(next)));
          await proveRoster(juliet, romeo, next);
        },
      );
    }
  }
});
