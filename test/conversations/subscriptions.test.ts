import { describe } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, nothing } from '../support/conversation.ts';

const ROSTER = 'jabber:iq:roster';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

async function asks(client: Client): Promise<void> {
  await client.sends`<iq type='get' id='roster'><query xmlns='${ROSTER}'/></iq>`;
  await client.gets`<iq type='result' id='roster'><query xmlns='${ROSTER}'/></iq>`;
}

function push(contact: Client, subscription: string, ask: string | typeof nothing = nothing) {
  const item = `<item jid='${contact.bare}' subscription='${subscription}' ask='${ask}'/>`;
  return `<iq type='set'><query xmlns='${ROSTER}'>${item}</query></iq>`;
}

describe('asking for a subscription', () => {
  conversation('and being let in [RFC6121 3.1.2, 3.1.5, 3.1.6]', async ({ juliet, romeo }) => {
    await asks(juliet);
    await asks(romeo);
    await juliet.sends`<presence type='subscribe' to='${romeo.bare}' id='s1'/>`;
    await juliet.gets`${push(romeo, 'none', 'subscribe')}`;
    await romeo.gets`
        <presence type='subscribe' from='${juliet.bare}' to='${romeo.bare}' id='s1'/>`;
    await romeo.sends`<presence type='subscribed' to='${juliet.bare}' id='s2'/>`;
    await romeo.gets`${push(juliet, 'from')}`;
    await juliet.gets`
        <presence type='subscribed' from='${romeo.bare}' to='${juliet.bare}' id='s2'/>
        ${push(romeo, 'to')}
        <presence from='${romeo}'/>`;
  });

  conversation('and being turned away [RFC6121 3.2.3]', async ({ juliet, romeo }) => {
    await asks(juliet);
    await asks(romeo);
    await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
    await juliet.gets`${push(romeo, 'none', 'subscribe')}`;
    await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
    await romeo.sends`<presence type='unsubscribed' to='${juliet.bare}'/>`;
    await juliet.gets`
      <presence type='unsubscribed' from='${romeo.bare}'/>
      ${push(romeo, 'none')}`;
    await romeo.leaves();
    await romeo.returns();
    await romeo.getsNothing();
  });

  conversation(
    'works with a full address as with the bare one [RFC6121 3.1.1]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`<presence type='subscribe' to='${laptop}'/>`;
      for (const client of [laptop, phone]) {
        await client.gets`
          <presence type='subscribe' from='${juliet.bare}' to='${laptop.bare}'/>`;
      }
    },
  );

  conversation(
    'keeps what the request carries, and repeats it at each login until it is answered [RFC6121 3.1.3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      const nick = "<nick xmlns='http://jabber.org/protocol/nick'>Jule</nick>";
      await juliet.sends`
        <presence type='subscribe' to='${laptop.bare}' id='s1'>
          <status>Hi, Romeo!</status>${nick}
        </presence>`;
      const request = `
        <presence type='subscribe' from='${juliet.bare}' id='s1'>
          <status>Hi, Romeo!</status>${nick}
        </presence>`;
      await juliet.getsNothing();
      await laptop.signsIn();
      await laptop.gets`${request}`;
      await phone.signsIn();
      await laptop.gets`<presence from='${phone}'/>`;
      await phone.getsInAnyOrder`<presence from='${laptop}'/>${request}`;
      await laptop.leaves();
      await phone.gets`<presence type='unavailable' from='${laptop}'/>`;
      await laptop.returns();
      await phone.gets`<presence from='${laptop}'/>`;
      await laptop.getsInAnyOrder`<presence from='${phone}'/>${request}`;
      await laptop.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
      await juliet.getsInAnyOrder`
        <presence type='subscribed' from='${laptop.bare}'/>
        <presence from='${laptop}'/>
        <presence from='${phone}'/>`;
      await phone.leaves();
      await laptop.gets`<presence type='unavailable' from='${phone}'/>`;
      await juliet.gets`<presence type='unavailable' from='${phone}'/>`;
      await phone.returns();
      await juliet.gets`<presence from='${phone}'/>`;
      await laptop.gets`<presence from='${phone}'/>`;
      await phone.gets`<presence from='${laptop}'/>`;
    },
  );

  conversation(
    'is not seen in the roster of the one who is asked [RFC6121 3.1.3]',
    async ({ juliet, romeo }) => {
      await asks(romeo);
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
      await romeo.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
      await romeo.gets`<iq type='result' id='1'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
    },
  );

  conversation('again is not shown again [RFC6121 A.3.1]', async ({ juliet, romeo }) => {
    await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
    await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
    await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
    await romeo.getsNothing();
  });

  conversation(
    'when subscribed already is answered by the server [RFC6121 3.1.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'of an account that is not there stays silent [RFC6121 8.5.1]',
    async ({ juliet }, server) => {
      for (const type of ['subscribe', 'unsubscribe']) {
        await juliet.sends`<presence type='${type}' to='nobody@${server}'/>`;
        await juliet.getsNothing();
      }
    },
  );

  conversation('of oneself does nothing [RFC6121 3.1.2]', async ({ juliet }) => {
    await asks(juliet);
    await juliet.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
    await juliet.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
    await juliet.getsNothing();
  });

  conversation('needs an address [RFC6121 3.1.1]', async ({ juliet }) => {
    await juliet.sends`<presence type='subscribe' id='p'/>`;
    await juliet.gets`
      <presence type='error' id='p'>
        <error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error>
      </presence>`;
  });

  conversation(
    'at a domain that is not served comes back [RFC6120 8.3.3.16]',
    async ({ juliet }) => {
      await juliet.sends`<presence type='subscribe' to='romeo@nowhere.invalid' id='p'/>`;
      await juliet.gets`
        <presence type='error' id='p' from='romeo@nowhere.invalid'>
          <error type='cancel'><remote-server-not-found xmlns='${STANZA_ERRORS}'/></error>
        </presence>`;
    },
  );
});

conversation(
  'a request to the server itself stays without an answer, and may be taken back [RFC6121 3.1.2]',
  async ({ juliet }, server) => {
    const push = (item: string) => `
      <iq type='set'><query xmlns='${ROSTER}'><item jid='${server}' ${item}/></query></iq>`;
    await asks(juliet);
    await juliet.sends`<presence type='subscribe' to='${server}'/>`;
    await juliet.gets`${push("subscription='none' ask='subscribe'")}`;
    await juliet.getsNothing();
    await juliet.sends`<presence type='unsubscribe' to='${server}'/>`;
    await juliet.gets`${push(`subscription='none' ask='${nothing}'`)}`;
    await juliet.getsNothing();
  },
);

describe('a request that is taken back', () => {
  conversation(
    'was never in the roster of the one who was asked [RFC6121 3.1.3, A.3.2]',
    async ({ juliet, romeo }) => {
      await asks(romeo);
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
      await juliet.sends`<presence type='unsubscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='unsubscribe' from='${juliet.bare}'/>`;
      await romeo.getsNothing();
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
    },
  );
});

