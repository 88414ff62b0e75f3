import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { TestComponent } from '../support/component.ts';
import { conversation, conversationInside } from '../support/conversation.ts';
import type { TestServer } from '../support/server.ts';

/** Whoever reaches the port of components may be anybody, until the secret is shown. */

const SECRET = { secret: 'wherefore' };
const config = { components: { 'echo.localhost': SECRET, 'other.example': SECRET } };

/** Says something behind the header, and hears how the stream ends. */
async function hears(server: TestServer, text: string, condition: string): Promise<void> {
  const attacker = new TestComponent(server);
  await attacker.opensStream();
  attacker.writes(text);
  await answersLateFailures(server);
  await attacker.getsStreamError(condition);
}

/** After many failures the answer takes a while. */
async function answersLateFailures(server: TestServer): Promise<void> {
  await server.idle();
  server.clock.advance(5_000);
}

conversationInside(
  'without the secret nobody is let in [XEP-0114 3]',
  { config },
  async (_, server) => {
    for (const secret of ['', 'Wherefore', 'wherefore ']) {
      const attacker = new TestComponent(server);
      await attacker.opensStream();
      attacker.shakesHands(secret);
      await attacker.getsStreamError('not-authorized');
    }
  },
);

conversationInside(
  'a handshake is text in hexadecimal, and nothing else',
  { config },
  async (_, server) => {
    const long = 'a'.repeat(5_000);
    for (const content of ['', 'é'.repeat(20), long, '<a/>']) {
      await hears(server, `<handshake>${content}</handshake>`, 'not-authorized');
    }
    const shouting = new TestComponent(server);
    await shouting.opensStream();
    const hash = createHash('sha1').update(`${shouting.header?.attrs.id}wherefore`).digest('hex');
    shouting.writes(`<handshake>${hash.toUpperCase()}</handshake>`);
    await answersLateFailures(server);
    await shouting.getsStreamError('not-authorized');
  },
);

conversationInside('an old handshake is worth nothing', { config }, async (_, server) => {
  const first = new TestComponent(server);
  await first.opensStream();
  const hash = createHash('sha1').update(`${first.header?.attrs.id}wherefore`).digest('hex');
  first.writes(`<handshake>${hash}</handshake>`);
  await first.gets`<handshake/>`;
  await hears(server, `<handshake>${hash}</handshake>`, 'not-authorized');
});

conversationInside(
  'before the handshake nothing else is heard',
  { config },
  async ({ juliet }, server) => {
    await juliet.exists();
    const stanza = `<message from='echo.localhost' to='${juliet.bare}'><body>Hi</body></message>`;
    await hears(server, stanza, 'not-authorized');
    await hears(server, "<handshake xmlns='jabber:client'/>", 'not-authorized');
    await hears(server, `<handshake>wrong</handshake>${stanza}`, 'not-authorized');
  },
);

conversationInside('domains that are no component’s are refused', { config }, async (_, server) => {
  for (const to of ['elsewhere.example', 'localhost', 'deep.echo.localhost']) {
    const attacker = new TestComponent(server, to);
    await attacker.opensStream();
    await attacker.getsStreamError('host-unknown');
  }
  for (const to of ['', " to='a@echo.localhost'", " to='@'"]) {
    const attacker = new TestComponent(server);
    await attacker.opensStream(to);
    await attacker.getsStreamError('improper-addressing');
  }
});

conversationInside(
  'streams of other kinds are refused [XEP-0114 3]',
  { config },
  async (_, server) => {
    const attacker = new TestComponent(server);
    attacker.writes(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='echo.localhost'>",
    );
    await attacker.getsStreamError('invalid-namespace');
  },
);

conversation('a client cannot be what a component is', { config }, async ({ stranger }) => {
  await stranger.connects();
  await stranger.sends`<stream:stream xmlns='jabber:client' version='1.0' to='echo.localhost'
    xmlns:stream='http://etherx.jabber.org/streams'>`;
  await stranger.gets`<stream:error xmlns:stream='http://etherx.jabber.org/streams'>
    <host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`;
  await stranger.getsEnd();
});

