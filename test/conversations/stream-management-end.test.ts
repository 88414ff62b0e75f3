import { describe } from '@jest/globals';
import { CARBONS, enableCarbons } from '../support/carbons.ts';
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
  loses,
  manages,
  managesBeside,
  NS_SM,
  resumes,
  SHORT_HOLD,
  shortHold,
} from '../support/stream-management.ts';

const alone = { config: shortHold } as const;
const friends = { ...alone, friends: [['juliet', 'romeo']] } as const;

describe('when nobody has come back in time', () => {
  conversation(
    'contacts see that the client is gone [RFC6121 4.5.2]',
    friends,
    async (people, server) => {
      const { juliet, romeo } = people;
      await manages(juliet);
      await romeo.forgets();
      await juliet.vanishes();
      await romeo.getsNothing();
      server.clock.advance(SHORT_HOLD);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    },
  );

  conversation(
    'messages wait for the next session, with their time [XEP-0198 4]',
    alone,
    async (people, server) => {
      const { juliet, romeo } = people;
      await manages(juliet);
      await romeo.sends`<message to='${juliet}' type='chat' id='1'>${BODY}</message>`;
      await juliet.gets`<message id='1'/>`;
      await acknowledges(juliet);
      await juliet.getsNothing();
      await romeo.sends`<message to='${juliet}' type='chat' id='2'>${BODY}</message>`;
      await juliet.gets`<message id='2'/>`;
      await juliet.vanishes();
      const stamp = new Date(server.clock.now()).toISOString().replace('.000', '');
      server.clock.advance(10_000);
      await romeo.sends`<message to='${juliet.bare}' id='3'>${BODY}</message>`;
      await romeo.getsNothing();
      server.clock.advance(SHORT_HOLD);
      await juliet.returns();
      await juliet.gets`
      <message id='2' to='${juliet}'><delay xmlns='urn:xmpp:delay' from='localhost' stamp='${stamp}'/></message>
      <message id='3' to='${juliet.bare}'>${DELAY}</message>`;
      await juliet.getsNothing();
      await juliet.leaves();
      await juliet.returns();
    },
  );

  conversation('messages go to another device [XEP-0198 4]', alone, async (people, server) => {
    const {
      juliet: { laptop, phone },
      romeo,
    } = people;
    await managesBeside(phone, laptop);
    await phone.vanishes();
    await romeo.sends`<message to='${phone}' type='chat' id='1'>${BODY}</message>`;
    await laptop.getsNothing();
    server.clock.advance(SHORT_HOLD);
    await laptop.gets`
      <presence type='unavailable' from='${phone}'/>
      <message id='1' to='${phone}' from='${romeo}'>${BODY}${DELAY}</message>`;
  });

  conversation(
    'no device gets what another one has got [XEP-0198 4]',
    alone,
    async (people, server) => {
      const {
        juliet: { laptop, phone },
        romeo,
      } = people;
      await managesBeside(phone, laptop);
      await enableCarbons(laptop);
      await phone.vanishes();
      await romeo.sends`<message to='${phone.bare}' type='chat' id='1'>${BODY}</message>`;
      await romeo.sends`<message to='${phone}' type='chat' id='2'>${BODY}</message>`;
      await laptop.gets`<message id='1'/><message><received xmlns='${CARBONS}'/></message>`;
      server.clock.advance(SHORT_HOLD);
      await laptop.gets`<presence type='unavailable' from='${phone}'/>`;
      await laptop.getsNothing();
    },
  );

  conversation(
    'nor what another one is about to get, nor loses it with that [XEP-0198 4]',
    alone,
    async (people, server) => {
      const {
        juliet: { laptop, phone },
        romeo,
      } = people;
      const [, id] = await bothManage(phone, laptop);
      await enableCarbons(laptop);
      await acknowledges(laptop);
      await phone.vanishes();
      server.clock.advance(SHORT_HOLD / 2);
      const h = await loses(laptop);
      await romeo.sends`<message to='${phone.bare}' type='chat' id='1'>${BODY}</message>`;
      await romeo.sends`<message to='${phone}' type='chat' id='2'>${BODY}</message>`;
      await romeo.getsNothing();
      server.clock.advance(SHORT_HOLD / 2);
      await resumes(laptop, id, h);
      await laptop.gets`
      <message id='1'/><message><received xmlns='${CARBONS}'/></message>
      <presence type='unavailable' from='${phone}'/>${ASK}`;
      await laptop.vanishes();
      server.clock.advance(SHORT_HOLD);
      await phone.returns();
      await phone.gets`<message id='1'>${DELAY}</message><message id='2'>${DELAY}</message>`;
      await phone.getsNothing();
    },
  );

  conversation('is gone what means nothing later [XEP-0198 4]', friends, async (people, server) => {
    const {
      juliet: { laptop, phone },
      romeo,
    } = people;
    await managesBeside(phone, laptop);
    await enableCarbons(phone);
    await romeo.forgets();
    await phone.vanishes();
    await romeo.sends`
      <message to='${phone}' type='headline'>${BODY}</message>
      <message to='${phone}' type='groupchat'>${BODY}</message>
      <message to='${phone}' type='error' id='e'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>
      <presence to='${phone}'/>`;
    await laptop.sends`<message to='${romeo}' type='chat'>${BODY}</message>`;
    await romeo.gets`<message/>`;
    await romeo.getsNothing();
    server.clock.advance(SHORT_HOLD);
    await laptop.gets`<presence type='unavailable' from='${phone}'/>`;
    await laptop.getsNothing();
    await romeo.gets`<presence type='unavailable' from='${phone}'/>`;
  });

  conversation(
    'who has asked something gets an answer, once [RFC6120 8.2.3, XEP-0198 4]',
    alone,
    async (people, server) => {
      const { juliet, romeo } = people;
      await manages(juliet);
      await romeo.sends`<iq type='get' id='1' to='${juliet}'><query xmlns='jabber:iq:version'/></iq>`;
      await juliet.gets`<iq id='1'/>`;
      await juliet.sends`<iq type='result' id='1' to='${romeo}'/>`;
      await romeo.gets`<iq type='result' id='1'/>`;
      await juliet.vanishes();
      await romeo.sends`<iq type='get' id='2' to='${juliet}'><query xmlns='jabber:iq:version'/></iq>`;
      await romeo.getsNothing();
      server.clock.advance(SHORT_HOLD);
      await romeo.gets`
      <iq type='error' id='2' from='${juliet}'>
        <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
      </iq>`;
    },
  );

  conversation(
    'what waited for the account goes on waiting [XEP-0160 3, XEP-0198 4]',
    { ...alone, absent: ['juliet'] },
    async (people, server) => {
      const { juliet, romeo } = people;
      for (const id of ['1', '2', '3']) {
        await romeo.sends`<message to='${juliet.bare}' type='chat' id='${id}'>${BODY}</message>`;
      }
      await romeo.getsNothing();
      await juliet.signsIn({ quietly: true });
      await enables(juliet);
      await juliet.sends`<presence/>`;
      await juliet.gets`<presence/><message id='1'/><message id='2'/><message id='3'/>`;
      await acknowledges(juliet, 2);
      await juliet.settles();
      await juliet.vanishes();
      server.clock.advance(SHORT_HOLD);
      await juliet.returns();
      await juliet.gets`<message id='2'/><message id='3'><delay xmlns='urn:xmpp:delay'/></message>`;
      await juliet.getsNothing();
    },
  );
});

