import { createHmac } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Element } from '../../src/xml/element.ts';
import type { Client } from '../support/client.ts';
import { TestComponent } from '../support/component.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';

/** STUN and TURN servers, and what clients sign in with there. */

const NS = 'urn:xmpp:extdisco:2';
const SECRET = 'wherefore';
const HOUR = 3_600_000;
const relay = { type: 'turn', host: 'turn.example.org' };
const services = [{ type: 'stun', host: 'stun.example.org', port: 9998 }, relay];
const external = { secret: SECRET, lifetime: '1h', services };
const config = { modules: { 'external-services': external } };

/** What the client is told, one by one. */
async function asks(who: Client, attributes = ''): Promise<readonly Element[]> {
  await who.sends`<iq type='get' id='s' to='localhost' ${attributes}><services xmlns='${NS}'/></iq>`;
  const answer = await who.gets`<iq type='result' id='s'><services xmlns='${NS}'/></iq>`;
  return answer.getChild('services', NS)!.getChildElements();
}

async function isTold(who: Client, place = `host='turn.example.org' type='turn'`) {
  await who.sends`<iq type='get' id='c' to='localhost'>
    <credentials xmlns='${NS}'><service ${place}/></credentials></iq>`;
  const answer = await who.gets`<iq type='result' id='c'><credentials xmlns='${NS}'/></iq>`;
  return answer
    .getChild('credentials', NS)!
    .getChildElements()
    .map(({ attrs }) => attrs);
}

const passwordOf = (username: string, secret = SECRET) =>
  createHmac('sha1', secret).update(username).digest('base64');

conversation(
  'the server says that it knows of services [XEP-0215 5]',
  async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='i' to='${server}'>
    <query xmlns='http://jabber.org/protocol/disco#info'/></iq>`;
    await juliet.gets`<iq type='result' id='i'><query xmlns='http://jabber.org/protocol/disco#info'>
    <feature var='${NS}'/></query></iq>`;
  },
);

conversation(
  'where none are configured the list is empty [XEP-0215 2]',
  async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='s' to='${server}'><services xmlns='${NS}'/></iq>`;
    await juliet.gets`<iq type='result' id='s'><services xmlns='${NS}'>${nothing}</services></iq>`;
  },
);

conversationInside(
  'all services are told, with credentials that coturn makes out [XEP-0215 3.1]',
  { config },
  async ({ juliet }, { clock }) => {
    const [stun, turn] = await asks(juliet);
    expect(stun!.attrs).toEqual({
      type: 'stun',
      host: 'stun.example.org',
      port: '9998',
      transport: 'udp',
    });
    const { username, password, expires, ...place } = turn!.attrs;
    expect(place).toEqual({ ...relay, port: '3478', transport: 'udp', restricted: 'true' });
    expect(username).toMatch(/^\d{10}:[\w-]{22}$/);
    expect(username).not.toContain('juliet');
    expect(password).toBe(passwordOf(username!));
    const end = Number.parseInt(username!, 10) * 1_000;
    expect(Date.parse(expires!)).toBe(end);
    expect(expires).toMatch(/Z$/);
    expect(end - clock.now()).toBeLessThanOrEqual(HOUR);
    expect(end - clock.now()).toBeGreaterThan(HOUR / 2);
  },
);

conversation('services of one type only [XEP-0215 3.2]', { config }, async ({ juliet }, server) => {
  await juliet.sends`<iq type='get' id='1' to='${server}'><services xmlns='${NS}' type='turn'/></iq>`;
  const answer = await juliet.gets`
      <iq type='result' id='1' from='${server}'><services xmlns='${NS}' type='turn'>
        <service type='turn' host='turn.example.org' username='${anything}'/></services></iq>`;
  expect(answer.getChild('services', NS)!.getChildElements()).toHaveLength(1);
  await juliet.sends`<iq type='get' id='2' to='${server}'><services xmlns='${NS}' type='ftp'/></iq>`;
  await juliet.gets`<iq type='result' id='2'><services xmlns='${NS}' type='ftp'>${nothing}</services></iq>`;
});

