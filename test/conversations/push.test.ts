import { expect } from '@jest/globals';
import { Push } from '../../src/modules/push/module.ts';
import type { Host } from '../../src/server/host.ts';
import { defineModule, type ModuleDefinition } from '../../src/server/module.ts';
import { Session } from '../../src/server/session.ts';
import { readStoredStanza } from '../../src/xmpp/stanza.ts';
import type { Person } from '../support/cast.ts';
import { TestComponent } from '../support/component.ts';
import { anything, conversationInside, nothing } from '../support/conversation.ts';
import { acknowledges, manages } from '../support/stream-management.ts';

/** Push notifications; the app server is a component, as that of a client's maker would be. */

const SECRET = { secret: 'wherefore' };
const components = { 'push.example': SECRET, 'other.example': SECRET };
const config = { components };
const away = { config, quiet: ['romeo'] as const };
const PUSH = 'urn:xmpp:push:0';
const OPTIONS = 'http://jabber.org/protocol/pubsub#publish-options';
const form = (secret: string) => `
  <x xmlns='jabber:x:data' type='submit'>
    <field var='FORM_TYPE'><value>${OPTIONS}</value></field>
    <field var='secret'><value>${secret}</value></field></x>`;
const published = (node: string, rest = '') => `
  <iq type='set' to='push.example' from='romeo@localhost'>
    <pubsub xmlns='http://jabber.org/protocol/pubsub'>
      <publish node='${node}'><item><notification xmlns='${PUSH}'/></item></publish>${rest}</pubsub></iq>`;

async function enables(who: Person, attributes: string, content = ''): Promise<void> {
  await who.sends`<iq type='set' id='e'><enable xmlns='${PUSH}' ${attributes}>${content}</enable></iq>`;
  await who.gets`<iq type='result' id='e'/>`;
}

const tells = async (who: Person, whom: Person, text: string) => {
  await who.sends`<message to='${whom.bare}' type='chat'><body>${text}</body></message>`;
  await who.settles();
};

/** Takes a notification, and answers it. */
async function accepts(service: TestComponent, node = 'n'): Promise<string> {
  const { attrs } = await service.gets`${published(node)}`;
  const { lastText } = service;
  service.sends`<iq type='result' id='${attrs.id}' from='${service}' to='romeo@localhost'/>`;
  return lastText;
}

