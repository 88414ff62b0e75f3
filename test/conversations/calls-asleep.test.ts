import { expect } from '@jest/globals';
import { hears, jingle, jmi, says } from '../support/calls.ts';
import { copy, enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { TestComponent } from '../support/component.ts';
import { conversation, conversationInside } from '../support/conversation.ts';
import { acknowledges, manages } from '../support/stream-management.ts';

/** Calls for devices that nobody looks at, that sleep, or that come when all is over. */

const PUSH = 'urn:xmpp:push:0';
const config = { components: { 'push.example': { secret: 'wherefore' } } };
const MINUTE = 60_000;
const noArchive = { config: { modules: { archive: false } }, absent: ['romeo'] } as const;

async function enablesPush(who: Client, node: string): Promise<void> {
  await who.sends`<iq type='set' id='e'><enable xmlns='${PUSH}' jid='push.example' node='${node}'/></iq>`;
  await who.gets`<iq type='result' id='e'/>`;
}

/** Takes a notification of that place, and answers it; returns its text. */
async function takes(service: TestComponent, node: string): Promise<string> {
  const { attrs } = await service.gets`<iq type='set'>
    <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'/></pubsub></iq>`;
  const { lastText } = service;
  service.sends`<iq type='result' id='${attrs.id}' from='push.example' to='${attrs.from}'/>`;
  return lastText;
}

conversation(
  'nothing of a call waits for a client to be looked at [XEP-0352 5.1, XEP-0353 3.1]',
  { friends: [['juliet', 'romeo']] },
  async ({ juliet, romeo: { laptop, phone } }) => {
    await enableCarbons(phone);
    await phone.sends`<inactive xmlns='urn:xmpp:csi:0'/><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await phone.gets`<iq type='result' id='p'/>`;
    for (const step of ['propose', 'ringing', 'retract']) {
      await juliet.sends`${says(step, phone.bare, { hint: '' })}`;
      for (const device of [laptop, phone]) await device.gets`${hears(step, juliet)}`;
    }
    await laptop.sends`${says('proceed', juliet)}`;
    await juliet.gets`${hears('proceed', laptop)}`;
    await phone.gets`${copy(phone, 'sent', hears('proceed', laptop))}`;
    await juliet.sends`${jingle('session-initiate', phone)}`;
    await phone.gets`${jingle('session-initiate', phone)}`;
  },
);

conversationInside(
  'a call wakes at once who has been told of a message just before, and says that it is one [XEP-0357 4.1, XEP-0353 2]',
  { config, quiet: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enablesPush(romeo, 'n');
    await romeo.leaves();
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Hi</body></message>`;
    expect(await takes(service, 'n')).not.toContain('priority');
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Are you there?</body></message>`;
    await service.getsNothing(juliet);
    // Two seconds have to pass before the second message is told of; not so for a call.
    await juliet.sends`${says('propose', romeo.bare)}`;
    const call = await takes(service, 'n');
    expect(call).toContain('<priority xmlns="tigase:push:priority:0">high</priority>');
    expect(call).toContain('Incoming call');
    await juliet.sends`${says('retract', romeo.bare)}`;
    const end = await takes(service, 'n');
    expect(end).toContain('high</priority>');
    expect(end).not.toContain('last-message-body');
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'a device that is away rings with those that are there, and stops with them [XEP-0353 2, XEP-0353 3.4]',
  { config, quiet: ['romeo.phone'] },
  async ({ juliet, romeo: { laptop, phone, tablet } }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enablesPush(laptop, 'laptop');
    await enablesPush(phone, 'phone');
    await enablesPush(tablet, 'tablet');
    await phone.leaves();
    await tablet.leaves();
    await laptop.forgets();
    await juliet.sends`<message to='${laptop.bare}' type='chat'><body>Hi</body></message>`;
    await laptop.gets`<message><body>Hi</body></message>`;
    await service.getsNothing(juliet);
    await juliet.sends`${says('propose', laptop.bare)}`;
    await laptop.gets`${hears('propose', juliet)}`;
    for (const node of ['phone', 'tablet']) await takes(service, node);
    await laptop.sends`${says('reject', juliet)}`;
    await juliet.gets`${hears('reject', laptop)}`;
    for (const node of ['phone', 'tablet']) await takes(service, node);
    await juliet.sends`${says('finish', laptop)}`;
    await laptop.gets`${hears('finish', juliet)}`;
    await service.getsNothing(juliet, laptop);
  },
);

conversationInside(
  'a session whose client sleeps is woken once for a call [XEP-0357 4.1, XEP-0198 5]',
  { config, quiet: ['romeo'] },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await manages(romeo);
    await enablesPush(romeo, 'n');
    await acknowledges(romeo);
    await romeo.vanishes();
    await juliet.sends`${says('propose', romeo.bare)}`;
    await takes(service, 'n');
    server.clock.advance(10_000);
    await service.getsNothing(juliet);
  },
);

conversationInside(
  'the operator may leave the mark out, and say something else [XEP-0357 9]',
  {
    config: { ...config, modules: { push: { markCalls: false, callText: 'Ring' } } },
    quiet: ['romeo'],
  },
  async ({ juliet, romeo }, server) => {
    const service = await TestComponent.connected(server, 'push.example');
    await enablesPush(romeo, 'n');
    await romeo.leaves();
    await juliet.sends`${says('propose', romeo.bare)}`;
    const call = await takes(service, 'n');
    expect(call).toContain('<value>Ring</value>');
    expect(call).not.toContain('priority');
  },
);

conversationInside(
  'who comes while it rings is called [XEP-0353 2]',
  noArchive,
  async ({ juliet, romeo }, { clock }) => {
    await juliet.sends`${says('propose', romeo.bare)}`;
    await juliet.getsNothing();
    clock.advance(MINUTE);
    await romeo.returns();
    await romeo.gets`${hears('propose', juliet)}`;
  },
);

conversationInside(
  'no call rings when nobody waits for an answer any more [XEP-0353 5]',
  noArchive,
  async ({ juliet, romeo }, { clock }) => {
    await juliet.sends`${says('propose', romeo.bare)}`;
    await juliet.sends`${says('ringing', romeo.bare, { id: 'other', hint: '' })}`;
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Call me</body></message>`;
    await juliet.getsNothing();
    clock.advance(3 * MINUTE);
    await romeo.returns();
    await romeo.gets`<message from='${juliet}'><body>Call me</body></message>`;
    await romeo.leaves();
    await romeo.returns();
    await romeo.getsNothing();
  },
);

conversationInside(
  'a call that was given up comes with its end, so that it is shown as missed [XEP-0353 5, XEP-0482 2.2]',
  noArchive,
  async ({ juliet, romeo }, { clock }) => {
    const invites = 'urn:xmpp:call-invites:0';
    await juliet.sends`${says('propose', romeo.bare)}${says('retract', romeo.bare)}`;
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='i'>
      <invite xmlns='${invites}'><jingle sid='s'/></invite></message>`;
    await juliet.sends`<message to='${romeo.bare}' type='chat'><retract xmlns='${invites}' id='i'/></message>`;
    await juliet.getsNothing();
    await juliet.leaves();
    clock.advance(60 * MINUTE);
    await romeo.returns();
    await romeo.gets`<message><propose xmlns='urn:xmpp:jingle-message:0'/><delay xmlns='urn:xmpp:delay'/></message>
      <message>${jmi('retract')}</message>
      <message id='i'><invite xmlns='${invites}'/></message>
      <message><retract xmlns='${invites}' id='i'/></message>`;
  },
);

conversationInside(
  'nor does one ring elsewhere that a sleeping device has not had in time [XEP-0353 5, XEP-0198 4]',
  { ...noArchive, config: { modules: { archive: false, 'stream-management': { hold: '4m' } } } },
  async ({ juliet, romeo: { laptop, phone } }, { clock }) => {
    await phone.returns({ quietly: true });
    await manages(phone);
    await phone.vanishes();
    await juliet.sends`${says('propose', phone.bare)}`;
    await juliet.sends`<message to='${phone.bare}' type='chat'><body>Call me</body></message>`;
    await juliet.getsNothing();
    clock.advance(3 * MINUTE);
    await laptop.returns();
    await juliet.sends`<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await juliet.gets`<iq type='result' id='p'/>`;
    await laptop.forgets();
    clock.advance(2 * MINUTE);
    await laptop.gets`<presence type='unavailable' from='${phone}'/>`;
    await laptop.gets`<message from='${juliet}'><body>Call me</body></message>`;
  },
);
