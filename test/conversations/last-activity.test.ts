import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const INFO = 'http://jabber.org/protocol/disco#info';
const QUERY = "<query xmlns='jabber:iq:last'/>";
const FRIENDS = { friends: [['juliet', 'romeo']] } as const;

async function asks(client: Client, to: string): Promise<void> {
  await client.sends`<iq type='get' id='last1' to='${to}'>${QUERY}</iq>`;
}

async function hears(client: Client, from: string, seconds: number, status = ''): Promise<void> {
  await client.gets`
    <iq type='result' id='last1' from='${from}' to='${client}'>
      <query xmlns='jabber:iq:last' seconds='${seconds}'>${status || nothing}</query>
    </iq>`;
}

async function getsError(client: Client, condition: string, type: string): Promise<void> {
  await client.gets`
    <iq type='error'><error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error></iq>`;
}

/** Asks each of them; all refuse in the same words. */
async function getsOneAnswer(client: Client, asked: readonly string[]): Promise<void> {
  const answers = [];
  for (const to of asked) {
    await asks(client, to);
    await getsError(client, 'forbidden', 'auth');
    answers.push(client.lastText.replace(`from='${to}'`, ''));
  }
  expect(new Set(answers).size).toBe(1);
}

describe('an account that is away', () => {
  conversationInside(
    'tells contacts since when, and its last words [XEP-0012 3]',
    { friends: [['juliet', 'romeo']], absent: ['juliet'] },
    async ({ juliet, romeo }, server) => {
      await romeo.sends`<presence type='unavailable'><status>Heading Home</status></presence>`;
      await romeo.gets`<presence type='unavailable'/>`;
      await romeo.leaves();
      server.clock.advance(903_999);
      await juliet.signsIn({ quietly: true });
      await asks(juliet, romeo.bare);
      await hears(juliet, romeo.bare, 903, 'Heading Home');
      // A session that is not available changes nothing.
      await romeo.returns({ quietly: true });
      for (const client of [juliet, romeo]) {
        await asks(client, romeo.bare);
        await hears(client, romeo.bare, 903, 'Heading Home');
      }
    },
  );

  conversationInside(
    'has no words where it vanished [XEP-0012 3]',
    FRIENDS,
    async ({ juliet, romeo }, server) => {
      await romeo.sends`<presence><status>Here</status></presence>`;
      await romeo.vanishes();
      await juliet.forgets();
      server.clock.advance(60_000);
      await asks(juliet, romeo.bare);
      await hears(juliet, romeo.bare, 60);
    },
  );

  conversationInside(
    'counts from the last of its resources [XEP-0012 3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo: { laptop, phone } }, server) => {
      await laptop.sends`<presence type='unavailable'><status>first</status></presence>`;
      await laptop.forgets();
      server.clock.advance(60_000);
      await asks(juliet, laptop.bare);
      await juliet.gets`<presence type='unavailable' from='${laptop}'/>`;
      await hears(juliet, laptop.bare, 0);
      await phone.sends`<presence type='unavailable'><status>last</status></presence>`;
      await phone.forgets();
      await juliet.forgets();
      server.clock.advance(5_000);
      await asks(juliet, laptop.bare);
      await hears(juliet, laptop.bare, 5, 'last');
    },
  );

  conversationInside(
    'is not found where nobody ever saw it [XEP-0012 2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }, server) => {
      await juliet.exists();
      await server.storage.rosters.put(romeo.bare, {
        contact: juliet.bare,
        name: null,
        subscription: 'from',
        isAsking: false,
        isPreApproved: false,
        groups: [],
        isListed: true,
        request: null,
        version: 1,
      });
      await asks(juliet, romeo.bare);
      await getsError(juliet, 'item-not-found', 'cancel');
    },
  );
});

describe('an account that is available', () => {
  conversation('says so with zero seconds [XEP-0012 3]', FRIENDS, async ({ juliet, romeo }) => {
    await romeo.sends`<presence><status>Here</status></presence>`;
    await romeo.gets`<presence/>`;
    await juliet.gets`<presence/>`;
    await asks(juliet, romeo.bare);
    await hears(juliet, romeo.bare, 0);
  });
});

describe('a resource', () => {
  conversation(
    'gets the queries of contacts, and of its own account [XEP-0012 4]',
    FRIENDS,
    async ({ juliet, romeo: { laptop, phone } }) => {
      for (const asking of [juliet, phone]) {
        await asks(asking, `${laptop}`);
        await laptop.gets`<iq type='get' id='last1' from='${asking}' to='${laptop}'>${QUERY}</iq>`;
        await laptop.sends`
          <iq type='result' id='last1' to='${asking}'><query xmlns='jabber:iq:last' seconds='123'/></iq>`;
        await hears(asking, `${laptop}`, 123);
      }
    },
  );

  conversation(
    'that is gone is unavailable to contacts [XEP-0012 4]',
    FRIENDS,
    async ({ juliet, romeo }) => {
      await asks(juliet, `${romeo.bare}/elsewhere`);
      await getsError(juliet, 'service-unavailable', 'cancel');
    },
  );

  conversation('gets nothing of strangers [XEP-0012 4, 8]', async ({ juliet, romeo }) => {
    await juliet.sends`<iq type='get' id='1' to='${romeo}'>${QUERY}</iq>`;
    await getsError(juliet, 'forbidden', 'auth');
    await romeo.getsNothing();
  });
});

describe('strangers', () => {
  conversation(
    'cannot tell who is there, away, or nobody [XEP-0012 3, 8]',
    { absent: ['nurse'] },
    async ({ juliet, romeo, nurse }, server) => {
      await nurse.signsIn();
      await nurse.leaves();
      await getsOneAnswer(juliet, [romeo.bare, nurse.bare, `nobody@${server}`]);
    },
  );

  conversation(
    'cannot tell it by resources either [XEP-0012 4, 8]',
    { absent: ['nurse'] },
    async ({ juliet, romeo, nurse }, server) => {
      await getsOneAnswer(juliet, [
        `${romeo}`,
        `${romeo.bare}/other`,
        `${nurse}`,
        `nobody@${server}/x`,
      ]);
    },
  );

  conversation(
    'are those too whom one only sees oneself [XEP-0012 3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='subscribe'/>`;
      await romeo.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
      await juliet.forgets();
      await romeo.forgets();
      await asks(juliet, romeo.bare);
      await hears(juliet, romeo.bare, 0);
      await getsOneAnswer(romeo, [juliet.bare]);
    },
  );
});

describe('the server', () => {
  const away = { absent: ['juliet'] } as const;
  conversationInside('tells since when it runs [XEP-0012 5]', away, async ({ juliet }, server) => {
    await juliet.exists();
    server.clock.advance(123_456_000);
    await juliet.signsIn();
    for (const to of [server.domain, `${server}/resource`]) {
      await asks(juliet, to);
      const iq = await juliet.gets`
        <iq type='result' id='last1' from='${to}'>
          <query xmlns='jabber:iq:last' seconds='${anything}'>${nothing}</query>
        </iq>`;
      expect(Number(iq.getChild('query')?.attrs.seconds)).toBe(123_456);
    }
  });

  conversation('and accounts say that they answer [XEP-0012 6]', async ({ juliet }, server) => {
    for (const to of [server.domain, juliet.bare]) {
      await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${INFO}'/></iq>`;
      await juliet.gets`
          <iq type='result' id='1'><query xmlns='${INFO}'><feature var='jabber:iq:last'/></query></iq>`;
    }
  });
});