/** Takes a notification, and answers it with an error. */
async function refuses(service: TestComponent, type: string, condition: string): Promise<void> {
  const { attrs } = await service.gets`${published('n')}`;
  service.sends`
    <iq type='error' id='${attrs.id}' from='${service}' to='romeo@localhost'><error type='${type}'>
      <${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
}

conversationInside(
  'an account says that it can push, and one who is away is told of a message [XEP-0357 4.1]',
  { config },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await romeo.sends`<iq type='get' id='d' to='${romeo.bare}'>
      <query xmlns='http://jabber.org/protocol/disco#info'/></iq>`;
    await romeo.gets`<iq type='result' id='d'><query xmlns='http://jabber.org/protocol/disco#info'>
      <feature var='${PUSH}'/></query></iq>`;
    await enables(romeo, "jid='push.example' node='n'", form('s3cret'));
    await tells(juliet, romeo, 'You are here');
    await romeo.gets`<message><body>You are here</body></message>`;
    await romeo.leaves();
    await tells(juliet, romeo, 'Wherefore?');
    await service.gets`${published('n', `<publish-options>${form('s3cret')}</publish-options>`)}`;
    expect(service.lastText).toContain('New message');
    expect(service.lastText).not.toMatch(/Wherefore|juliet|message-count/);
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'what is told is the operator’s to say [XEP-0357 9]',
  {
    config: {
      components,
      modules: {
        push: { includeBody: true, includeSender: true, includeCount: true, interval: '0s' },
      },
    },
  },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example'");
    await romeo.leaves();
    await tells(juliet, romeo, 'One');
    const first =
      await service.gets`<iq type='set'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
      <publish node='${nothing}'><item><notification xmlns='${PUSH}'>
        <x xmlns='jabber:x:data' type='submit'>
          <field var='FORM_TYPE'><value>urn:xmpp:push:summary</value></field>
          <field var='message-count'><value>1</value></field>
          <field var='last-message-sender'><value>${juliet}</value></field>
          <field var='last-message-body'><value>One</value></field></x>
      </notification></item></publish></pubsub></iq>`;
    service.sends`<iq type='result' id='${first.attrs.id}' from='push.example' to='${romeo.bare}'/>`;
    await tells(juliet, romeo, 'Two');
    await service.gets`<iq type='set'><pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq>`;
    expect(service.lastText).toMatch(/>2<.*>Two</);
  },
);

conversationInside(
  'several places are notified, and one that is disabled is not [XEP-0357 6]',
  away,
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    const other = await TestComponent.connected(server, 'other.example');
    for (const node of ['a', 'b', 'c']) await enables(romeo, `jid='push.example' node='${node}'`);
    await enables(romeo, "jid='other.example' node='a'");
    await romeo.sends`<iq type='set' id='x'><disable xmlns='${PUSH}' jid='push.example' node='b'/></iq>`;
    await romeo.gets`<iq type='result' id='x'/>`;
    await romeo.leaves();
    await tells(juliet, romeo, 'Hi');
    await accepts(service, 'a');
    await accepts(service, 'c');
    await other.gets`<iq type='set' to='other.example'/>`;
    await service.getsNothing(juliet);
    await romeo.returns({ quietly: true });
    await romeo.sends`<iq type='set' id='x'><disable xmlns='${PUSH}' jid='push.example'/></iq>`;
    await romeo.gets`<iq type='result' id='x'/>`;
    await romeo.leaves();
    server.clock.advance(60_000);
    await tells(juliet, romeo, 'Ho');
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'whoever enables once more replaces the options [XEP-0357 5]',
  { ...away, onDisk: true },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'", form('old'));
    await enables(romeo, "jid='push.example' node='n'", form('new'));
    await romeo.leaves();
    await tells(juliet, romeo, 'Hi');
    const text = await accepts(service);
    expect(text).toContain('<value>new</value>');
    expect(text).not.toContain('old');
    await service.getsNothing(juliet);
  },
);

const WORTH: readonly (readonly [what: string, type: string, content: string])[] = [
  ['a body', 'chat', '<body>Hi</body>'],
  ['a normal message', 'normal', '<body>Hi</body>'],
  [
    'OMEMO',
    'chat',
    "<encrypted xmlns='eu.siacs.conversations.axolotl'/><store xmlns='urn:xmpp:hints'/>",
  ],
  [
    'a call',
    'chat',
    "<propose xmlns='urn:xmpp:jingle-message:0' id='c'/><store xmlns='urn:xmpp:hints'/>",
  ],
];
for (const [what, type, content] of WORTH) {
  conversationInside(`${what} is worth a notification`, away, async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await juliet.sends`<message to='${romeo.bare}' type='${type}'>${content}</message>`;
    await accepts(service);
    await service.getsNothing(juliet);
  });
}

const NOT_WORTH: readonly (readonly [what: string, content: string])[] = [
  ['a chat state', "<composing xmlns='http://jabber.org/protocol/chatstates'/>"],
  ['a receipt', "<received xmlns='urn:xmpp:receipts' id='1'/>"],
  [
    'a marker',
    "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/><store xmlns='urn:xmpp:hints'/>",
  ],
  ['the end of a call that was taken', "<finish xmlns='urn:xmpp:jingle-message:0' id='c'/>"],
];
for (const [what, content] of NOT_WORTH) {
  conversationInside(`${what} is not`, away, async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await juliet.sends`<message to='${romeo.bare}' type='chat'>${content}</message>`;
    await service.getsNothing(juliet);
  });
}

conversationInside(
  'what is not kept is not told of: it was refused, or its sender wants that [XEP-0334 4.2]',
  {
    config: { components, modules: { archive: false, offline: { maxMessages: 0 } } },
    quiet: ['romeo'],
  },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await juliet.sends`<message to='${romeo.bare}' id='m' type='chat'><body>Hi</body></message>`;
    await juliet.gets`<message type='error' id='m'/>`;
    await juliet.sends`<message to='${romeo.bare}' id='n' type='chat'><body>Hi</body>
      <no-store xmlns='urn:xmpp:hints'/></message>`;
    await juliet.gets`<message type='error' id='n'/>`;
    await service.getsNothing(juliet);
  },
);

for (const [type, condition] of [
  ['cancel', 'item-not-found'],
  ['auth', 'not-authorized'],
  ['cancel', 'gone'],
]) {
  conversationInside(
    `a service that answers ${condition} is notified no more [XEP-0357 7.1]`,
    away,
    async ({ juliet, romeo }, server) => {
      const service = await TestComponent.connected(server, 'push.example');
      await enables(romeo, "jid='push.example' node='n'");
      await romeo.leaves();
      await tells(juliet, romeo, 'One');
      await refuses(service, type!, condition!);
      await service.getsNothing(juliet);
      server.clock.advance(200_000);
      await tells(juliet, romeo, 'Two');
      await service.getsNothing(juliet);
      expect(await server.storage.push.load(romeo.bare)).toEqual([]);
    },
  );
}

conversationInside(
  'a service that fails for now is notified again, later and later [XEP-0357 7.1]',
  away,
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await tells(juliet, romeo, 'One');
    await refuses(service, 'wait', 'resource-constraint');
    await service.getsNothing(juliet);
    server.clock.advance(2_500);
    await tells(juliet, romeo, 'Two');
    await service.getsNothing(juliet);
    server.clock.advance(2_000);
    await refuses(service, 'cancel', 'internal-server-error');
    await service.getsNothing(juliet);
    await tells(juliet, romeo, 'Three');
    server.clock.advance(8_500);
    await accepts(service);
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'a service that is away, or does not answer, stays enabled',
  away,
  async ({ juliet, romeo }, server) => {
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await tells(juliet, romeo, 'One');
    const service = await TestComponent.connected(server, 'push.example');
    server.clock.advance(10_000);
    await tells(juliet, romeo, 'Two');
    await service.gets`${published('n')}`;
    server.clock.advance(31_000);
    await service.getsNothing(juliet);
    server.clock.advance(31_000);
    await tells(juliet, romeo, 'Three');
    await accepts(service);
  },
);

conversationInside(
  'many messages make few notifications, the last of them of the newest',
  { config: { components, modules: { push: { includeBody: true } } }, quiet: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    for (let n = 1; n <= 20; n++) await tells(juliet, romeo, `Message ${n}`);
    expect(await accepts(service)).toContain('Message 1<');
    await service.getsNothing(juliet);
    server.clock.advance(2_000);
    expect(await accepts(service)).toContain('Message 20<');
    await service.getsNothing(juliet);
    server.clock.advance(60_000);
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'with the account its registrations end, also what waits',
  { config, quiet: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await tells(juliet, romeo, 'One');
    await accepts(service);
    await tells(juliet, romeo, 'Two');
    await server.server.find('localhost')!.keeper.remove('romeo');
    server.clock.advance(60_000);
    await service.getsNothing(juliet);
    expect(await server.storage.push.load(romeo.bare)).toEqual([]);
    await juliet.forgets();
  },
);

conversationInside('what is no registration gets its error', { config }, async ({ romeo }) => {
  const refused = async (content: string, condition: string) => {
    await romeo.sends`<iq type='set' id='b'>${content}</iq>`;
    await romeo.gets`<iq type='error' id='b'><error type='${anything}'>
      <${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
  };
  const enable = (attributes: string, content = '') =>
    `<enable xmlns='${PUSH}' ${attributes}>${content}</enable>`;
  await refused(enable(''), 'bad-request');
  await refused(`<disable xmlns='${PUSH}'/>`, 'bad-request');
  await refused(enable("jid='@'"), 'jid-malformed');
  await refused(enable(`jid='push.example' node='${'n'.repeat(1_024)}'`), 'not-acceptable');
  const push = "jid='push.example'";
  await refused(enable(push, "<x xmlns='jabber:x:data' type='submit'/>"), 'bad-request');
  await refused(enable(push, form('s').replace('submit', 'result')), 'bad-request');
  await refused(enable(push, form('s'.repeat(9_000))), 'not-acceptable');
});

