import { describe, expect } from '@jest/globals';
import { defineModule } from '../../src/server/module.ts';
import { NS } from '../../src/xmpp/ns.ts';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import { enableCarbons } from '../support/carbons.ts';
import { conversationInside as conversation } from '../support/conversation.ts';
import {
  ASK,
  acknowledges,
  asksToResume,
  BODY,
  bothManage,
  DELAY,
  enables,
  failed,
  HOLD,
  learns,
  manages,
  NS_SM,
  resumes,
  SHUTDOWN,
  tells,
} from '../support/stream-management.ts';

/** Commits for which a message with a subject waits. */
const SLOWNESS = 40;
const KEPT = { name: 'kept', xmlns: 'urn:example:kept' };

/** A message with a subject comes to a slow disk. */
const slowly = defineModule({
  name: 'slowly',
  summary: 'Stores messages some commits later.',
  setup({ storage: { durability } }) {
    const store = (stanza: Stanza) =>
      stanza.has('subject', NS.client) ? { ticket: durability.latest + SLOWNESS } : undefined;
    return { flows: { incoming: { message: { store } } } };
  },
});

describe('where the server starts again', () => {
  conversation(
    'a client goes on where it was [XEP-0198 5]',
    { quiet: ['juliet'] },
    async (people, server) => {
      const { juliet, romeo } = people;
      const [id, his] = [await enables(juliet), await enables(romeo)];
      await juliet.sends`<message to='${romeo}' id='0'>${BODY}</message>`;
      await romeo.gets`<message id='0'/>`;
      await acknowledges(romeo);
      for (const each of ['1', '2']) {
        await romeo.sends`<message to='${juliet}' id='${each}'>${BODY}</message>`;
      }
      await juliet.gets`<message id='1'/><message id='2'/>`;
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await romeo.gets`${SHUTDOWN}`;
      expect(await resumes(romeo, his, 1)).toBe(2);
      await romeo.sends`<message to='${juliet}' id='3'>${BODY}</message>`;
      await romeo.getsNothing();
      expect(await resumes(juliet, id, 1)).toBe(1);
      await juliet.gets`<message id='2'/><message id='3'/>${ASK}`;
      await juliet.sends`<message to='${romeo}' id='4'>${BODY}</message>`;
      await romeo.gets`<message id='4'/>`;
    },
  );

  conversation(
    'its contacts see nothing, until it is gone for good [RFC6121 4.5.2, XEP-0198 5]',
    { friends: [['juliet', 'romeo']], quiet: ['juliet'] },
    async (people, server) => {
      const { juliet, romeo } = people;
      await manages(juliet);
      await romeo.forgets();
      const id = await enables(romeo);
      await juliet.vanishes();
      await server.restarts();
      await romeo.gets`${SHUTDOWN}`;
      await resumes(romeo, id, romeo.stanzas);
      await romeo.sends`<presence to='${juliet.bare}' type='probe'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await romeo.getsNothing();
      await romeo.vanishes();
      server.clock.advance(HOLD / 2);
      await resumes(romeo, id, romeo.stanzas);
      server.clock.advance(HOLD / 2);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    },
  );

  conversation(
    'it gets copies, and changes of its roster [XEP-0280 4, RFC6121 2.1.6]',
    { quiet: ['juliet'] },
    async (people, server) => {
      const { juliet, romeo } = people;
      const id = await manages(juliet);
      await enableCarbons(juliet);
      await juliet.sends`<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>`;
      await juliet.gets`<iq id='r'/>`;
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await romeo.gets`${SHUTDOWN}`;
      await romeo.returns();
      await resumes(juliet, id, juliet.stanzas);
      await romeo.sends`<presence to='${juliet.bare}' type='subscribe'/>`;
      await romeo.forgets();
      await juliet.gets`<presence type='subscribe'/>`;
      await juliet.sends`<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='${romeo.bare}'/></query></iq>`;
      await juliet.getsInAnyOrder`<iq type='set'><query xmlns='jabber:iq:roster'><item/></query></iq><iq id='s'/>`;
    },
  );

  conversation(
    'others see it as the one who has gone [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async (people, server) => {
      const { juliet, romeo } = people;
      const id = await enables(romeo);
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await romeo.gets`${SHUTDOWN}`;
      await resumes(romeo, id, 0);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>${ASK}`;
    },
  );

  conversation(
    'messages that nobody comes for go their way once [XEP-0198 4]',
    {},
    async (people, server) => {
      const {
        juliet: { laptop, phone },
        romeo,
      } = people;
      await bothManage(phone, laptop);
      await phone.vanishes();
      await romeo.sends`<message to='${phone.bare}' type='chat' id='1'>${BODY}</message>`;
      await laptop.gets`<message id='1'/>`;
      await romeo.sends`<message to='${phone}' type='chat' id='2'>${BODY}</message>`;
      await romeo.getsNothing();
      await server.restarts();
      await romeo.gets`${SHUTDOWN}`;
      await laptop.gets`${SHUTDOWN}`;
      server.clock.advance(HOLD);
      await phone.returns();
      await phone.getsInAnyOrder`<message id='1'>${DELAY}</message><message id='2'>${DELAY}</message>`;
      await phone.getsNothing();
    },
  );

  conversation(
    'the time of waiting goes on, but one may come back in any case [XEP-0198 5]',
    { quiet: ['juliet'] },
    async (people, server) => {
      const { juliet } = people;
      const id = await enables(juliet);
      await server.restarts(HOLD * 2);
      await juliet.gets`${SHUTDOWN}`;
      await resumes(juliet, id, 0);
      await server.restarts(HOLD * 2);
      await juliet.gets`${SHUTDOWN}`;
      server.clock.advance(60_000);
      await asksToResume(juliet, id, 0);
      await juliet.gets`<failed xmlns='${NS_SM}'/>`;
    },
  );

  conversation(
    'messages that waited are not given twice [XEP-0160 3]',
    { absent: ['juliet'] },
    async (people, server) => {
      const { juliet, romeo } = people;
      await romeo.sends`<message to='${juliet.bare}' type='chat' id='1'>${BODY}</message>`;
      await romeo.getsNothing();
      await juliet.signsIn({ quietly: true });
      const id = await enables(juliet);
      await juliet.sends`<presence/>`;
      await juliet.gets`<presence/><message id='1'/>`;
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await romeo.gets`${SHUTDOWN}`;
      await resumes(juliet, id, 1);
      await juliet.gets`<message id='1'>${DELAY}</message>${ASK}`;
      await acknowledges(juliet, 2);
      await juliet.leaves();
      await juliet.returns();
      await juliet.getsNothing();
    },
  );

  conversation(
    'nobody who may not sign in any more comes back',
    { quiet: ['juliet'] },
    async (people, server) => {
      const { juliet } = people;
      const id = await enables(juliet);
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      server.storage.users.update(`juliet@localhost`, { isDisabled: true });
      await server.restarts();
      server.storage.users.update(`juliet@localhost`, { isDisabled: false });
      await asksToResume(juliet, id, 0);
      await juliet.gets`${failed('item-not-found')}`;
    },
  );
});

