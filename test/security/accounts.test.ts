import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Attacker, BIND, SASL } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

const JID = 'target@open.example';
const GET_ROSTER = "<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>";

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build('', { accounts: ['target'] });
}, 30_000);
afterAll(() => fortress.raze());
afterEach(() => fortress.stands());

/** A stream that has signed in and not asked for its session yet. */
async function signInHalfway(): Promise<Attacker> {
  const attacker = await Attacker.connect(fortress.open);
  await attacker.opens();
  const plain = Buffer.from(`\0target\0${PASSWORD}`).toString('base64');
  attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
  await attacker.hears('<success');
  await attacker.opens();
  return attacker;
}

test('[RFC6120 7.7.2.2] a session that is replaced is told so and says nothing any more', async () => {
  const victim = await fortress.signIn('victim', 'v');
  const old = await fortress.signIn('target', 'same');
  old.says('<presence/>');
  await old.fence();
  const fresh = await fortress.signIn('target', 'same');
  old.says(`<message to='victim@open.example/v'><body>late</body></message>`);
  expect(await old.hearsTheEnd()).toMatch(/<stream:error><conflict .*<\/stream:stream>$/);
  old.leaves();
  fresh.says('<presence/>');
  expect(await fresh.fence()).toMatch(/^<presence to='target@open.example' [^>]*><\/presence>$/);
  victim.says(`<message to='target@open.example/same'><body>for the new one</body></message>`);
  await victim.fence();
  expect(await fresh.fence()).toContain('for the new one');
  expect(await victim.fence()).toBe('');
  for (const session of [victim, fresh]) session.leaves();
});

test('what is deleted under a session ends it, and a namesake inherits nothing', async () => {
  const session = await fortress.signIn('target', 'gone');
  session.says('<presence/>');
  session.says(
    "<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='old@far.example'/></query></iq>",
  );
  await session.fence();
  const halfway = await signInHalfway();
  await fortress.command('user.delete', { jid: JID });
  expect(await session.hearsTheEnd()).toMatch(/<stream:error>.*<\/stream:stream>$/);
  session.leaves();
  halfway.says(`<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`);
  expect(await halfway.hears('</iq>')).toContain('type="error"');
  halfway.leaves();

  const sender = await fortress.signIn('attacker');
  sender.says(`<message to='${JID}' id='1'><body>to nobody</body></message>`);
  expect(await sender.fence()).toContain('<service-unavailable ');
  sender.leaves();

  await fortress.command('user.add', { jid: JID, password: PASSWORD, reuse: true });
  const namesake = await fortress.signIn('target');
  namesake.says('<presence/>');
  namesake.says(GET_ROSTER);
  const heard = await namesake.fence();
  expect(heard).toContain('<query xmlns="jabber:iq:roster"/>');
  expect(heard).not.toContain('<message');
  namesake.leaves();
});

test('nobody slips into a session while the account is being deleted', async () => {
  for (let round = 0; round < 5; round++) {
    const session = await fortress.signIn('target');
    const halfway = await Promise.all(Array.from({ length: 30 }, signInHalfway));
    const deleted = fortress.command('user.delete', { jid: JID });
    for (const attacker of halfway) {
      attacker.says(`<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`);
      for (let turn = 0; turn < 25; turn++) await new Promise(setImmediate);
    }
    await deleted;
    await session.hearsTheEnd();
    expect(await fortress.command('session.list', { account: JID })).toMatchObject({
      sessions: [],
    });
    for (const attacker of [session, ...halfway]) attacker.leaves();
    await fortress.command('user.add', { jid: JID, password: PASSWORD, reuse: true });
  }
});

test('an account that is deleted while it is busy takes nobody along', async () => {
  for (let round = 0; round < 8; round++) {
    const sessions = await Promise.all([fortress.signIn('target'), fortress.signIn('target')]);
    for (const session of sessions) {
      session.says('<presence/>');
      for (let n = 0; n < 60; n++) {
        session.says(
          `<iq type='set' id='${n}'><query xmlns='jabber:iq:roster'><item jid='i${n}@far.example'/></query></iq>` +
            `<presence type='subscribe' to='victim@open.example'/><message to='${JID}'><body>me</body></message>`,
        );
      }
    }
    await fortress.command('user.delete', { jid: JID });
    for (const session of sessions) {
      await session.hearsTheEnd();
      session.leaves();
    }
    expect(await fortress.command('session.list', { account: JID })).toMatchObject({
      sessions: [],
    });
    await fortress.command('user.add', { jid: JID, password: PASSWORD, reuse: true });
    const namesake = await fortress.signIn('target');
    namesake.says(GET_ROSTER);
    expect(await namesake.fence()).toContain('<query xmlns="jabber:iq:roster"/>');
    namesake.leaves();
  }
});

test('a changed password ends the sessions that the old one opened', async () => {
  const session = await fortress.signIn('target');
  await fortress.command('user.passwd', { jid: JID, password: 'another' });
  expect(await session.hearsTheEnd()).toContain('<stream:error>');
  session.leaves();
  const attacker = await Attacker.connect(fortress.open);
  await attacker.opens();
  const plain = Buffer.from(`\0target\0${PASSWORD}`).toString('base64');
  attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
  expect(await attacker.hears('</failure>')).toContain('<not-authorized/>');
  attacker.leaves();
  await fortress.command('user.passwd', { jid: JID, password: PASSWORD });
});