const FORGED: readonly (readonly [attributes: string, condition: string])[] = [
  ["from='juliet@localhost' to='juliet@localhost'", 'invalid-from'],
  ["from='localhost' to='juliet@localhost'", 'invalid-from'],
  ["from='other.example' to='juliet@localhost'", 'invalid-from'],
  ["from='deep.echo.localhost' to='juliet@localhost'", 'invalid-from'],
  ["from='@echo.localhost' to='juliet@localhost'", 'invalid-from'],
  ["to='juliet@localhost'", 'improper-addressing'],
  ["from='echo.localhost'", 'improper-addressing'],
];

for (const [attributes, condition] of FORGED) {
  conversationInside(
    `a stanza with ${attributes} ends the stream [RFC6120 4.9.3]`,
    { config },
    async ({ juliet }, server) => {
      await juliet.exists();
      const component = await TestComponent.connected(server);
      component.sends`<message ${attributes}><body>Hi</body></message>`;
      await component.getsStreamError(condition);
      await juliet.getsNothing();
    },
  );
}

conversationInside(
  'what is no stanza ends the stream [RFC6120 4.9.3.24]',
  { config },
  async (_, server) => {
    for (const text of [
      '<handshake/>',
      '<log from="echo.localhost" to="localhost"/>',
      "<message xmlns='jabber:client' from='echo.localhost' to='localhost'/>",
    ]) {
      const component = await TestComponent.connected(server);
      component.writes(text);
      await component.getsStreamError('unsupported-stanza-type');
    }
  },
);

conversationInside('the handshake has its time [RFC6120 13.12]', { config }, async (_, server) => {
  const slow = new TestComponent(server);
  await slow.opensStream();
  server.clock.advance(59_000);
  slow.writes(' ');
  server.clock.advance(2_000);
  await slow.getsStreamError('connection-timeout');
  const silent = new TestComponent(server);
  server.clock.advance(61_000);
  await silent.getsStreamError('connection-timeout');
});

conversationInside('before the handshake little is read', { config }, async (_, server) => {
  await hears(server, `<handshake>${'a'.repeat(20_000)}</handshake>`, 'policy-violation');
});

conversationInside(
  'many wrong secrets are answered late, and the right one is not',
  { config },
  async (_, server) => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const attacker = new TestComponent(server);
      await attacker.opensStream();
      attacker.shakesHands('wrong');
      server.clock.advance(0);
    }
    const late = new TestComponent(server);
    await late.opensStream();
    late.shakesHands('wrong');
    await server.idle();
    expect(late.hasEnded).toBe(false);
    const right = await TestComponent.connected(server);
    await right.getsNothing();
    server.clock.advance(10_000);
    await late.getsStreamError('not-authorized');
  },
);

conversationInside(
  'a component learns no more of accounts than others do',
  { config },
  async ({ juliet }, server) => {
    await juliet.exists();
    const component = await TestComponent.connected(server);
    const ask = (to: string) =>
      component.sends`<iq type='get' from='echo.localhost' to='${to}' id='i'>
        <query xmlns='http://jabber.org/protocol/disco#info'/></iq>`;
    const answers: string[] = [];
    for (const to of [juliet.bare, 'nobody@localhost']) {
      ask(to);
      await component.gets`<iq type='error' id='i' from='${to}'/>`;
      answers.push(component.lastText.replaceAll(to, ''));
    }
    expect(answers[0]).toBe(answers[1]);
    component.sends`<iq type='get' from='echo.localhost' to='${juliet.bare}' id='r'>
      <query xmlns='jabber:iq:roster'/></iq>`;
    await component.gets`<iq type='error' id='r'/>`;
    await juliet.getsNothing();
  },
);

conversationInside(
  'answers of a component to what it was not asked reach nobody else’s requests',
  { config },
  async ({ juliet }, server) => {
    const other = await TestComponent.connected(server, 'other.example');
    const echo = await TestComponent.connected(server);
    await juliet.sends`<iq type='get' id='q' to='echo.localhost'><x xmlns='urn:example'/></iq>`;
    await echo.gets`<iq type='get' id='q'/>`;
    other.sends`<iq type='result' id='q' from='echo.localhost' to='${juliet}'/>`;
    await other.getsStreamError('invalid-from');
    await juliet.getsNothing();
  },
);