describe('where the server was killed', () => {
  conversation(
    'nobody goes on; a client hears what it need not send again [XEP-0198 5]',
    { quiet: ['juliet'], absent: ['nurse'], onDisk: true },
    async ({ juliet, romeo, nurse }, server) => {
      await nurse.exists();
      const [id, his] = [await enables(juliet), await enables(romeo)];
      await juliet.sends`
        <message to='${nurse.bare}' type='chat'>${BODY}</message>
        <message to='${nurse.bare}' type='chat'>${BODY}</message>`;
      await romeo.sends`<message to='${nurse.bare}' type='chat'>${BODY}</message>`;
      await learns(romeo, 1);
      await server.idle();
      await juliet.vanishes();
      await romeo.vanishes();
      await server.crashes();
      await asksToResume(juliet, id, 0);
      await juliet.gets`<failed xmlns='${NS_SM}' h='2'/>`;
      await asksToResume(romeo, his, 0);
      await romeo.gets`<failed xmlns='${NS_SM}' h='1'/>`;
      await asksToResume(romeo, id, 0);
      await romeo.gets`${failed('item-not-found')}`;
      expect(romeo.lastText).not.toContain(' h=');
    },
  );

  conversation(
    'what the client was told is so, also of what nobody stores [XEP-0198 4]',
    { quiet: ['juliet'] },
    async ({ juliet, romeo }, server) => {
      const id = await enables(juliet);
      await juliet.sends`<message to='${romeo}'>${BODY}</message><presence/>`;
      await romeo.gets`<message/>`;
      await juliet.forgets();
      const handled = await tells(juliet);
      await juliet.vanishes();
      await romeo.vanishes();
      await server.crashes();
      await asksToResume(juliet, id, 0);
      await juliet.gets`<failed xmlns='${NS_SM}' h='${String(handled)}'/>`;
    },
  );

  conversation(
    'and of a stop before it, nothing is left to go on with [XEP-0198 5]',
    { quiet: ['juliet'] },
    async ({ juliet }, server) => {
      const id = await enables(juliet);
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await resumes(juliet, id, 0);
      await juliet.vanishes();
      await server.crashes();
      await asksToResume(juliet, id, 0);
      await juliet.gets`<failed xmlns='${NS_SM}'/>`;
    },
  );
});

conversation(
  'a server that stops waits for what is on its way to the disk, or the client would send it again [XEP-0198 4]',
  { modules: [slowly] },
  async ({ juliet, romeo, nurse }, server) => {
    const [id, his] = [await enables(juliet), await enables(romeo)];
    await juliet.sends`<message to='${romeo}' type='chat' id='1'><subject>Late</subject><body>Hi</body></message>`;
    await server.idle();
    const restarted = server.restarts();
    server.clock.advance(5_000);
    const { privateXml, durability } = server.storage;
    for (let commit = 0; commit < SLOWNESS; commit++) {
      await durability.whenCommitted(privateXml.put(nurse.bare, KEPT, `<kept n='${commit}'/>`));
    }
    await restarted;
    await juliet.gets`${SHUTDOWN}`;
    expect(await resumes(juliet, id, 0)).toBe(1);
    await romeo.gets`${SHUTDOWN}`;
    await nurse.gets`${SHUTDOWN}`;
    await resumes(romeo, his, 0);
    await romeo.gets`<message id='1'/>${ASK}`;
  },
);
