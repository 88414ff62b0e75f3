import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside } from '../support/conversation.ts';
import { anything, nothing } from '../support/template.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const STREAM = 'http://etherx.jabber.org/streams';
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@/;

const config = { signIn: { anonymous: true } };
/** Devices of nobody in particular: each is somebody else. */
const options = { config };

/** Signs in, and is available; returns the full JID. */
async function comes(client: Client, initial = ''): Promise<string> {
  await client.connectsSecurely();
  await client.sends`<auth xmlns='${SASL}' mechanism='ANONYMOUS'>${initial || '='}</auth>`;
  await client.gets`<success xmlns='${SASL}'>${nothing}</success>`;
  await client.opensStream();
  await client.gets`<features xmlns='${STREAM}'/>`;
  await client.sends`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
  const bound = await client.gets`
    <iq type='result' id='b'>
      <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${anything}</jid></bind>
    </iq>`;
  const jid = bound.getChild('bind')!.getChildText('jid')!;
  await client.sends`<presence/>`;
  await client.gets`<presence from='${jid}'/>`;
  return jid;
}

const bareOf = (jid: string) => jid.slice(0, jid.indexOf('/'));

describe('where everybody is anonymous', () => {
  conversation('that is the one way to sign in [XEP-0175 4]', options, async ({ stranger }) => {
    await stranger.connectsSecurely();
    const offered = [...stranger.features.matchAll(/<mechanism>([^<]*)/g)].map(([, name]) => name);
    expect(offered).toEqual(['ANONYMOUS', 'ANONYMOUS']);
    expect(stranger.features).not.toMatch(/channel-binding|register/);
    await stranger.sends`<auth xmlns='${SASL}' mechanism='PLAIN'>AGEAYg==</auth>`;
    await stranger.gets`<failure xmlns='${SASL}'><invalid-mechanism/></failure>`;
  });

  conversation(
    'one gets a name that nobody has, whatever one says of oneself [XEP-0175 3]',
    options,
    async ({ stranger: { laptop, phone } }) => {
      const trace = Buffer.from('sirhc').toString('base64');
      const [one, other] = [await comes(laptop, trace), await comes(phone, trace)];
      expect(one).toMatch(UUID);
      expect(other).toMatch(UUID);
      expect(bareOf(one)).not.toBe(bareOf(other));
      expect(one + other).not.toContain('sirhc');
    },
  );

  conversation(
    'one may be bound along with signing in [XEP-0388 2.6.1]',
    options,
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      await stranger.sends`
        <authenticate xmlns='urn:xmpp:sasl:2' mechanism='ANONYMOUS'>
          <initial-response/><bind xmlns='urn:xmpp:bind:0'/>
        </authenticate>`;
      const success = await stranger.gets`
        <success xmlns='urn:xmpp:sasl:2'>
          <authorization-identifier>${anything}</authorization-identifier>
          <bound xmlns='urn:xmpp:bind:0'/>
        </success>`;
      expect(success.getChildText('authorization-identifier')).toMatch(UUID);
      await stranger.gets`<features xmlns='${STREAM}'/>`;
    },
  );

  for (const [what, trace] of [
    ['longer than 255 characters', 'ö'.repeat(256)],
    ['with NUL', 'a\0b'],
  ]) {
    conversation(`what one says of oneself is refused ${what} [RFC4505 2]`, options, async (p) => {
      const initial = Buffer.from(trace!).toString('base64');
      await p.stranger.connectsSecurely();
      await p.stranger.sends`<auth xmlns='${SASL}' mechanism='ANONYMOUS'>${initial}</auth>`;
      await p.stranger.gets`<failure xmlns='${SASL}'><malformed-request/></failure>`;
    });
  }

  conversation(
    'people write to each other, and each is known as anonymous [XEP-0175 5]',
    options,
    async ({ stranger: { laptop, phone } }) => {
      const [one, other] = [await comes(laptop), await comes(phone)];
      await laptop.sends`<message to='${other}' type='chat'><body>Hi</body></message>`;
      await phone.gets`<message from='${one}'><body>Hi</body></message>`;
      await laptop.sends`
        <iq type='get' id='d' to='${bareOf(other)}'>
          <query xmlns='http://jabber.org/protocol/disco#info'/>
        </iq>`;
      await laptop.gets`
        <iq type='result' id='d' from='${bareOf(other)}'>
          <query xmlns='http://jabber.org/protocol/disco#info'>
            <identity category='account' type='anonymous'/>
            <feature var='http://jabber.org/protocol/disco#info'/>
          </query>
        </iq>`;
    },
  );

  conversation(
    'there is no registration to change or end [XEP-0175 3]',
    options,
    async ({ stranger }) => {
      await comes(stranger);
      await stranger.sends`
        <iq type='set' id='r' to='localhost'>
          <query xmlns='jabber:iq:register'><remove/></query>
        </iq>`;
      await stranger.gets`
        <iq type='error' id='r'><error><service-unavailable xmlns='${STANZAS}'/></error></iq>`;
    },
  );

  conversation(
    'nothing waits for who is not available [XEP-0175 3]',
    options,
    async ({ stranger: { laptop, phone } }) => {
      const other = await comes(phone);
      await comes(laptop);
      await phone.sends`<presence type='unavailable'/>`;
      await phone.gets`<presence type='unavailable'/>`;
      await laptop.sends`<message to='${bareOf(other)}' id='m'><body>Hi</body></message>`;
      await laptop.gets`
        <message type='error' id='m'><error><service-unavailable xmlns='${STANZAS}'/></error></message>`;
    },
  );
});

describe('when an anonymous session ends', () => {
  conversationInside(
    'nothing of it is left [XEP-0175 3]',
    options,
    async ({ stranger: { laptop, phone } }, server) => {
      const jid = await comes(laptop);
      const owner = bareOf(jid);
      await laptop.sends`
        <iq type='set' id='p'>
          <query xmlns='jabber:iq:private'><a xmlns='urn:a'>mine</a></query>
        </iq>`;
      await laptop.gets`<iq type='result' id='p'/>`;
      expect(await server.transient.users.find(owner)).not.toBeNull();
      await laptop.leaves();
      expect(await server.transient.users.find(owner)).toBeNull();
      expect(await server.transient.users.retiredUntil(owner)).toBeNull();
      expect(await server.storage.users.find(owner)).toBeNull();
      await comes(phone);
      await phone.sends`<message to='${jid}' id='m' type='chat'><body>Hi</body></message>`;
      await phone.gets`
        <message type='error' id='m'><error><service-unavailable xmlns='${STANZAS}'/></error></message>`;
    },
  );

  conversation(
    'those who saw it hear that it is gone for good [XEP-0175 3]',
    options,
    async ({ stranger: { laptop, phone } }) => {
      const [one, other] = [await comes(laptop), await comes(phone)];
      await laptop.sends`<presence type='subscribe' to='${bareOf(other)}'/>`;
      await phone.gets`<presence type='subscribe' from='${bareOf(one)}'/>`;
      await phone.sends`<presence type='subscribed' to='${bareOf(one)}'/>`;
      await phone.sends`<presence type='subscribe' to='${bareOf(one)}'/>`;
      await laptop.settles();
      await laptop.sends`<presence type='subscribed' to='${bareOf(other)}'/>`;
      await phone.forgets();
      await laptop.forgets();
      await laptop.vanishes();
      await phone.gets`<presence type='unavailable' from='${one}'/>`;
      await phone.getsInAnyOrder`
        <presence type='unsubscribe' from='${bareOf(one)}'/>
        <presence type='unsubscribed' from='${bareOf(one)}'/>`;
    },
  );

  conversation(
    'before it was bound, nothing was there [XEP-0175 4]',
    options,
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      await stranger.sends`<auth xmlns='${SASL}' mechanism='ANONYMOUS'>=</auth>`;
      await stranger.gets`<success xmlns='${SASL}'/>`;
      await stranger.vanishes();
    },
  );
});

conversation(
  'elsewhere nobody signs in like that [XEP-0175 3]',
  { absent: ['juliet'] },
  async ({ juliet }) => {
    await juliet.connectsSecurely();
    expect(juliet.features).not.toContain('ANONYMOUS');
    await juliet.sends`<auth xmlns='${SASL}' mechanism='ANONYMOUS'>=</auth>`;
    await juliet.gets`<failure xmlns='${SASL}'><invalid-mechanism/></failure>`;
  },
);
