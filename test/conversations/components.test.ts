import { expect } from '@jest/globals';
import { defineModule } from '../../src/server/module.ts';
import { NS } from '../../src/xmpp/ns.ts';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import { TestComponent } from '../support/component.ts';
import { conversationInside, nothing } from '../support/conversation.ts';

/** External components: the handshake, who they may be, and what reaches whom. */

const SECRET = { secret: 'wherefore' };
const config = { components: { 'echo.localhost': SECRET, 'other.example': SECRET } };
const MESSAGE = `<message to='echo.localhost' id='m'><body>Hi</body></message>`;
const TIMEOUT = `<error type='wait'>
  <remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;

conversationInside(
  'a component shows its secret, and is let in [XEP-0114 3]',
  { config },
  async (_, server) => {
    const component = new TestComponent(server);
    await component.opensStream();
    expect(component.header?.attrs).toMatchObject({
      from: 'echo.localhost',
      id: expect.any(String),
    });
    expect(component.header?.attrs.version).toBeUndefined();
    component.shakesHands();
    await component.gets`<handshake>${nothing}</handshake>`;
    await component.getsNothing();
  },
);

conversationInside(
  'stanzas go to the component and come back [XEP-0114 3]',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.sends`
      <message to='bot@echo.localhost/1' type='chat' id='m' xml:lang='it'>
        <body>Hi</body><x xmlns='urn:example'><y>1</y></x></message>`;
    await component.gets`
      <message from='${juliet}' to='bot@echo.localhost/1' type='chat' id='m' xml:lang='it'>
        <body>Hi</body><x xmlns='urn:example'><y>1</y></x></message>`;
    component.sends`
      <message from='bot@echo.localhost/1' to='${juliet.bare}' type='chat' id='n'>
        <body>Ho</body><x xmlns='urn:example'><y>2</y></x></message>`;
    await juliet.gets`
      <message from='bot@echo.localhost/1' to='${juliet.bare}' type='chat' id='n'>
        <body>Ho</body><x xmlns='urn:example'><y>2</y></x></message>`;
    expect(juliet.lastText).not.toContain('jabber:component:accept');
    await component.getsNothing(juliet);
  },
);

conversationInside(
  'what a component forwards keeps the namespaces of what it holds [RFC6120 4.8.3]',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.exists();
    component.sends`
      <message from='echo.localhost' to='${juliet}'>
        <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>In</body></message></forwarded>
        <body xmlns='jabber:component:accept'>Out</body></message>`;
    await juliet.gets`
      <message from='echo.localhost'>
        <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>In</body></message></forwarded>
        <body>Out</body></message>`;
  },
);

conversationInside(
  'a component asks the server, and clients ask the component',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.sends`<iq type='get' id='v' to='echo.localhost'><query xmlns='jabber:iq:version'/></iq>`;
    await component.gets`
      <iq type='get' id='v' from='${juliet}' to='echo.localhost'><query xmlns='jabber:iq:version'/></iq>`;
    component.sends`<iq type='result' id='v' from='echo.localhost' to='${juliet}'>
      <query xmlns='jabber:iq:version'><name>Echo</name></query></iq>`;
    await juliet.gets`<iq type='result' id='v' from='echo.localhost'>
      <query xmlns='jabber:iq:version'><name>Echo</name></query></iq>`;
    component.sends`<iq type='get' id='p' from='a@echo.localhost' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await component.gets`<iq type='result' id='p' from='localhost' to='a@echo.localhost'/>`;
  },
);

conversationInside(
  'one who comes as a contact is let in, and sees who lets it in [RFC6121 3.1]',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.exists();
    component.sends`<presence type='subscribe' from='echo.localhost' to='${juliet.bare}'/>`;
    await juliet.gets`<presence type='subscribe' from='echo.localhost'/>`;
    await juliet.sends`<presence type='subscribed' to='echo.localhost'/>`;
    await component.gets`<presence type='subscribed' from='${juliet.bare}' to='echo.localhost'/>`;
    await component.gets`<presence from='${juliet}' to='echo.localhost'/>`;
    await juliet.leaves();
    await component.gets`<presence type='unavailable' from='${juliet}' to='echo.localhost'/>`;
  },
);

conversationInside(
  'several components are told apart by their domains',
  { config },
  async ({ juliet }, server) => {
    const echo = await TestComponent.connected(server);
    const other = await TestComponent.connected(server, 'other.example');
    await juliet.sends`<message to='other.example' id='1'/>`;
    await other.gets`<message id='1'/>`;
    other.sends`<message from='other.example' to='echo.localhost' id='2'/>`;
    await echo.gets`<message from='other.example' id='2'/>`;
    await echo.getsNothing(juliet);
    await other.getsNothing();
  },
);

