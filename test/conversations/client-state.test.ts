import { describe, expect } from '@jest/globals';
import { formatDateTime } from '../../src/xmpp/date-time.ts';
import { CARBONS, copy, enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { anything, conversation, conversationInside } from '../support/conversation.ts';
import { signsInAtOnce } from '../support/sasl2.ts';
import type { TestServer } from '../support/server.ts';
import { manages, SHORT_HOLD, shortHold } from '../support/stream-management.ts';

const CSI = 'urn:xmpp:csi:0';
const INACTIVE = `<inactive xmlns='${CSI}'/>`;
const ACTIVE = `<active xmlns='${CSI}'/>`;
const COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
const RECEIPT = "<received xmlns='urn:xmpp:receipts' id='r'/>";
const PING = "<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>";
const BODY = '<body>Wherefore</body>';

const friends = { friends: [['juliet', 'romeo']] } as const;

/** Goes away behind what was sent before. */
async function deactivates(client: Client): Promise<void> {
  await client.sends`${INACTIVE}${PING}`;
  await client.gets`<iq type='result' id='ping'/>`;
}

function status(text: string): string {
  return `<presence><status>${text}</status></presence>`;
}

/** Shows each in turn; who does gets it too, as one of the account's resources. */
async function shows(client: Client, ...statuses: readonly string[]): Promise<void> {
  for (const text of statuses) {
    await client.sends`${status(text)}`;
    await client.gets`${status(text)}`;
  }
}

describe('the server', () => {
  conversation(
    'says that it wants to know, to who has signed in [XEP-0352 4.1]',
    { absent: ['juliet'] },
    async ({ juliet }) => {
      await juliet.connectsSecurely();
      expect(juliet.features).toContain(`<feature var="${CSI}"/>`);
      expect(juliet.features).not.toContain('<csi');
      await juliet.authenticates();
      expect(juliet.features).toContain(`<csi xmlns="${CSI}"/>`);
    },
  );

  conversation(
    'knows nothing of it where the operator wants that [XEP-0352 4.1, RFC6120 4.9.3.24]',
    { config: { modules: { 'client-state': false } } },
    async ({ juliet }) => {
      await juliet.sends`${INACTIVE}`;
      expect(juliet.features).not.toContain(CSI);
      await juliet.gets`
        <error xmlns='http://etherx.jabber.org/streams'>
          <unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
        </error>`;
      await juliet.getsEnd();
    },
  );

  conversation('answers nothing, and tells nobody [XEP-0352 4.2, 6]', friends, async (people) => {
    const { juliet, romeo } = people;
    for (const state of [INACTIVE, INACTIVE, ACTIVE, ACTIVE]) {
      await juliet.sends`${state}`;
      await romeo.getsNothing();
      await juliet.getsNothing();
    }
  });
});

describe('presence for an inactive client', () => {
  conversation('waits, the newest of each resource [XEP-0352 3.2]', friends, async (people) => {
    const {
      juliet,
      romeo: { laptop, phone },
    } = people;
    await deactivates(juliet);
    await shows(laptop, '1');
    await phone.gets`<presence from='${laptop}'>${'<status>1</status>'}</presence>`;
    await shows(phone, '2');
    await laptop.gets`<presence from='${phone}'><status>2</status></presence>`;
    await shows(laptop, '3');
    await phone.gets`<presence from='${laptop}'><status>3</status></presence>`;
    await juliet.sends`${ACTIVE}`;
    await juliet.gets`
      <presence from='${phone}'><status>2</status></presence>
      <presence from='${laptop}'><status>3</status></presence>`;
    await shows(laptop, '4', '5');
    await phone.forgets();
    await juliet.gets`
      <presence from='${laptop}'><status>4</status></presence>
      <presence from='${laptop}'><status>5</status></presence>`;
  });

  conversation(
    'waits when a contact leaves and returns [XEP-0352 3.2]',
    friends,
    async (people) => {
      const { juliet, romeo } = people;
      await deactivates(juliet);
      await romeo.sends`<presence type='unavailable'/>${status('back')}`;
      await romeo.gets`<presence type='unavailable'/>`;
      await romeo.gets`${status('back')}`;
      await juliet.sends`${ACTIVE}`;
      await juliet.gets`<presence from='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
    },
  );

  conversation(
    'does not wait in a new session, which is active [XEP-0352 5, 5.2]',
    friends,
    async ({ juliet, romeo }) => {
      await deactivates(juliet);
      await juliet.leaves();
      await juliet.returns();
      await juliet.forgets();
      await romeo.forgets();
      await shows(romeo, '1', '2');
      await juliet.gets`
        <presence from='${romeo}'><status>1</status></presence>
        <presence from='${romeo}'><status>2</status></presence>`;
    },
  );

  conversation(
    'comes before the answer to a ping [XEP-0352 5.1]',
    friends,
    async ({ juliet, romeo }) => {
      for (const state of [ACTIVE, '']) {
        await deactivates(juliet);
        await shows(romeo, '1', '2');
        await juliet.sends`${state}${PING}`;
        await juliet.gets`
          <presence from='${romeo}'><status>2</status></presence>
          <iq type='result' id='ping'/>`;
      }
    },
  );
});

describe('an inactive client is spared', () => {
  for (const [what, content] of [
    ['a chat state', COMPOSING],
    [
      'a chat state with a thread and hints',
      `${COMPOSING}<thread>t</thread><no-store xmlns='urn:xmpp:hints'/>`,
    ],
    ['a receipt', RECEIPT],
    ['a marker', "<displayed xmlns='urn:xmpp:chat-markers:0' id='m'/>"],
    ['a notification of a node', "<event xmlns='http://jabber.org/protocol/pubsub#event'/>"],
  ] as const) {
    conversation(`${what} [XEP-0352 3.2]`, friends, async ({ juliet, romeo }) => {
      await deactivates(juliet);
      await shows(romeo, '1');
      await romeo.sends`<message to='${juliet}' type='chat'>${content}</message>`;
      await shows(romeo, '2');
      // Were it let through, the first presence would come with it.
      await juliet.sends`${ACTIVE}`;
      await juliet.gets`
        <message from='${romeo}'>${content}</message>
        <presence from='${romeo}'><status>2</status></presence>`;
    });
  }

  conversation(
    'the copy of a chat state, too [XEP-0352 3.2, XEP-0280 10.2]',
    friends,
    async (people) => {
      const {
        juliet: { laptop, phone },
        romeo,
      } = people;
      await enableCarbons(phone);
      await deactivates(phone);
      await shows(romeo, '1');
      await romeo.sends`<message to='${laptop}' type='chat'>${COMPOSING}</message>`;
      await shows(romeo, '2');
      await laptop.forgets();
      await phone.sends`${ACTIVE}`;
      await phone.gets`
      ${copy(phone, 'received', `<message from='${romeo}' to='${laptop}' type='chat'>${COMPOSING}</message>`)}
      <presence from='${romeo}'><status>2</status></presence>`;
    },
  );
});

describe('an inactive client gets at once, with all that waits before it,', () => {
  for (const [what, stanza] of [
    ['a message', `<message type='chat'>${BODY}</message>`],
    ['a message with a chat state', `<message type='chat'>${BODY}${COMPOSING}</message>`],
    ['a subject', '<message><subject>Dawn</subject></message>'],
    [
      'an encrypted message',
      "<message><encrypted xmlns='eu.siacs.conversations.axolotl'/></message>",
    ],
    ['what the server does not know', "<message><wind xmlns='urn:example:weather'/></message>"],
    [
      'an error',
      "<message type='error'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    ],
    ['an IQ', "<iq type='get' id='v'><query xmlns='jabber:iq:version'/></iq>"],
  ] as const) {
    conversation(`${what} [XEP-0352 3.2]`, friends, async ({ juliet, romeo }) => {
      await deactivates(juliet);
      await shows(romeo, '1', '2');
      await romeo.sends`<message to='${juliet}' type='chat'>${RECEIPT}</message>`;
      await romeo.sends`${stanza.replace(/^<\w+/, `$& to='${juliet}'`)}`;
      await juliet.gets`
        <presence from='${romeo}'><status>2</status></presence>
        <message from='${romeo}'>${RECEIPT}</message>
        ${stanza}`;
      await shows(romeo, '3', '4');
      await juliet.sends`${ACTIVE}`;
      await juliet.gets`<presence from='${romeo}'><status>4</status></presence>`;
    });
  }

  conversation('a request to be subscribed [XEP-0352 3.2]', friends, async (people) => {
    const { juliet, romeo, nurse } = people;
    await deactivates(juliet);
    await shows(romeo, '1', '2');
    await nurse.sends`<presence to='${juliet.bare}' type='subscribe'/>`;
    await juliet.gets`
      <presence from='${romeo}'><status>2</status></presence>
      <presence from='${nurse.bare}' type='subscribe'/>`;
    await nurse.forgets();
  });

  conversation('the copy of a message [XEP-0352 3.2, XEP-0280 7, 8]', friends, async (people) => {
    const {
      juliet: { laptop, phone },
      romeo,
    } = people;
    await enableCarbons(phone);
    await deactivates(phone);
    await shows(romeo, '1', '2');
    await romeo.sends`<message to='${laptop}' type='chat'>${BODY}</message>`;
    await laptop.forgets();
    await phone.gets`
      <presence from='${romeo}'><status>2</status></presence>
      <message><received xmlns='${CARBONS}'/></message>`;
    await laptop.sends`<message to='${romeo}' type='chat'>${BODY}</message>`;
    await romeo.gets`<message>${BODY}</message>`;
    await phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
  });
});

describe('what waits', () => {
  conversation(
    'is bounded in number; with one more, all comes [XEP-0352 3.2]',
    { ...friends, config: { modules: { 'client-state': { maxStanzas: 2 } } } },
    async ({ juliet, romeo }) => {
      await deactivates(juliet);
      for (const id of ['1', '2', '3', '4']) {
        await romeo.sends`<message to='${juliet}' type='chat' id='${id}'>${COMPOSING}</message>`;
      }
      await juliet.gets`<message id='1'/><message id='2'/><message id='3'/>`;
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      await juliet.sends`${ACTIVE}`;
      await juliet.gets`<message id='4'/><presence from='${romeo}'/>`;
    },
  );

  conversation(
    'is bounded in bytes, of which presence that is replaced has none [XEP-0352 3.2]',
    { ...friends, config: { modules: { 'client-state': { maxBytes: '1 KiB' } } } },
    async ({ juliet, romeo }) => {
      const long = 'x'.repeat(600);
      await deactivates(juliet);
      await shows(romeo, `${long}1`, `${long}2`, `${long}3`);
      await romeo.sends`<message to='${juliet}' type='chat'>${COMPOSING}<thread>${long}</thread></message>`;
      await juliet.gets`<presence from='${romeo}'><status>${long}3</status></presence><message>${COMPOSING}</message>`;
    },
  );

  conversation(
    'goes to another device when the client is lost [RFC6121 8.5.3.2.1]',
    { quiet: ['juliet.laptop'] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await deactivates(phone);
      await romeo.sends`<message to='${phone}' type='chat' id='r'>${RECEIPT}</message>`;
      await romeo.sends`<message to='${phone}' type='chat' id='c'>${COMPOSING}</message>${PING}`;
      await romeo.gets`<iq type='result' id='ping'/>`;
      await laptop.sends`<presence/>`;
      await laptop.gets`<presence from='${laptop}'/><presence from='${phone}'/>`;
      await phone.vanishes();
      await laptop.gets`
        <presence type='unavailable' from='${phone}'/>
        <message from='${romeo}' to='${phone}' id='r'>${RECEIPT}</message>`;
    },
  );

  conversation(
    'waits for the next session when there is none [XEP-0160 3]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await deactivates(juliet);
      await laptop.sends`<message to='${juliet.bare}' type='chat'>${RECEIPT}</message>`;
      await phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
      await juliet.vanishes();
      await laptop.getsNothing();
      await juliet.returns();
      await juliet.gets`<message from='${laptop}'>${RECEIPT}<delay xmlns='urn:xmpp:delay' stamp='${anything}'/></message>`;
    },
  );

  for (const [how, goes] of [
    ['the client', async (juliet: Client) => await juliet.vanishes()],
    ['the server', async (_: Client, server: TestServer) => await server.restarts()],
  ] as const) {
    conversationInside(
      `says when it came, if it waits longer since ${how} has gone [XEP-0203 3, XEP-0198 4]`,
      { config: shortHold, quiet: ['juliet'] },
      async ({ juliet, romeo }, server) => {
        await manages(juliet);
        await deactivates(juliet);
        await romeo.sends`<message to='${juliet.bare}' type='chat'>${RECEIPT}</message>${PING}`;
        await romeo.gets`<iq type='result' id='ping'/>`;
        const stamp = formatDateTime(server.clock.now());
        server.clock.advance(10_000);
        await goes(juliet, server);
        await romeo.forgets();
        await juliet.forgets();
        server.clock.advance(SHORT_HOLD);
        await juliet.returns();
        await juliet.gets`
          <message from='${romeo}'>${RECEIPT}<delay xmlns='urn:xmpp:delay' from='localhost' stamp='${stamp}'/></message>`;
      },
    );
  }

  conversation(
    'comes once to each device, also when one of them is lost [RFC6121 8.5.2.1.1]',
    async ({ juliet: { laptop, phone, tablet }, romeo }) => {
      await enableCarbons(laptop);
      await deactivates(phone);
      await deactivates(tablet);
      await romeo.sends`<message to='${phone.bare}' type='chat' id='all'>${RECEIPT}</message>`;
      await laptop.gets`<message id='all'>${RECEIPT}</message>`;
      await romeo.sends`<message to='${phone}' type='chat' id='one'>${RECEIPT}</message>`;
      await laptop.gets`<message><received xmlns='${CARBONS}'/></message>`;
      await phone.vanishes();
      await laptop.gets`<presence type='unavailable' from='${phone}'/>`;
      await laptop.getsNothing();
      await tablet.gets`<message id='all'/><presence type='unavailable' from='${phone}'/>`;
    },
  );

  conversation(
    'for two devices comes once to the one that is left [RFC6121 8.5.2.1.1]',
    async ({ juliet: { laptop, phone }, romeo }) => {
      await deactivates(phone);
      await deactivates(laptop);
      await romeo.sends`<message to='${phone.bare}' type='chat' id='all'>${RECEIPT}</message>${PING}`;
      await romeo.gets`<iq type='result' id='ping'/>`;
      await phone.vanishes();
      await romeo.getsNothing();
      await laptop.gets`<message id='all'/><presence type='unavailable' from='${phone}'/>`;
    },
  );
});

describe('one who is bound inactive', () => {
  conversation(
    'is so from the first stanza [XEP-0386 3.2, XEP-0352 4.2]',
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      const jid = await signsInAtOnce(juliet, { tag: 'Balcony', features: INACTIVE });
      await romeo.sends`<presence to='${jid}'><status>1</status></presence>`;
      await romeo.sends`<presence to='${jid}'><status>2</status></presence>`;
      await romeo.sends`<message to='${jid}' type='chat'>${BODY}</message>`;
      await juliet.gets`
        <presence from='${romeo}'><status>2</status></presence>
        <message from='${romeo}'>${BODY}</message>`;
    },
  );

  conversation(
    'may be bound active as well [XEP-0386 3.2]',
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      const jid = await signsInAtOnce(juliet, { tag: 'Balcony', features: ACTIVE });
      for (const text of ['1', '2']) {
        await romeo.sends`<presence to='${jid}'><status>${text}</status></presence>`;
        await juliet.gets`<presence from='${romeo}'><status>${text}</status></presence>`;
      }
    },
  );
});
