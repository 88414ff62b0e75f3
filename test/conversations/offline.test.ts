import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { anything, conversation, conversationInside } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const HINTS = 'urn:xmpp:hints';
const CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const DELAY = `<delay xmlns='urn:xmpp:delay' stamp='${anything}'/>`;

function chat(to: Client, body: string): string {
  return `<message to='${to.bare}' type='chat' id='${body}'><body>${body}</body></message>`;
}

const UNAVAILABLE = `
  <message type='error'>
    <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
  </message>`;

describe('messages for one who is away', () => {
  conversation(
    'wait, and are delivered in the order in which they came [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, nurse, romeo }) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.getsNothing();
      await nurse.sends`${chat(romeo, '2')}`;
      await nurse.getsNothing();
      await juliet.sends`${chat(romeo, '3')}`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`
        <message from='${juliet}' to='${romeo.bare}' type='chat' id='1'><body>1</body>${DELAY}</message>
        <message from='${nurse}' to='${romeo.bare}' type='chat' id='2'><body>2</body>${DELAY}</message>
        <message from='${juliet}' to='${romeo.bare}' type='chat' id='3'><body>3</body>${DELAY}</message>`;
    },
  );

  conversation(
    'wait also for one who has come back to nothing before, time and again [XEP-0160 3]',
    async ({ juliet, romeo }) => {
      for (const body of ['1', '2']) {
        await romeo.leaves();
        await romeo.signsIn();
        await romeo.getsNothing();
        await romeo.leaves();
        await juliet.sends`${chat(romeo, body)}`;
        await juliet.getsNothing();
        await romeo.signsIn();
        await romeo.gets`<message from='${juliet}'><body>${body}</body>${DELAY}</message>`;
      }
    },
  );

  conversationInside(
    'say when they came, and who says so [XEP-0203 2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }, server) => {
      const stamps: string[] = [];
      for (const body of ['1', '2']) {
        stamps.push(new Date(server.clock.now()).toISOString());
        await juliet.sends`${chat(romeo, body)}`;
        await juliet.getsNothing();
        server.clock.advance(60_000);
      }
      await romeo.signsIn();
      for (const stamp of stamps) {
        const message = await romeo.gets`<message/>`;
        const delay = message.getChild('delay', 'urn:xmpp:delay')!;
        expect(delay.attrs.from).toBe(server.domain);
        expect(new Date(delay.attrs.stamp).toISOString()).toBe(stamp);
        expect(delay.attrs.stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      }
    },
  );

  conversation(
    'are delivered once [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, 'Hi')}`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<message><body>Hi</body></message>`;
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
    },
  );

  conversation(
    'keep their content byte by byte [RFC6120 8.4]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      const payload = `<x:bag xmlns:x="urn:example:bag" x:size = '1'><x:item/><![CDATA[<ü🌹>]]></x:bag >`;
      await juliet.sends`<message to='${romeo.bare}' xml:lang='it'>${payload}</message>`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<message xml:lang='it'/>`;
      expect(romeo.lastText).toContain(payload);
    },
  );

  conversation(
    'wait for a resource that is available and not negative [RFC6121 8.5.2.1.1]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, 'Hi')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ quietly: true });
      await romeo.getsNothing();
      await romeo.sends`<presence><priority>-1</priority></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await romeo.getsNothing();
      await romeo.sends`<presence><priority>0</priority></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await romeo.gets`<message><body>Hi</body>${DELAY}</message>`;
      await romeo.sends`<presence><priority>1</priority></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'are delivered once to two devices that arrive together [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      const bodies = ['1', '2', '3'];
      for (const body of bodies) await juliet.sends`${chat(laptop, body)}`;
      await juliet.getsNothing();
      await laptop.signsIn({ quietly: true });
      await phone.signsIn({ quietly: true });
      await Promise.all([laptop.sends`<presence/>`, phone.sends`<presence/>`]);
      await laptop.settles();
      await phone.settles();
      const got = [laptop, phone].map(({ unread }) =>
        unread.flatMap((text) => /<body>(.)<\/body>/.exec(text)?.[1] ?? []),
      );
      expect(got.flat().sort()).toEqual(bodies);
      expect(got.map((some) => some.length).sort()).toEqual([0, 3]);
      await laptop.forgets();
      await phone.forgets();
    },
  );

  conversationInside(
    'come before newer ones that are sent while they are fetched [RFC6120 10.1]',
    { absent: ['romeo'], onDisk: true, inOrder: true },
    async ({ juliet, romeo }, server) => {
      await romeo.signsIn({ quietly: true });
      await romeo.sends`<presence><priority>-1</priority></presence>`;
      await romeo.forgets();
      // The first is fetched once it is on disk, which takes longer than all the rest.
      await Promise.all([
        juliet.sends`${chat(romeo, '1')}`,
        romeo.sends`<presence/>`,
        juliet.sends`${chat(romeo, '2')}`,
        juliet.sends`${chat(romeo, '3')}`,
      ]);
      await romeo.settles();
      expect(server.storage.durability.committed).toBe(server.storage.durability.latest);
      const bodies = romeo.unread.flatMap((text) => /<body>(.)<\/body>/.exec(text)?.[1] ?? []);
      expect(bodies).toEqual(['1', '2', '3']);
      await romeo.forgets();
    },
  );

  conversationInside(
    'go to another device when the first is lost while they are fetched [XEP-0160 3]',
    { absent: ['romeo'], onDisk: true, inOrder: true },
    async ({ juliet, romeo: { laptop, phone } }) => {
      for (const client of [laptop, phone]) {
        await client.signsIn({ quietly: true });
        await client.sends`<presence><priority>-1</priority></presence>`;
      }
      for (const client of [laptop, phone]) await client.forgets();
      await Promise.all([
        juliet.sends`${chat(laptop, '1')}`,
        laptop.sends`<presence/>`,
        phone.sends`<presence/>`,
        laptop.vanishes(),
      ]);
      await phone.settles();
      expect(phone.unread.filter((text) => text.includes('<body>1</body>'))).toHaveLength(1);
      await phone.forgets();
    },
  );

  conversationInside(
    'wait again when the one device is lost while they are held for it [XEP-0160 3]',
    { absent: ['romeo'], onDisk: true, inOrder: true },
    async ({ juliet, romeo }) => {
      await romeo.signsIn({ quietly: true });
      await romeo.sends`<presence><priority>-1</priority></presence>`;
      await romeo.forgets();
      await Promise.all([
        juliet.sends`${chat(romeo, '1')}`,
        romeo.sends`<presence/>`,
        juliet.sends`${chat(romeo, '2')}`,
        romeo.vanishes(),
      ]);
      await juliet.getsNothing();
      await romeo.returns();
      await romeo.settles();
      const bodies = romeo.unread.flatMap((text) => /<body>(.)<\/body>/.exec(text)?.[1] ?? []);
      expect(bodies).toEqual(['1', '2']);
      await romeo.forgets();
    },
  );

  conversation(
    'wait again when the client is gone before it has shown that it got them [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ deaf: true });
      await romeo.gets`<message><body>1</body>${DELAY}</message>`;
      await romeo.vanishes();
      await juliet.sends`${chat(romeo, '2')}`;
      await juliet.getsNothing();
      await romeo.returns();
      await romeo.gets`
        <message><body>1</body>${DELAY}</message>
        <message><body>2</body>${DELAY}</message>`;
      await romeo.getsNothing();
      await romeo.vanishes();
      await romeo.returns();
      await romeo.getsNothing();
    },
  );

  conversation(
    'go to another device when the first is gone before it has shown that it got them [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`${chat(laptop, '1')}`;
      await juliet.getsNothing();
      await laptop.signsIn({ deaf: true });
      await laptop.gets`<message><body>1</body>${DELAY}</message>`;
      await phone.signsIn();
      await phone.gets`<presence from='${laptop}'/>`;
      await phone.getsNothing();
      await laptop.forgets();
      await laptop.vanishes();
      await phone.getsInAnyOrder`
        <presence from='${laptop}' type='unavailable'/>
        <message><body>1</body>${DELAY}</message>`;
    },
  );

  conversation(
    'are delivered once to a client that answers nothing and goes away in presence [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ deaf: true });
      await romeo.gets`<message><body>1</body></message>`;
      await romeo.sends`<presence type='unavailable'/>`;
      await romeo.gets`<presence from='${romeo}' type='unavailable'/>`;
      await juliet.sends`${chat(romeo, '2')}`;
      await juliet.getsNothing();
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence from='${romeo}'/><message><body>2</body></message>`;
    },
  );

  conversation(
    'are delivered once to a client that answers nothing and closes its stream [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ deaf: true });
      await romeo.gets`<message><body>1</body></message>`;
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
    },
  );

  conversationInside(
    'that came while the client was given others, and could not be reached, follow them [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`${chat(laptop, '1')}`;
      await juliet.getsNothing();
      await laptop.signsIn({ deaf: true });
      await laptop.gets`<message><body>1</body></message>`;
      await laptop.sends`<presence><priority>-1</priority></presence>`;
      await laptop.forgets();
      await juliet.sends`${chat(laptop, '2')}`;
      await juliet.getsNothing();
      await phone.signsIn();
      await phone.gets`<presence from='${laptop}'/>`;
      await phone.getsNothing();
      await laptop.forgets();
      await laptop.leaves();
      await phone.getsInAnyOrder`
        <presence from='${laptop}' type='unavailable'/>
        <message><body>2</body>${DELAY}</message>`;
    },
  );

  conversation(
    'go to the sender’s own account as well [XEP-0160 3]',
    { absent: ['juliet.phone'], quiet: ['juliet.laptop'] },
    async ({ juliet: { laptop, phone } }) => {
      await laptop.sends`${chat(laptop, 'Note')}`;
      await laptop.getsNothing();
      await phone.signsIn();
      await phone.gets`<message from='${laptop}'><body>Note</body>${DELAY}</message>`;
    },
  );
});

describe('messages that do not wait', () => {
  const silent: readonly [string, string][] = [
    ['a chat state', `<composing xmlns='${CHAT_STATES}'/>`],
    ['a chat state with a thread', `<gone xmlns='${CHAT_STATES}'/><thread>t</thread>`],
    [
      'a bodiless message that must not be stored',
      `<received xmlns='urn:xmpp:receipts' id='1'/><no-store xmlns='${HINTS}'/>`,
    ],
  ];
  for (const [what, content] of silent) {
    conversation(
      `${what} is dropped without a word [XEP-0160 3]`,
      { absent: ['romeo'] },
      async ({ juliet, romeo }) => {
        await juliet.sends`<message to='${romeo.bare}' type='chat'>${content}</message>`;
        await juliet.getsNothing();
        await romeo.signsIn();
        await romeo.getsNothing();
      },
    );
  }

  conversation(
    'a message with a body that must not be stored comes back [XEP-0334 4.2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      const content = `<body>Hush</body><no-store xmlns='${HINTS}'/>`;
      await juliet.sends`<message to='${romeo.bare}' type='chat'>${content}</message>`;
      await juliet.gets`${UNAVAILABLE}`;
      await romeo.signsIn();
      await romeo.getsNothing();
    },
  );
});

conversation(
  'a message that no archive may have waits all the same [XEP-0334 4.1]',
  { absent: ['romeo'] },
  async ({ juliet, romeo }) => {
    const content = `<body>Hush</body><no-permanent-store xmlns='${HINTS}'/>`;
    await juliet.sends`<message to='${romeo.bare}' type='chat'>${content}</message>`;
    await juliet.getsNothing();
    await romeo.signsIn();
    await romeo.gets`<message from='${juliet}'>${content}${DELAY}</message>`;
  },
);

describe('messages that wait though they have no body', () => {
  for (const [what, content] of [
    ['a receipt', "<received xmlns='urn:xmpp:receipts' id='1'/>"],
    [
      'a message that asks to be stored',
      `<active xmlns='${CHAT_STATES}'/><store xmlns='${HINTS}'/>`,
    ],
    ['a subject', '<subject>To Mantua</subject>'],
  ] as const) {
    conversation(
      `${what} is delivered later [XEP-0160 3, XEP-0334 4.4]`,
      { absent: ['romeo'] },
      async ({ juliet, romeo }) => {
        await juliet.sends`<message to='${romeo.bare}' type='chat'>${content}</message>`;
        await juliet.getsNothing();
        await romeo.signsIn();
        await romeo.gets`<message from='${juliet}'>${content}${DELAY}</message>`;
      },
    );
  }
});

describe('the store', () => {
  conversation(
    'has a limit; beyond it messages come back [XEP-0160 3]',
    { absent: ['romeo'], config: { modules: { offline: { maxMessages: 2 }, archive: false } } },
    async ({ juliet, romeo }) => {
      for (const body of ['1', '2']) await juliet.sends`${chat(romeo, body)}`;
      await juliet.getsNothing();
      await juliet.sends`${chat(romeo, '3')}`;
      await juliet.gets`${UNAVAILABLE}`;
      await romeo.signsIn();
      await romeo.gets`<message id='1'/><message id='2'/>`;
      await romeo.leaves();
      await juliet.sends`${chat(romeo, '4')}`;
      await juliet.getsNothing();
      await romeo.returns();
      await romeo.gets`<message id='4'/>`;
    },
  );

  conversation(
    'may be switched off; then all messages come back [RFC6121 8.5.2.2.1]',
    { absent: ['romeo'], config: { modules: { offline: false, archive: false } } },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.gets`${UNAVAILABLE}`;
    },
  );

  conversationInside(
    'is empty once everything is delivered [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`${chat(romeo, '1')}`;
      await juliet.getsNothing();
      expect(await server.storage.offline.count(romeo.bare)).toBe(1);
      await romeo.signsIn();
      await romeo.gets`<message id='1'/>`;
      await romeo.getsNothing();
      expect(await server.storage.offline.count(romeo.bare)).toBe(0);
    },
  );
});

describe('messages that have waited too long', () => {
  const HOUR = 3_600_000;

  conversationInside(
    'are gone, and leave room for others [XEP-0160 3]',
    { absent: ['romeo'], config: { modules: { offline: { expireAfter: '1d', maxMessages: 1 } } } },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Old</body></message>`;
      await juliet.getsNothing();
      await juliet.leaves();
      server.clock.advance(25 * HOUR);
      await juliet.returns();
      await juliet.sends`<message to='${romeo.bare}' type='chat'><body>New</body></message>`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<message from='${juliet}'><body>New</body></message>`;
    },
  );

  conversationInside(
    'wait for ever where nothing else is said [XEP-0160 3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Old</body></message>`;
      await juliet.leaves();
      server.clock.advance(10_000 * HOUR);
      await romeo.signsIn();
      await romeo.gets`<message from='${juliet}'><body>Old</body></message>`;
    },
  );
});