describe('a session that waits', () => {
  const quiet = { ...alone, quiet: ['juliet'] } as const;

  conversation(
    'gives way to one with its resource, which gets its messages [RFC6120 7.7.2.2]',
    alone,
    async (people) => {
      const { juliet, romeo } = people;
      const id = await manages(juliet);
      await juliet.vanishes();
      await romeo.sends`<message to='${juliet}' type='chat' id='1'>${BODY}</message>`;
      await romeo.getsNothing();
      await juliet.returns();
      await juliet.gets`<message id='1'>${DELAY}</message>`;
      await juliet.vanishes();
      await asksToResume(juliet, id, 0);
      await juliet.gets`${failed('item-not-found')}`;
    },
  );

  conversation(
    'gives way where there is no room [XEP-0198 5]',
    { ...quiet, config: { signIn: { sessionsPerAccount: 1 } } },
    async ({ juliet }) => {
      const id = await enables(juliet);
      await juliet.vanishes();
      await juliet.authenticates();
      await juliet.sends`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
      await juliet.gets`<iq type='result' id='b'/>`;
      await juliet.leaves();
      await asksToResume(juliet, id, 0);
      await juliet.gets`${failed('item-not-found')}`;
    },
  );

  conversation(
    'is one of a few: the oldest ends [XEP-0198 5]',
    { quiet: ['juliet'], config: { modules: { 'stream-management': { detachedPerAccount: 2 } } } },
    async ({ juliet: { laptop, phone, tablet } }, server) => {
      const ids = [await enables(laptop), await enables(phone), await enables(tablet)];
      for (const device of [phone, laptop, tablet]) {
        await device.vanishes();
        server.clock.advance(1000);
      }
      await asksToResume(phone, ids[1]!, 0);
      await phone.gets`<failed xmlns='${NS_SM}'/>`;
      await resumes(laptop, ids[0]!, 0);
      await resumes(tablet, ids[2]!, 0);
    },
  );

  conversation('ends when the server ends it [XEP-0198 5]', quiet, async ({ juliet }, server) => {
    const id = await enables(juliet);
    await juliet.vanishes();
    server.server.find('localhost')!.binder.closeAll('not-authorized', 'juliet');
    await asksToResume(juliet, id, 0);
    await juliet.gets`${failed('item-not-found')}`;
  });

  for (const [what, limits] of [
    ['stanzas', { maxStanzas: 100 }],
    ['bytes', { maxBytes: '64 KiB' }],
  ] as const) {
    const limited = { config: { modules: { 'stream-management': limits } } };
    const long = `<body>${'x'.repeat(1000)}</body>`;

    conversation(
      `keeps so many ${what} and no more, and loses none [XEP-0198 4]`,
      limited,
      async ({ juliet, romeo }) => {
        await manages(juliet);
        await juliet.vanishes();
        for (let id = 0; id < 101; id++) {
          await romeo.sends`<message to='${juliet}' type='chat' id='${String(id)}'>${long}</message>`;
        }
        await romeo.getsNothing();
        await juliet.returns();
        for (let id = 0; id < 101; id++)
          await juliet.gets`<message id='${String(id)}'>${DELAY}</message>`;
      },
    );

    conversation(
      `a client that acknowledges nothing is cut off: ${what} [XEP-0198 4]`,
      limited,
      async ({ juliet, romeo }) => {
        await manages(juliet);
        for (let id = 0; id < 101; id++) {
          await romeo.sends`<message to='${juliet}' type='headline' id='${String(id)}'>${long}</message>`;
        }
        await romeo.getsNothing();
        let last =
          await juliet.getsEither`<message/>${ASK}<error xmlns='http://etherx.jabber.org/streams'/>`;
        while (last.name !== 'stream:error') {
          last =
            await juliet.getsEither`<message/>${ASK}<error xmlns='http://etherx.jabber.org/streams'/>`;
        }
        await juliet.getsEnd();
      },
    );
  }
});