conversationInside(
  'a domain below that of a component is nobody’s',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.sends`<message to='a@deep.echo.localhost' id='m'/>`;
    await juliet.gets`<message type='error' id='m'><error type='cancel'>
      <remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
    await component.getsNothing(juliet);
  },
);

conversationInside(
  'what cannot go to a component comes back, once [RFC6120 8.3.3.17]',
  { config },
  async ({ juliet }, server) => {
    await juliet.exists();
    await juliet.sends`${MESSAGE}<iq type='get' id='q' to='a@echo.localhost'><x xmlns='urn:example'/></iq>`;
    await juliet.gets`<message type='error' id='m' from='echo.localhost'>${TIMEOUT}</message>`;
    await juliet.gets`<iq type='error' id='q' from='a@echo.localhost'>${TIMEOUT}</iq>`;
    const component = await TestComponent.connected(server);
    await juliet.sends`${MESSAGE}`;
    await component.gets`${MESSAGE}`;
    await component.leaves();
    await juliet.sends`${MESSAGE}`;
    await juliet.gets`<message type='error' id='m'>${TIMEOUT}</message>`;
  },
);

conversationInside(
  'what a component has not read when it breaks comes back, and nothing else does',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.sends`<message to='echo.localhost' id='read'/>`;
    await component.gets`<message id='read'/>`;
    component.stopsReading();
    await juliet.sends`<message to='echo.localhost' id='1'/><message to='echo.localhost' id='2'/>`;
    await juliet.sends`<message to='echo.localhost' id='3' type='error'/>`;
    await juliet.settles();
    await component.vanishes();
    await juliet.gets`<message type='error' id='1'>${TIMEOUT}</message>`;
    await juliet.gets`<message type='error' id='2'>${TIMEOUT}</message>`;
    await juliet.getsNothing();
  },
);

conversationInside(
  'a component that does not read is dropped, and what waits for it comes back',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server, 'echo.localhost', 'wherefore', 5_000);
    component.stopsReading();
    const text = 'x'.repeat(2_000);
    for (const id of ['1', '2', '3', '4']) {
      await juliet.sends`<message to='echo.localhost' id='${id}'><body>${text}</body></message>`;
    }
    for (const id of ['1', '2', '3', '4']) {
      await juliet.gets`<message type='error' id='${id}'>${TIMEOUT}</message>`;
    }
    await component.getsEnd();
  },
);

conversationInside(
  'after it was gone, a component may come again',
  { config },
  async ({ juliet }, server) => {
    const first = await TestComponent.connected(server);
    await first.vanishes();
    const second = await TestComponent.connected(server);
    await juliet.sends`${MESSAGE}`;
    await second.gets`${MESSAGE}`;
  },
);

conversationInside(
  'who connects once more takes the place of the first',
  { config },
  async ({ juliet }, server) => {
    const first = await TestComponent.connected(server);
    const second = await TestComponent.connected(server);
    await first.getsStreamError('conflict');
    await juliet.sends`${MESSAGE}`;
    await second.gets`${MESSAGE}`;
  },
);

conversationInside(
  'or is refused, where the operator wants that',
  { config: { components: { 'echo.localhost': { ...SECRET, conflict: 'refuse' } } } },
  async ({ juliet }, server) => {
    const first = await TestComponent.connected(server);
    const second = new TestComponent(server);
    await second.opensStream();
    second.shakesHands();
    await second.getsStreamError('conflict');
    await juliet.sends`${MESSAGE}`;
    await first.gets`${MESSAGE}`;
  },
);

conversationInside(
  'clients find the components of their host [XEP-0030 4]',
  {
    config: {
      components: {
        'echo.localhost': { ...SECRET, name: 'Echo' },
        'hidden.localhost': { ...SECRET, hosts: [] },
        'far.example': { ...SECRET, hosts: ['localhost'] },
      },
    },
  },
  async ({ juliet }) => {
    await juliet.sends`
      <iq type='get' id='i' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`;
    const items = await juliet.gets`
      <iq type='result' id='i'><query xmlns='http://jabber.org/protocol/disco#items'>
        <item jid='echo.localhost' name='Echo'/><item jid='far.example' name='${nothing}'/></query></iq>`;
    expect(items.toString()).not.toContain('hidden');
  },
);

conversationInside(
  'other settings take effect at once: a new secret, a new component, one that is gone',
  { config },
  async ({ juliet }, server) => {
    const echo = await TestComponent.connected(server);
    const other = await TestComponent.connected(server, 'other.example');
    server.useSettings({
      components: { 'echo.localhost': { secret: 'new' }, 'late.example': SECRET },
    });
    await other.getsStreamError('host-gone');
    await juliet.sends`${MESSAGE}<message to='other.example' id='gone'/>`;
    await echo.gets`${MESSAGE}`;
    await juliet.gets`<message type='error' id='gone'><error type='cancel'/></message>`;
    await TestComponent.connected(server, 'late.example');
    await echo.vanishes();
    const outdated = new TestComponent(server);
    await outdated.opensStream();
    outdated.shakesHands();
    await outdated.getsStreamError('not-authorized');
    await TestComponent.connected(server, 'echo.localhost', 'new');
  },
);

conversationInside(
  'errors tell a component what became of its stanzas [RFC6120 8.3]',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    component.sends`<message from='a@echo.localhost' to='nobody@localhost' id='1'><body>Hi</body></message>`;
    await component.gets`<message type='error' id='1' from='nobody@localhost' to='a@echo.localhost'/>`;
    component.sends`<message from='a@echo.localhost' to='a@elsewhere.example' id='2'/>`;
    await component.gets`<message type='error' id='2'><error type='cancel'>
      <remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
    component.sends`<iq type='get' from='a@echo.localhost' to='${juliet}' id='3'/>`;
    await component.gets`<iq type='error' id='3'><error type='modify'>
      <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    component.sends`<message from='a@echo.localhost' to='@localhost' id='4'/>`;
    await component.gets`<message type='error' id='4' to='a@echo.localhost'><error type='modify'>
      <jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
    component.sends`<message from='a@echo.localhost' to='@localhost' type='error' id='5'/>`;
    await component.getsNothing();
  },
);

