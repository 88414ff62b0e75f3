import { expect } from '@jest/globals';
import { blocks } from '../support/blocking.ts';
import { CALL, CALL_INVITES, hears, jingle, says } from '../support/calls.ts';
import type { Client } from '../support/client.ts';
import { TestComponent } from '../support/component.ts';
import { conversation, conversationInside } from '../support/conversation.ts';

/** How often people may be called, and who may open sessions at their devices. */

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const MINUTE = 60_000;
const limits = (calls: object) => ({ modules: { calls } });
const friends = [['juliet', 'romeo']] as const;
const TOO_MANY = `<error type='wait'><resource-constraint xmlns='${STANZAS}'/></error>`;

async function isRefused(who: Client, to: Client): Promise<void> {
  await who.gets`<iq type='error' id='j' from='${to}'><error type='cancel'>
    <service-unavailable xmlns='${STANZAS}'/></error></iq>`;
}

conversationInside(
  'one account calls another so many times a minute, and no more [XEP-0353 6]',
  { config: limits({ perMinuteAndContact: 2 }), friends },
  async ({ juliet, romeo, nurse }, { clock, server }) => {
    for (const id of ['a', 'b']) {
      await romeo.sends`${says('propose', juliet.bare, { id })}`;
      await juliet.gets`${hears('propose', romeo, id)}`;
    }
    await romeo.sends`${says('propose', juliet.bare, { id: 'c' })}`;
    await romeo.gets`<message type='error' from='${juliet.bare}'>${TOO_MANY}</message>`;
    // What ends a call is no call, and others are not counted with it.
    await romeo.sends`${says('retract', juliet.bare, { id: 'b' })}`;
    await juliet.gets`${hears('retract', romeo, 'b')}`;
    await nurse.sends`${says('propose', juliet.bare)}`;
    await juliet.gets`${hears('propose', nurse)}`;
    clock.advance(MINUTE);
    await romeo.sends`${says('propose', juliet.bare, { id: 'd' })}`;
    await juliet.gets`${hears('propose', romeo, 'd')}`;
    const [host] = [...server.hosts].map((each) => each.host);
    expect(host!.traffic.calls).toEqual({ proposed: 5, refused: 1 });
  },
);

conversation(
  'nor does one account call very many [XEP-0353 6]',
  { config: limits({ perMinute: 1 }) },
  async ({ juliet, romeo, nurse }) => {
    await romeo.sends`${says('propose', juliet.bare)}`;
    await juliet.gets`${hears('propose', romeo)}`;
    const invite = `<invite xmlns='${CALL_INVITES}'><jingle sid='s'/></invite>`;
    await romeo.sends`<message to='${nurse.bare}' type='chat' id='i'>${invite}</message>`;
    await romeo.gets`<message type='error' id='i'>${TOO_MANY}</message>`;
  },
);

conversation(
  'nor do many sessions come at once [XEP-0166 12.2]',
  { config: limits({ perMinuteAndContact: 1 }), friends },
  async ({ juliet, romeo }) => {
    await romeo.sends`${jingle('session-initiate', juliet, { id: '1' })}`;
    await juliet.gets`${jingle('session-initiate', juliet, { id: '1' })}`;
    await romeo.sends`${jingle('session-initiate', juliet, { id: '2', sid: 'other' })}`;
    await romeo.gets`<iq type='error' id='2'>${TOO_MANY}</iq>`;
    await romeo.sends`${jingle('transport-info', juliet, { id: '3' })}`;
    await juliet.gets`${jingle('transport-info', juliet, { id: '3' })}`;
  },
);

conversationInside(
  'strangers share what is left, however many names they have [XEP-0353 6]',
  {
    config: {
      ...limits({ perMinute: 2 }),
      components: { 'gate.example': { secret: 'wherefore' } },
    },
    friends,
  },
  async ({ juliet, romeo }, server) => {
    await juliet.exists();
    const gate = await TestComponent.connected(server, 'gate.example');
    const calls = (name: string) => {
      gate.sends`<message from='${name}@gate.example' to='${juliet.bare}' type='chat' id='${name}'>
        <propose xmlns='urn:xmpp:jingle-message:0' id='${name}'/></message>`;
    };
    for (const name of ['a', 'b']) {
      calls(name);
      await juliet.gets`${hears('propose', `${name}@gate.example`, name)}`;
    }
    calls('c');
    await gate.gets`<message type='error' id='c'>${TOO_MANY}</message>`;
    await romeo.sends`${says('propose', juliet.bare)}`;
    await juliet.gets`${hears('propose', romeo)}`;
  },
);

conversation(
  'who is blocked does not make anything ring [XEP-0191 3.3, XEP-0353 6]',
  { friends },
  async ({ juliet, romeo }) => {
    await blocks(juliet, romeo.bare);
    await romeo.forgets();
    await romeo.sends`${says('propose', juliet.bare)}`;
    await romeo.gets`<message type='error'><error type='cancel'>
      <service-unavailable xmlns='${STANZAS}'/></error></message>`;
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await isRefused(romeo, juliet);
  },
);

conversation(
  'no stranger opens a session that was not agreed to [XEP-0166 6.3.2]',
  async ({ juliet, romeo }) => {
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await isRefused(romeo, juliet);
    await romeo.sends`${says('propose', juliet.bare)}`;
    await juliet.gets`${hears('propose', romeo)}`;
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await isRefused(romeo, juliet);
    await juliet.sends`${says('proceed', romeo)}`;
    await romeo.gets`${hears('proceed', juliet)}`;
    await romeo.sends`${jingle('session-initiate', juliet, { sid: 'another' })}`;
    await isRefused(romeo, juliet);
    await romeo.sends`${jingle('session-initiate', juliet, { sid: CALL })}`;
    await juliet.gets`${jingle('session-initiate', juliet)}`;
  },
);

conversation(
  'the one who has been invited agrees to the session that is named [XEP-0482 2.3]',
  async ({ juliet, romeo }) => {
    await juliet.sends`<message to='${romeo}' type='chat'>
      <accept xmlns='${CALL_INVITES}' id='i'><jingle sid='s' jid='mixer@elsewhere.example/x'/></accept></message>`;
    await romeo.gets`<message><accept xmlns='${CALL_INVITES}'/></message>`;
    await romeo.sends`${jingle('session-initiate', juliet, { sid: 's' })}`;
    await juliet.gets`${jingle('session-initiate', juliet, { sid: 's' })}`;
  },
);

conversation(
  'nor is a stranger whom one has shown oneself to [XEP-0353 3.4]',
  async ({ juliet, romeo }) => {
    await juliet.sends`<presence to='${romeo}'/>`;
    await romeo.gets`<presence from='${juliet}'/>`;
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await juliet.gets`${jingle('session-initiate', juliet)}`;
    await juliet.sends`<presence to='${romeo}' type='unavailable'/>`;
    await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await isRefused(romeo, juliet);
  },
);

conversation(
  'strangers may, where the operator lets them [XEP-0166 6.3.2]',
  { config: limits({ strangers: true }) },
  async ({ juliet, romeo }) => {
    await romeo.sends`${jingle('session-initiate', juliet)}`;
    await juliet.gets`${jingle('session-initiate', juliet)}`;
  },
);

conversation(
  'one’s own devices need nobody’s leave [XEP-0166 6.2]',
  async ({ juliet: { laptop, phone } }) => {
    await laptop.sends`${jingle('session-initiate', phone)}`;
    await phone.gets`${jingle('session-initiate', phone)}`;
  },
);