conversationInside(
  'asking often gives nobody more credentials, and each has others [XEP-0215 2]',
  { config: { modules: { 'external-services': { ...external, lifetime: '20m' } } } },
  async ({ juliet: { laptop, phone }, romeo }, { clock }) => {
    const nameOf = async (who: Client) => (await asks(who))[1]!.attrs.username;
    const first = await nameOf(laptop);
    clock.advance(200_000);
    for (const device of [laptop, phone]) expect(await nameOf(device)).toBe(first);
    expect(await nameOf(romeo)).not.toBe(first);
    clock.advance(100_000);
    const later = await nameOf(phone);
    expect(later).not.toBe(first);
    expect(later!.split(':')[1]).not.toBe(first!.split(':')[1]);
  },
);

conversation(
  'credentials for one service [XEP-0215 3.3]',
  {
    config: {
      modules: {
        'external-services': {
          secret: SECRET,
          services: [
            ...services,
            { ...relay, port: 3479, secret: 'other', restricted: true },
            { type: 'turns', host: '2001:db8::1', username: 'all', password: 'the same' },
          ],
        },
      },
    },
  },
  async ({ juliet }) => {
    const [first, second] = await isTold(juliet);
    expect(first).toMatchObject({ ...relay, port: '3478', password: passwordOf(first!.username!) });
    expect(second).toMatchObject({ ...relay, port: '3479' });
    expect(second!.password).toBe(passwordOf(second!.username!, 'other'));
    const [only, ...others] = await isTold(
      juliet,
      `host='TURN.example.org' type='turn' port='3479'`,
    );
    expect([only, ...others]).toEqual([second]);
    expect(await isTold(juliet, `host='2001:db8::1' type='turns'`)).toEqual([
      {
        type: 'turns',
        host: '2001:db8::1',
        port: '5349',
        transport: 'tcp',
        restricted: 'true',
        username: 'all',
        password: 'the same',
      },
    ]);
  },
);

conversation(
  'where credentials have to be asked for, the list says so [XEP-0215 2]',
  {
    config: {
      modules: {
        'external-services': { secret: SECRET, services: [{ ...relay, restricted: true }] },
      },
    },
  },
  async ({ juliet }) => {
    const [turn] = await asks(juliet);
    expect(turn!.attrs).toEqual({ ...relay, port: '3478', transport: 'udp', restricted: 'true' });
    const [told] = await isTold(juliet);
    expect(told!.password).toBe(passwordOf(told!.username!));
  },
);

conversation(
  'there are none for a service that nobody knows, or that asks for none [XEP-0215 3.3]',
  { config },
  async ({ juliet }, server) => {
    for (const place of [
      `host='turn.example.org' type='turns'`,
      `host='turn.example.org' type='turn' port='1'`,
      `host='elsewhere.example' type='turn'`,
      `host='stun.example.org' type='stun'`,
    ]) {
      await juliet.sends`<iq type='get' id='c' to='${server}'>
        <credentials xmlns='${NS}'><service ${place}/></credentials></iq>`;
      await juliet.gets`<iq type='error' id='c'><error type='cancel'>
        <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    }
  },
);

conversation(
  'a request that names no service, or no type of it, is none [XEP-0215 3.3]',
  { config },
  async ({ juliet }, server) => {
    for (const content of [
      '',
      `<service host='turn.example.org'/>`,
      `<service type='turn'/>`,
      `<service host='turn.example.org' type='turn' port='x'/>`,
      `<service host='a' type='turn'/><service host='b' type='turn'/>`,
    ]) {
      await juliet.sends`<iq type='get' id='c' to='${server}'>
        <credentials xmlns='${NS}'>${content}</credentials></iq>`;
      await juliet.gets`<iq type='error' id='c'><error type='modify'>
        <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    }
  },
);

