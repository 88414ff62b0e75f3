import { describe, expect } from '@jest/globals';
import type { SubscriptionState, SubscriptionType } from '../../src/xmpp/subscription.ts';
import type { Client } from '../support/client.ts';
import { conversationInside, nothing } from '../support/conversation.ts';
import { rosterItem } from '../support/roster-item.ts';
import type { TestServer } from '../support/server.ts';

/**
 * RFC 6121 Appendix A, cell by cell, on the wire. Both accounts are of this
 * server; the state of the one under test is as the cell says, and that of the
 * other such that it sends, or takes, whatever it is about.
 */

type Types = readonly SubscriptionType[];
const TYPES: Types = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'];

/**
 * The new state, or '-' for no change. R: routed or delivered; A: auto-reply; P: an
 * approval in advance.
 */
type Cell = readonly [next: SubscriptionState | '-', effect: 'R' | 'A' | 'P' | ''];
type Table = Readonly<Record<SubscriptionState, readonly [Cell, Cell, Cell, Cell]>>;

// Columns: subscribe, unsubscribe, subscribed, unsubscribed.
// biome-ignore format: a table
const OUTBOUND: Table = {
  'none':        [['none+out', 'R'],    ['-', 'R'],       ['-', 'P'],        ['-', '']],
  'none+out':    [['-', 'R'],           ['none', 'R'],    ['-', 'P'],        ['-', '']],
  'none+in':     [['none+out+in', 'R'], ['-', 'R'],       ['from', 'R'],     ['none', 'R']],
  'none+out+in': [['-', 'R'],           ['none+in', 'R'], ['from+out', 'R'], ['none+out', 'R']],
  'to':          [['-', 'R'],           ['none', 'R'],    ['-', 'P'],        ['-', '']],
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

/** The contact's state, such that it takes what is routed to it. */
const TAKES: Record<SubscriptionType, SubscriptionState> = {
  subscribe: 'none',
  unsubscribe: 'from',
  subscribed: 'none+out',
  unsubscribed: 'to',
};

/** The contact's state, such that its own server lets it send this. */
const SENDS: Record<SubscriptionType, SubscriptionState> = {
  subscribe: 'from',
  unsubscribe: 'to',
  subscribed: 'none+in',
  unsubscribed: 'from',
};

const ROSTER = 'jabber:iq:roster';

interface Scene {
  readonly server: TestServer;
  readonly juliet: Client;
  readonly romeo: Client;
}

/**
 * Both are interested in their rosters, which hold each other in these states.
 * Only who is to get a request is available, for the others need not be: so no
 * presence comes in between.
 */
async function setUp(
  { server, juliet, romeo }: Scene,
  states: { juliet: SubscriptionState; romeo: SubscriptionState },
  available: Client | null,
): Promise<void> {
  await juliet.exists();
  server.storage.rosters.put(juliet.bare, rosterItem(romeo.bare, states.juliet));
  server.storage.rosters.put(romeo.bare, rosterItem(juliet.bare, states.romeo));
  for (const client of [juliet, romeo]) {
    await client.signsIn({ quietly: client !== available });
    await client.sends`<iq type='get' id='r'><query xmlns='${ROSTER}'/></iq>`;
  }
  for (const client of [juliet, romeo]) await client.forgets();
}

/** What the contact's roster says where the user's has this state. */
const MIRROR: Record<SubscriptionState, SubscriptionState> = {
  none: 'none',
  'none+out': 'none+in',
  'none+in': 'none+out',
  'none+out+in': 'none+out+in',
  to: 'from',
  'to+in': 'from+out',
  from: 'to',
  'from+out': 'to+in',
  both: 'both',
};

function push(contact: Client, state: SubscriptionState, approved: 'true' | '' = ''): string {
  const [subscription, ...pending] = state.split('+');
  const ask = pending.includes('out') ? 'subscribe' : nothing;
  const item = `<item jid='${contact.bare}' subscription='${subscription}' ask='${ask}' approved='${approved || nothing}'/>`;
  return `<iq type='set'><query xmlns='${ROSTER}'>${item}</query></iq>`;
}

async function expectState({ server, juliet, romeo }: Scene, state: SubscriptionState) {
  const stored = (await server.storage.rosters.item(juliet.bare, romeo.bare))!;
  const { subscription, isAsking, request } = stored;
  const wanted = rosterItem(romeo.bare, state);
  expect({ subscription, isAsking, isAsked: request !== null }).toEqual({
    subscription: wanted.subscription,
    isAsking: wanted.isAsking,
    isAsked: wanted.request !== null,
  });
}

type Story = (
  scene: Scene,
  cell: {
    state: SubscriptionState;
    type: SubscriptionType;
    next: SubscriptionState;
    effect: Cell[1];
  },
) => Promise<void>;

function forEachCell(direction: string, table: Table, clause: string, story: Story): void {
  for (const [state, row] of Object.entries(table) as [SubscriptionState, Table['none']][]) {
    for (const [index, [change, effect]] of row.entries()) {
      const type = TYPES[index]!;
      const next = change === '-' ? state : change;
      const what = {
        R: ', goes through',
        A: ', is answered',
        P: ', approves in advance',
        '': ', stops',
      }[effect];
      conversationInside(
        `${direction} ${type} in state ${state}: ${next}${what} [RFC6121 ${clause}]`,
        { absent: ['juliet', 'romeo'] },
        async ({ juliet, romeo }, server) => {
          await story({ server, juliet, romeo }, { state, type, next, effect });
        },
      );
    }
  }
}

describe('what the user sends', () => {
  forEachCell('outbound', OUTBOUND, 'A.2', async (scene, { state, type, next, effect }) => {
    const { juliet, romeo } = scene;
    const available = type === 'subscribe' ? romeo : null;
    await setUp(scene, { juliet: state, romeo: TAKES[type] }, available);
    await juliet.sends`<presence type='${type}' to='${romeo.bare}' id='cell'/>`;
    if (effect === 'P') await juliet.gets`${push(romeo, state, 'true')}`;
    if (next !== state) await juliet.gets`${push(romeo, next)}`;
    await juliet.getsNothing();
    if (effect === 'R') {
      await romeo.gets`
        <presence type='${type}' from='${juliet.bare}' to='${romeo.bare}' id='cell'/>`;
      await romeo.forgets();
    }
    await romeo.getsNothing();
    await expectState(scene, next);
  });
});

describe('what the contact sends', () => {
  forEachCell('inbound', INBOUND, 'A.3', async (scene, { state, type, next, effect }) => {
    const { juliet, romeo } = scene;
    const available = type === 'subscribe' ? juliet : null;
    await setUp(scene, { juliet: state, romeo: SENDS[type] }, available);
    await romeo.sends`<presence type='${type}' to='${juliet.bare}' id='cell'/>`;
    if (effect === 'R') {
      await juliet.gets`
        <presence type='${type}' from='${romeo.bare}' to='${juliet.bare}' id='cell'/>`;
      if (type !== 'subscribe') await juliet.gets`${push(romeo, next)}`;
    }
    await juliet.getsNothing();
    if (effect === 'A') {
      await romeo.gets`${push(juliet, 'from+out')}`;
      await romeo.gets`<presence type='subscribed' from='${juliet.bare}' to='${romeo.bare}'/>`;
    }
    await romeo.forgets();
    await expectState(scene, next);
  });
});

/** Whether the user sees the contact (`to`), or the contact the user (`from`). */
const sees = (state: SubscriptionState, side: 'to' | 'from') =>
  state.startsWith(side) || state === 'both';

/** What one sees of the other, who is available, when their state changes. */
function sight(of: Client, wasSeen: boolean, isSeen: boolean): string {
  if (wasSeen === isSeen) return '';
  return isSeen ? `<presence from='${of}'/>` : `<presence type='unavailable' from='${of}'/>`;
}

/** Both tables once more: what the one sends in its state, the other gets in the mirrored one. */
describe('what they see of each other, both available', () => {
  forEachCell('sending', OUTBOUND, '3.1.5, 3.2.2, 3.3.3', async (scene, { state, type, next }) => {
    const { juliet, romeo, server } = scene;
    await juliet.exists();
    server.storage.rosters.put(juliet.bare, rosterItem(romeo.bare, state));
    server.storage.rosters.put(romeo.bare, rosterItem(juliet.bare, MIRROR[state]));
    for (const client of [juliet, romeo]) await client.signsIn();
    for (const client of [juliet, romeo]) await client.forgets();
    await juliet.sends`<presence type='${type}' to='${romeo.bare}'/>`;
    const [, effect] = INBOUND[MIRROR[state]][TYPES.indexOf(type)]!;
    const word = effect === 'R' ? `<presence type='${type}' from='${juliet.bare}'/>` : '';
    const seen = sight(juliet, sees(state, 'from'), sees(next, 'from'));
    await romeo.gets`${type === 'unsubscribed' ? seen + word : word + seen}`;
    await juliet.gets`${sight(romeo, sees(state, 'to'), sees(next, 'to'))}`;
    await romeo.getsNothing();
    await juliet.getsNothing();
  });
});