conversationInside(
  'a silent component gets white space, and stays [RFC6120 4.6.1]',
  { config },
  async ({ juliet }, server) => {
    const component = await TestComponent.connected(server);
    server.clock.advance(200_000);
    await juliet.settles();
    server.clock.advance(200_000);
    await juliet.settles();
    await component.getsNothing();
  },
);

const BURST = 40;

conversationInside(
  'what a component sends is stored and asked in its order, also behind its end tag [RFC6120 10.1, RFC6120 4.4]',
  { config, onDisk: true },
  async ({ juliet, romeo }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.exists();
    for (let n = 0; n < BURST; n++) {
      for (const to of [juliet, romeo]) {
        component.sends`<message from='echo.localhost' to='${to}' id='${String(n)}'><body>Hi</body></message>`;
      }
      component.sends`<presence from='echo.localhost' to='${juliet}' id='${String(n)}'/>`;
    }
    component.sends`<iq type='get' id='ping' from='echo.localhost' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await component.gets`<iq type='result' id='ping'/>`;
    component.sends`
      <message from='echo.localhost' to='${juliet}' id='last'><body>Hi</body></message>
      <presence from='echo.localhost' to='${juliet}' id='last'/></stream:stream>`;
    await component.getsEnd();
    for (let n = 0; n < BURST; n++) {
      await juliet.gets`<message id='${String(n)}'/><presence id='${String(n)}'/>`;
      await romeo.gets`<message id='${String(n)}'/>`;
    }
    await juliet.gets`<message id='last'/><presence id='last'/>`;
  },
);

/** Commits until that is on disk which has a subject. */
const SLOWNESS = 40;

const slow = defineModule({
  name: 'slow',
  summary: 'Takes its time to store what has a subject.',
  setup({ storage: { durability } }) {
    const store = (stanza: Stanza) =>
      stanza.has('subject', NS.client) ? { ticket: durability.latest + SLOWNESS } : undefined;
    return { flows: { incoming: { message: { store } } } };
  },
});

conversationInside(
  'its messages go to the disk while those before them do, and come behind them [RFC6120 10.1]',
  { config, modules: [slow] },
  async ({ juliet, romeo }, server) => {
    const component = await TestComponent.connected(server);
    await juliet.exists();
    component.sends`
      <message from='echo.localhost' to='${juliet}' type='chat' id='1'><subject>Slow</subject></message>
      <message from='echo.localhost' to='${romeo}' type='chat' id='2'><body>Hi</body></message>
      <message from='echo.localhost' to='${juliet}' type='chat' id='3'><body>Hi</body></message>`;
    await romeo.getsNothing();
    await juliet.getsNothing();
    const { archive, durability, privateXml } = server.storage;
    for (const { bare } of [juliet, romeo]) expect(await archive.bounds(bare)).not.toBeNull();
    for (let commit = 0; commit < SLOWNESS; commit++) {
      const name = { name: 'kept', xmlns: 'urn:example:kept' };
      await durability.whenCommitted(privateXml.put(romeo.bare, name, `<kept n='${commit}'/>`));
    }
    await juliet.gets`<message id='1'/><message id='3'/>`;
    await romeo.gets`<message id='2'/>`;
  },
);