conversationInside(
  'nobody enables more than the operator allows',
  { config: { components, modules: { push: { maxRegistrations: 2 } } } },
  async ({ romeo }) => {
    for (const node of ['a', 'b', 'a']) await enables(romeo, `jid='push.example' node='${node}'`);
    await romeo.sends`<iq type='set' id='c'><enable xmlns='${PUSH}' jid='push.example' node='c'/></iq>`;
    await romeo.gets`<iq type='error' id='c'><error type='wait'>
      <resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
  },
);

conversationInside(
  'hosts and accounts of the server are no push services, unless the operator says so',
  { config: { components, modules: { push: { allowedServices: ['push@localhost'] } } } },
  async ({ romeo, juliet }) => {
    for (const jid of ['localhost', juliet.bare, `${juliet}`, romeo.bare]) {
      await romeo.sends`<iq type='set' id='o'><enable xmlns='${PUSH}' jid='${jid}' node='n'/></iq>`;
      await romeo.gets`<iq type='error' id='o'><error type='cancel'>
        <not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    }
    await enables(romeo, "jid='push@localhost' node='n'");
    await juliet.getsNothing();
  },
);

conversationInside(
  'nobody else enables or disables anything',
  { config },
  async ({ juliet, romeo }, server) => {
    await enables(romeo, "jid='push.example' node='n'");
    for (const [name, to] of [
      ['enable', romeo.bare],
      ['disable', romeo.bare],
      ['enable', 'nobody@localhost'],
    ]) {
      await juliet.sends`
        <iq type='set' id='f' to='${to!}'><${name!} xmlns='${PUSH}' jid='push.example' node='n'/></iq>`;
      await juliet.gets`<iq type='error' id='f'><error type='auth'>
        <forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    }
    expect(await server.storage.push.load(romeo.bare)).toHaveLength(1);
  },
);

conversationInside(
  'an answer counts only from the service that was asked',
  away,
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    const other = await TestComponent.connected(server, 'other.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    await tells(juliet, romeo, 'One');
    const { attrs } = await service.gets`${published('n')}`;
    const error = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    other.sends`<iq type='error' id='${attrs.id}' from='other.example' to='${romeo.bare}'>${error}</iq>`;
    service.sends`<iq type='error' id='${attrs.id}' from='a@push.example' to='${romeo.bare}'>${error}</iq>`;
    service.sends`<iq type='error' id='${attrs.id}' from='push.example' to='${juliet.bare}'>${error}</iq>`;
    service.sends`<iq type='error' id='another' from='push.example' to='${romeo.bare}'>${error}</iq>`;
    await service.getsNothing(juliet);
    expect(await server.storage.push.load(romeo.bare)).toHaveLength(1);
    await other.getsNothing();
  },
);

let notify: Push['notify'];
let ownHost: Host;
const caller = defineModule({
  name: 'caller',
  summary: 'Knows of sessions whose client does not answer.',
  needs: [Push],
  setup({ use, host }) {
    notify = use(Push).notify;
    ownHost = host;
    return {};
  },
}) as ModuleDefinition;

conversationInside(
  'of a session that does not answer only what it has enabled is notified',
  { config, modules: [caller], quiet: true },
  async ({ romeo: { laptop, phone } }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await phone.sends`<iq type='set' id='e'><enable xmlns='${PUSH}' jid='push.example' node='phone'/></iq>`;
    await phone.gets`<iq type='result' id='e'/>`;
    await laptop.sends`<iq type='set' id='e'><enable xmlns='${PUSH}' jid='push.example' node='laptop'/></iq>`;
    await laptop.gets`<iq type='result' id='e'/>`;
    const sessions = ownHost.directory.peek(phone.bare).filter((each) => each instanceof Session);
    const session = sessions.find(({ jid }) => jid.toString() === phone.toString())!;
    const stanza = (content: string) =>
      readStoredStanza(`<message xmlns='jabber:client' from='a@b.example'>${content}</message>`);
    notify(session.account, stanza('<body>Hi</body>'), session);
    await accepts(service, 'phone');
    notify(session.account, stanza("<active xmlns='http://jabber.org/protocol/chatstates'/>"));
    await service.getsNothing(phone, laptop);
    server.clock.advance(10_000);
    notify(session.account, stanza('<body>Ho</body>'));
    await accepts(service, 'phone');
    await accepts(service, 'laptop');
    await service.getsNothing();
  },
);

conversationInside(
  'nobody is told before the message is on disk',
  { ...away, onDisk: true },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enables(romeo, "jid='push.example' node='n'");
    await romeo.leaves();
    const { durability } = server.storage;
    let uncommitted: number | null = null;
    service.onHeard = () => {
      uncommitted ??= durability.latest - durability.committed;
    };
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Hi</body></message>`;
    await accepts(service);
    expect(uncommitted).toBe(0);
  },
);

conversationInside(
  'a service that lets the account publish no more is disabled [XEP-0357 8]',
  away,
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    const other = await TestComponent.connected(server, 'other.example');
    for (const node of ['a', 'b']) await enables(romeo, `jid='push.example' node='${node}'`);
    const withdraws = (by: TestComponent, jid: string) => by.sends`
      <message from='${by}' to='${romeo.bare}'>
        <pubsub xmlns='http://jabber.org/protocol/pubsub' node='a'>
          <affiliation jid='${jid}' affiliation='none'/></pubsub></message>`;
    withdraws(service, juliet.bare);
    withdraws(other, romeo.bare);
    await service.getsNothing(juliet);
    await romeo.leaves();
    expect(await server.storage.push.load(romeo.bare)).toHaveLength(2);
    await service.getsNothing();
    withdraws(service, romeo.bare);
    await service.getsNothing(juliet);
    await tells(juliet, romeo, 'Hi');
    await accepts(service, 'b');
    await service.getsNothing(juliet);
    for (const each of [service, other]) await each.forgets();
  },
);

conversationInside(
  'one whose connection is lost is told of what comes, and of what was on its way [XEP-0357 1] [XEP-0198 6]',
  { config },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await manages(romeo);
    await enables(romeo, "jid='push.example' node='n'");
    await acknowledges(romeo);
    await juliet.sends`<message to='${romeo}' type='chat' id='1'><body>Hi</body></message>`;
    await romeo.gets`<message id='1'/>`;
    await service.getsNothing(juliet);
    await romeo.vanishes();
    await accepts(service);
    server.clock.advance(5_000);
    await tells(juliet, romeo, 'Ho');
    await accepts(service);
    await service.getsNothing(juliet);
  },
);