describe('ending a subscription', () => {
  conversation(
    'of one’s own: the contact is told, and one sees the contact go [RFC6121 3.3.2, 3.3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await asks(juliet);
      await asks(romeo);
      await juliet.sends`<presence type='unsubscribe' to='${romeo.bare}'/>`;
      await juliet.getsInAnyOrder`
        ${push(romeo, 'from')}
        <presence type='unavailable' from='${romeo}'/>`;
      await romeo.gets`
        <presence type='unsubscribe' from='${juliet.bare}'/>
        ${push(juliet, 'to')}`;
      await romeo.sends`<presence><show>away</show></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'of a contact: who is turned out sees one go, and then hears why [RFC6121 3.2.2, 3.2.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await asks(juliet);
      await asks(romeo);
      await romeo.sends`<presence type='unsubscribed' to='${juliet.bare}'/>`;
      await romeo.gets`${push(juliet, 'to')}`;
      await juliet.gets`
        <presence type='unavailable' from='${romeo}'/>
        <presence type='unsubscribed' from='${romeo.bare}'/>
        ${push(romeo, 'from')}`;
      await romeo.sends`<presence><show>away</show></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'leaves no way to see the contact: not by login, not by probe [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await romeo.sends`<presence type='unsubscribed' to='${juliet.bare}'/>`;
      await juliet.gets`
        <presence type='unavailable' from='${romeo}'/>
        <presence type='unsubscribed' from='${romeo.bare}'/>`;
      await juliet.leaves();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await juliet.returns();
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.sends`<presence type='probe' to='${romeo.bare}'/>`;
      await juliet.getsNothing();
      await romeo.leaves();
      await juliet.getsNothing();
    },
  );

  conversation(
    'that does not exist is not passed on [RFC6121 A.2.4]',
    async ({ juliet, romeo }) => {
      await asks(romeo);
      for (const type of ['subscribed', 'unsubscribed', 'unsubscribe']) {
        await juliet.sends`<presence type='${type}' to='${romeo.bare}'/>`;
      }
      await romeo.getsNothing();
    },
  );

  conversation(
    'as it is done while the contact is away is known when it comes back [RFC6121 3.2.3]',
    { friends: [['juliet', 'romeo']], absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      await romeo.sends`<presence type='unsubscribed' to='${juliet.bare}'/>`;
      await romeo.getsNothing();
      await juliet.signsIn({ quietly: true });
      await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
      await juliet.gets`
        <iq type='result' id='1'>
          <query xmlns='${ROSTER}'><item jid='${romeo.bare}' subscription='from'/></query>
        </iq>`;
      await juliet.sends`<presence/>`;
      await juliet.gets`<presence from='${juliet}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
    },
  );
});