conversationInside(
  'others learn where the services are, and no credentials [XEP-0215 2]',
  { config: { ...config, components: { 'gateway.example': { secret: 'gate' } } } },
  async ({ juliet }, server) => {
    await juliet.exists();
    const gateway = await TestComponent.connected(server, 'gateway.example', 'gate');
    gateway.sends`<iq type='get' id='s' from='a@gateway.example' to='localhost'><services xmlns='${NS}'/></iq>`;
    await gateway.gets`<iq type='result' id='s'><services xmlns='${NS}'>
      <service type='turn' restricted='true' username='${nothing}' password='${nothing}'/></services></iq>`;
    gateway.sends`<iq type='get' id='c' from='a@gateway.example' to='localhost'><credentials xmlns='${NS}'>
      <service host='turn.example.org' type='turn'/></credentials></iq>`;
    await gateway.gets`<iq type='error' id='c'><error type='auth'>
      <forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    expect(server.server.hosts[Symbol.iterator]().next().value?.host.traffic.credentials).toBe(0);
  },
);

conversation(
  'names are in the language that the client speaks [XEP-0215 6]',
  {
    config: {
      modules: {
        'external-services': {
          services: [{ ...services[0], name: 'Our relay', names: { de: 'Unser Relais' } }],
        },
      },
    },
  },
  async ({ juliet }) => {
    const nameIn = async (lang: string) =>
      (await asks(juliet, `xml:lang='${lang}'`))[0]!.attrs.name;
    expect(await nameIn('de-AT')).toBe('Unser Relais');
    expect(await nameIn('DE')).toBe('Unser Relais');
    expect(await nameIn('en')).toBe('Our relay');
  },
);

conversationInside(
  'whoever has asked hears of changes, of the type that was asked for [XEP-0215 3.2]',
  { config },
  async ({ juliet, romeo, nurse }, stage) => {
    await asks(juliet);
    await romeo.sends`<iq type='get' id='1' to='localhost'><services xmlns='${NS}' type='turn'/></iq>`;
    await romeo.gets`<iq type='result' id='1'/>`;
    const next = [relay, { type: 'stun', host: 'other.example.org' }];
    stage.useSettings({ modules: { 'external-services': { ...external, services: next } } });
    const pushed = await juliet.gets`
      <iq type='set' from='localhost' to='${juliet}'><services xmlns='${NS}' type='${nothing}'>
        <service action='add' type='stun' host='other.example.org' port='3478' transport='udp'/>
        <service action='delete' type='stun' host='stun.example.org' port='9998'/></services></iq>`;
    await juliet.sends`<iq type='result' id='${pushed.attrs.id}' to='localhost'/>`;
    await romeo.getsNothing();
    const other = { ...external, secret: 'other', services: next };
    stage.useSettings({ modules: { 'external-services': other } });
    const renewed = await romeo.gets`
      <iq type='set' from='localhost'><services xmlns='${NS}' type='turn'>
        <service action='modify' type='turn' host='turn.example.org'/></services></iq>`;
    const { username, password } = renewed.getChild('services', NS)!.getChild('service')!.attrs;
    expect(password).toBe(passwordOf(username!, 'other'));
    await juliet.gets`<iq type='set'><services xmlns='${NS}'><service action='modify'/></services></iq>`;
    await nurse.getsNothing();
  },
);

conversationInside(
  'who has no account gets credentials only where guests may have them',
  { config: { signIn: { anonymous: true }, ...config }, absent: ['juliet'] },
  async ({ stranger }, stage) => {
    await stranger.connectsSecurely();
    await stranger.sends`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>`;
    await stranger.gets`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`;
    await stranger.opensStream();
    await stranger.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
    await stranger.sends`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
    await stranger.gets`<iq type='result' id='b'/>`;
    expect((await asks(stranger))[1]!.attrs).not.toHaveProperty('password');
    const guests = { ...external, guests: true };
    stage.useSettings({ signIn: { anonymous: true }, modules: { 'external-services': guests } });
    expect((await asks(stranger))[1]!.attrs).toHaveProperty('password');
  },
);
