import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '../../src/storage/sqlite/connection.ts';
import type { Attacker } from '../security/support/attacker.ts';
import { Fortress } from '../security/support/fortress.ts';
import { MESSAGES_PER_SET, Witness, type Witnessed } from './support/witness.ts';

const ROUNDS = 6;
const NAMES_PER_ROUND = 4;
const GET_ROSTER = "<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>";

const names = Array.from({ length: ROUNDS * NAMES_PER_ROUND }, (_, n) => `name${n}`);

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build('', { accounts: names });
}, 60_000);
afterAll(() => fortress.raze());

async function rosterOf(user: string): Promise<string> {
  const session = await fortress.signIn(user);
  session.says(GET_ROSTER);
  const roster = await session.fence();
  session.leaves();
  return roster;
}

/** Numbers of the items that the writer has set, lowest first. */
async function storedSets(): Promise<number[]> {
  const roster = await rosterOf('attacker');
  const items = [...roster.matchAll(/<item jid="n(\d+)@far.example" name="(\d+)"/g)];
  expect(items.map(([, jid]) => jid)).toEqual(items.map(([, , name]) => name));
  return items.map(([, , name]) => Number(name)).sort((a, b) => a - b);
}

/** Numbers of the messages that waited, in the order in which they come. */
async function storedMessages(): Promise<number[]> {
  const absent = await fortress.signIn('absent');
  absent.says('<presence/>');
  const heard = await absent.fence();
  const messages = heard.split('</message>').slice(0, -1);
  for (const message of messages) {
    expect(message).toMatch(/<delay xmlns="urn:xmpp:delay" from="open.example" stamp="[^"]+"\/>$/);
    expect(message).toContain(" from='attacker@open.example/");
  }
  // What has come waits no more.
  absent.says('</stream:stream>');
  await absent.hearsTheEnd();
  absent.leaves();
  return messages.map((message) => Number(/<body>(\d+)<\/body>/.exec(message)?.[1]));
}

/** The other side of each subscription is where it was seen to be, or on the way there. */
async function checkSubscriptions({ subscriptions }: Witnessed, asked: readonly string[]) {
  const roster = await rosterOf('victim');
  for (const name of asked) {
    const seen = subscriptions.get(name);
    const own = new RegExp(`<item jid="${name}@open.example" subscription="(\\w+)"( ask)?`);
    const [, state = '', ask] = own.exec(roster) ?? [];
    const granter = await fortress.signIn(name);
    granter.says(GET_ROSTER);
    const other = /jid="victim@open.example" subscription="(\w+)"/.exec(await granter.fence())?.[1];
    granter.says('<presence/>');
    const isAsked = (await granter.fence()).includes("type='subscribe'");
    granter.leaves();
    if (seen === 'granted') expect([name, state, other]).toEqual([name, 'to', 'from']);
    if (seen === 'asked')
      expect([name, state !== '', isAsked || other === 'from']).toEqual([name, true, true]);
    // Whoever may see is let see; whoever asks has asked.
    if (state === 'to') expect([name, other]).toEqual([name, 'from']);
    if (isAsked) expect([name, ask]).toEqual([name, ' ask']);
  }
}

test('[RFC6121 2.3.1] what was answered survives kill -9 and a stop, in order and without halves', async () => {
  let nextSet = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const asked = names.slice(round * NAMES_PER_ROUND, (round + 1) * NAMES_PER_ROUND);
    // A stop that is asked for, in the midst of work, must lose no more than a crash.
    const signal = round % 3 === 2 ? 'SIGTERM' : 'SIGKILL';
    let answersLeft = 1 + Math.floor(Math.random() * 40);
    const witness = new Witness(fortress, () => {
      answersLeft--;
      if (answersLeft === 0) setTimeout(() => void fortress.end(signal), Math.random() * 4);
    });
    const firstMessage = 1;
    await Promise.all([witness.writes(firstMessage, nextSet), witness.subscribes(asked)]);
    expect(await fortress.ends()).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');
    await fortress.start();

    const sets = await storedSets();
    expect(sets).toEqual(sets.map((_, n) => n + 1));
    expect(sets.length).toBeGreaterThanOrEqual(Math.max(witness.seen.sets, witness.seen.pushed));
    const messages = await storedMessages();
    expect(messages).toEqual(messages.map((_, n) => firstMessage + n));
    const setsOfRound = sets.length - (nextSet - 1);
    expect(messages.length).toBeGreaterThanOrEqual(setsOfRound * MESSAGES_PER_SET);
    await checkSubscriptions(witness.seen, asked);
    nextSet = sets.length + 1;
  }
  expect(await fortress.end('SIGTERM')).toBe(0);
  const db = connect(`${fortress.data}/epode.sqlite`);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
  await fortress.start();
}, 60_000);

describe('a disk that fills up while the server runs', () => {
  /** Sends roster sets until the server gives up; returns how many were answered. */
  async function fill(session: Attacker): Promise<number> {
    const name = 'x'.repeat(1000);
    let answered = 0;
    try {
      for (let n = 0; n < 2000; n++) {
        session.says(
          `<iq type='set' id='f${n}'><query xmlns='jabber:iq:roster'><item jid='f${n}@far.example' name='${name}'/></query></iq>`,
        );
        await session.hears(`type='result' id='f${n}'`);
        answered++;
      }
    } catch {
      // The server has ended, as the test goes on to see.
    }
    return answered;
  }

  test('ends it with one message and a failure; what was answered is there afterwards', async () => {
    await fortress.end('SIGTERM');
    await fortress.start({ largestFile: 1_000_000 });
    const session = await fortress.signIn('absent');
    const answered = await fill(session);
    expect(answered).toBeGreaterThan(0);
    expect(session.heard).not.toMatch(/SQLITE|Error|\/tmp/);
    expect(await fortress.ends()).toBe(1);
    const message = fortress.told.slice(fortress.told.indexOf('Make an account:')).split('\n');
    expect(message.slice(1).join('\n')).toMatch(/epode\.sqlite.*\n.+\n$/);
    expect(message.length).toBeLessThanOrEqual(4);

    await fortress.start();
    const roster = await rosterOf('absent');
    for (let n = 0; n < answered; n++) expect(roster).toContain(`jid="f${n}@far.example"`);
  }, 30_000);
});
