import { describe, expect } from '@jest/globals';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import { moduleCommands } from '../../src/server/admin/modules.ts';
import { userCommands } from '../../src/server/admin/users.ts';
import type { Client } from '../support/client.ts';
import { conversationInside, nothing } from '../support/conversation.ts';
import type { TestServer } from '../support/server.ts';

const ROSTER = 'jabber:iq:roster';
const DAY = 86_400_000;
const friends = [['juliet', 'romeo']] as const;

/** What an operator's command answers. */
function operate({ server, storage }: TestServer, name: string, params: object) {
  const commands = [...userCommands(server, storage), ...moduleCommands(server)];
  return new AdminDispatcher(commands, (error) => {
    throw error;
  }).run(name, params);
}

async function isInterested(client: Client): Promise<void> {
  await client.sends`<iq type='get' id='r'><query xmlns='${ROSTER}'/></iq>`;
  await client.gets`<iq type='result' id='r'/>`;
}

function push(contact: Client, item: string): string {
  return `<iq type='set'><query xmlns='${ROSTER}'><item jid='${contact.bare}' ${item}/></query></iq>`;
}

const NOT_AUTHORIZED = `
  <stream:error xmlns:stream='http://etherx.jabber.org/streams'>
    <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
  </stream:error>`;

describe('an account that is deleted', () => {
  conversationInside(
    'leaves its contacts’ rosters, and its sessions end [RFC6121 2.5.2]',
    { friends },
    async ({ juliet, romeo }, server) => {
      await isInterested(romeo);
      const answer = await operate(server, 'user.delete', { jid: juliet.bare });
      expect(answer).toEqual({ result: { jid: juliet.bare, closed: 1 } });
      await juliet.gets`${NOT_AUTHORIZED}`;
      await juliet.getsEnd();
      await romeo.gets`
        <presence type='unavailable' from='${juliet}'/>
        <presence type='unsubscribe' from='${juliet.bare}'/>
        ${push(juliet, "subscription='to'")}
        <presence type='unsubscribed' from='${juliet.bare}'/>
        ${push(juliet, "subscription='none'")}`;
      await romeo.getsNothing();
    },
  );

  conversationInside(
    'takes requests that nobody has answered along [RFC6121 3.1.3]',
    {},
    async ({ juliet, romeo }, server) => {
      await isInterested(juliet);
      await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
      await juliet.gets`<presence type='subscribe' from='${romeo.bare}'/>`;
      await operate(server, 'user.delete', { jid: romeo.bare });
      await juliet.gets`<presence type='unsubscribe' from='${romeo.bare}'/>`;
      await romeo.gets`${NOT_AUTHORIZED}`;
      await juliet.getsNothing();
      await juliet.sends`<iq type='get' id='2'><query xmlns='${ROSTER}'/></iq>`;
      await juliet.gets`<iq type='result' id='2'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
    },
  );

  conversationInside(
    'has a name that nobody gets for a while, and then without its past [RFC6121 3.2]',
    { friends },
    async ({ juliet, romeo }, server) => {
      await juliet.exists();
      const jid = juliet.bare;
      await operate(server, 'user.delete', { jid });
      await juliet.gets`${NOT_AUTHORIZED}`;
      await romeo.forgets();
      await romeo.leaves();
      const again = { jid, password: 'another' };
      expect(await operate(server, 'user.add', again)).toMatchObject({
        error: { code: 'retired' },
      });
      server.clock.advance(90 * DAY);
      expect(await operate(server, 'user.add', again)).toEqual({ result: { jid } });
      expect((await server.storage.rosters.load(jid)).items).toEqual([]);
    },
  );
});

describe('an account that is disabled', () => {
  conversationInside(
    'loses its sessions and keeps its data [RFC6120 6.5.1]',
    { friends },
    async ({ juliet, romeo }, server) => {
      await juliet.exists();
      const answer = await operate(server, 'user.disable', { jid: juliet.bare });
      expect(answer).toEqual({ result: { jid: juliet.bare, closed: 1 } });
      await juliet.gets`${NOT_AUTHORIZED}`;
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await romeo.sends`<message to='${juliet.bare}'><body>Wherefore?</body></message>`;
      await romeo.getsNothing();
      await operate(server, 'user.enable', { jid: juliet.bare });
      await juliet.returns();
      await juliet.getsInAnyOrder`
        <presence from='${romeo}'/>
        <message from='${romeo}'><body>Wherefore?</body></message>`;
      await romeo.gets`<presence from='${juliet}'/>`;
    },
  );
});

describe('what operators do to rosters', () => {
  conversationInside(
    'is pushed to whom it concerns [RFC6121 2.1.6]',
    {},
    async ({ juliet, romeo }, server) => {
      await isInterested(juliet);
      const contact = { jid: juliet.bare, contact: romeo.bare };
      await operate(server, 'roster.add', { ...contact, name: 'Romeo', groups: ['Verona'] });
      await juliet.gets`${push(romeo, "name='Romeo' subscription='none'")}`;
      expect(await operate(server, 'roster.list', { jid: juliet.bare })).toMatchObject({
        result: { contacts: [{ jid: romeo.bare, name: 'Romeo', subscription: 'none' }] },
      });
      await operate(server, 'roster.remove', contact);
      await juliet.gets`${push(romeo, "subscription='remove'")}`;
      expect(await operate(server, 'roster.remove', contact)).toMatchObject({
        error: { code: 'not-found' },
      });
      await romeo.getsNothing();
    },
  );

  conversationInside(
    'makes friends who see each other at once [RFC6121 3.1.5]',
    {},
    async ({ juliet, romeo }, server) => {
      await isInterested(juliet);
      await isInterested(romeo);
      await operate(server, 'roster.befriend', { jid: juliet.bare, contact: romeo.bare });
      await juliet.getsInAnyOrder`
        ${push(romeo, "subscription='both'")}<presence from='${romeo}'/>`;
      await romeo.getsInAnyOrder`
        ${push(juliet, "subscription='both'")}<presence from='${juliet}'/>`;
      const strangers = { jid: juliet.bare, contact: 'nobody@localhost' };
      expect(await operate(server, 'roster.befriend', strangers)).toMatchObject({
        error: { code: 'not-found' },
      });
    },
  );

  conversationInside(
    'ends what both had of each other [RFC6121 2.5.2]',
    { friends },
    async ({ juliet, romeo }, server) => {
      await juliet.exists();
      await operate(server, 'roster.remove', { jid: juliet.bare, contact: romeo.bare });
      await romeo.getsInAnyOrder`
        <presence type='unsubscribe' from='${juliet.bare}'/>
        <presence type='unavailable' from='${juliet}'/>
        <presence type='unsubscribed' from='${juliet.bare}'/>`;
      await juliet.gets`<presence type='unavailable' from='${romeo}'/>`;
    },
  );

  conversationInside('is refused what clients are refused', {}, async ({ juliet }, server) => {
    await juliet.exists();
    for (const [contact, code] of [
      [juliet.bare, 'bad-address'],
      ['@', 'bad-address'],
      [7, 'bad-params'],
    ]) {
      const answer = await operate(server, 'roster.add', { jid: juliet.bare, contact });
      expect(answer).toMatchObject({ error: { code } });
    }
    const unknown = await operate(server, 'roster.list', { jid: 'nobody@localhost' });
    expect(unknown).toMatchObject({ error: { code: 'not-found' } });
  });
});

describe('what there is to say of an account', () => {
  conversationInside('comes from all modules', { friends }, async ({ juliet, romeo }, server) => {
    await juliet.exists();
    await romeo.leaves();
    await juliet.gets`<presence type='unavailable'/>`;
    const seen = server.clock.now();
    const answer = await operate(server, 'user.show', { jid: romeo.bare });
    expect(answer).toMatchObject({
      result: {
        jid: romeo.bare,
        isDisabled: false,
        lastLogin: seen,
        sessions: [],
        more: { contacts: 1, requests: 0, lastSeen: seen },
      },
    });
  });
});
