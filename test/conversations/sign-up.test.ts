import { on, once } from 'node:events';
import { describe, expect } from '@jest/globals';
import { WebSocket } from 'ws';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';
import {
  arrives,
  comesIn,
  credentials,
  FORM,
  getsError,
  getsResult,
  isLetIn,
  REGISTER,
  sets,
  submission,
} from '../support/registration.ts';

const FEATURE = 'http://jabber.org/features/iq-register';

const OPEN = { config: { modules: { registration: { signUp: true } } } };

const CLOSED = { config: { modules: { registration: { signUp: false } } } };

describe('signing up', () => {
  conversation('is not offered where it is off [XEP-0077 3.1]', CLOSED, async (people) => {
    const { stranger, juliet } = people;
    await stranger.connects();
    await stranger.opensStream();
    await stranger.gets`<stream:features/>`;
    expect(stranger.lastText).not.toContain(FEATURE);
    await stranger.sends`<iq type='get' id='r'><query xmlns='${REGISTER}'/></iq>`;
    await getsError(stranger, 'service-unavailable', 'cancel');
    await sets(stranger, credentials('bill', 'Calliope'));
    await getsError(stranger, 'service-unavailable', 'cancel');
    await stranger.vanishes();
    expect(await isLetIn(stranger, 'bill', 'Calliope')).toBe(false);
    await juliet.getsNothing();
  });

  conversation(
    'is by default for who sits at the machine of localhost [XEP-0077 7]',
    async ({ stranger, juliet }) => {
      await stranger.connects();
      await stranger.opensStream();
      await stranger.gets`<stream:features><register xmlns='${FEATURE}'/></stream:features>`;
      await sets(stranger, credentials('bill', 'Calliope'));
      await getsResult(stranger);
      await stranger.vanishes();
      expect(await isLetIn(stranger, 'bill', 'Calliope')).toBe(true);
      await juliet.getsNothing();
    },
  );

  conversationInside(
    'is not for who comes from another machine, be it with TLS [XEP-0077 7]',
    { from: '192.0.2.7' },
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      expect(stranger.lastText).not.toContain(FEATURE);
      await sets(stranger, credentials('bill', 'Calliope'));
      await getsError(stranger, 'service-unavailable', 'cancel');
    },
  );

  conversationInside(
    'is for the page of the server, and for none from elsewhere that a browser here shows [XEP-0077 7]',
    { http: true },
    async (_, server) => {
      const url = server.webUrl!;
      expect(await featuresFor(url, url)).toContain(FEATURE);
      const features = await featuresFor(url, 'https://elsewhere.example');
      expect(features).toContain('urn:xmpp:sasl:2');
      expect(features).not.toContain(FEATURE);
    },
  );

  conversation(
    'is a feature of the stream where the operator wants it [XEP-0077 7]',
    OPEN,
    async ({ stranger, juliet }, server) => {
      await stranger.connects();
      await stranger.opensStream();
      await stranger.gets`<stream:features><register xmlns='${FEATURE}'/></stream:features>`;
      await stranger.sends`<iq type='get' id='r' to='${server}'><query xmlns='${REGISTER}'/></iq>`;
      await stranger.gets`
        <iq type='result' id='r'>
          <query xmlns='${REGISTER}'>
            <instructions/><username>${nothing}</username><password>${nothing}</password>
            <x xmlns='${FORM}' type='form'>
              <title/><instructions/>
              <field type='hidden' var='FORM_TYPE'><value>${REGISTER}</value></field>
              <field type='text-single' var='username'><required/></field>
              <field type='text-private' var='password'><required/></field>
            </x>
          </query>
        </iq>`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'makes an account, and one signs in to it on the same stream [XEP-0077 3.1, 3.1.1]',
    OPEN,
    async ({ stranger, juliet }, server) => {
      await arrives(stranger);
      await sets(stranger, credentials('Bill', 'Calliope'), server.domain);
      await getsResult(stranger);
      await comesIn(stranger, 'bill', 'Calliope');
      await juliet.sends`<message to='bill@localhost/new'><body>Welcome</body></message>`;
      await stranger.gets`<message from='${juliet}'><body>Welcome</body></message>`;
    },
  );

  conversation(
    'may be done with a form [XEP-0077 4, XEP-0004 3.2]',
    OPEN,
    async ({ stranger, juliet }) => {
      await arrives(stranger);
      await sets(stranger, submission('bill', 'Calliope'));
      await getsResult(stranger);
      await comesIn(stranger, 'bill', 'Calliope');
      await juliet.getsNothing();
    },
  );

  conversation(
    'gives nobody a name that is taken, or two names [XEP-0077 3.1, 3.1.1]',
    OPEN,
    async ({ stranger, juliet }) => {
      await arrives(stranger);
      await sets(stranger, credentials('juliet', 'mine now'));
      await getsError(stranger, 'conflict', 'cancel');
      await sets(stranger, credentials('bill', 'Calliope'));
      await getsResult(stranger);
      await sets(stranger, credentials('will', 'Calliope'));
      await getsError(stranger, 'not-acceptable', 'modify');
      await stranger.vanishes();
      expect(await isLetIn(stranger, 'juliet', 'mine now')).toBe(false);
      expect(await isLetIn(stranger, 'will', 'Calliope')).toBe(false);
      await juliet.getsNothing();
    },
  );

  conversation(
    'needs both name and password [XEP-0077 3.1]',
    OPEN,
    async ({ stranger, juliet }) => {
      await arrives(stranger);
      for (const query of [
        `<query xmlns='${REGISTER}'><username>bill</username></query>`,
        credentials('bill', ''),
        credentials('', 'Calliope'),
        submission('bill', ''),
      ]) {
        await sets(stranger, query);
        await getsError(stranger, 'not-acceptable', 'modify');
      }
      await sets(stranger, `<query xmlns='${REGISTER}'><remove/></query>`);
      await getsError(stranger, 'unexpected-request', 'wait');
      await juliet.getsNothing();
    },
  );

  conversation(
    'needs TLS where signing in needs it [XEP-0077 11]',
    { config: { signIn: { allowPlainOnLoopback: false }, ...OPEN.config } },
    async ({ stranger }, server) => {
      if (server.startsSecure) return;
      await stranger.connects();
      await stranger.opensStream();
      await stranger.gets`<stream:features/>`;
      expect(stranger.lastText).not.toContain(FEATURE);
      await sets(stranger, credentials('bill', 'Calliope'));
      await getsError(stranger, 'not-authorized', 'auth');
    },
  );

  conversation(
    'happens elsewhere where the operator says so [XEP-0077 5]',
    { config: { modules: { registration: { signUpPage: 'https://example.org/sign-up' } } } },
    async ({ stranger }) => {
      await stranger.connects();
      await stranger.opensStream();
      await stranger.gets`<stream:features><register xmlns='${FEATURE}'/></stream:features>`;
      await stranger.sends`<iq type='get' id='r'><query xmlns='${REGISTER}'/></iq>`;
      await stranger.gets`
        <iq type='result' id='r'>
          <query xmlns='${REGISTER}'>
            <instructions>To sign up, visit https://example.org/sign-up</instructions>
            <x xmlns='jabber:x:oob'><url>https://example.org/sign-up</url></x>
          </query>
        </iq>`;
      expect(stranger.lastText).not.toContain('<username');
      await sets(stranger, credentials('bill', 'Calliope'));
      await getsError(stranger, 'service-unavailable', 'cancel');
    },
  );

  conversationInside(
    'is possible for so many in some time [XEP-0077 3.1.1]',
    {
      config: {
        modules: { registration: { signUp: true, signUpsInAll: 2, signUpInterval: '10m' } },
      },
    },
    async ({ stranger }, server) => {
      for (const name of ['bill', 'will']) {
        await arrives(stranger);
        await sets(stranger, credentials(name, 'Calliope'));
        await getsResult(stranger);
        await stranger.vanishes();
      }
      await arrives(stranger);
      await sets(stranger, credentials('willy', 'Calliope'));
      await getsError(stranger, 'resource-constraint', 'wait');
      await stranger.vanishes();
      server.clock.advance(600_000);
      await arrives(stranger);
      await sets(stranger, credentials('willy', 'Calliope'));
      await getsResult(stranger);
    },
  );
});

/** What a stream offers to a page of that origin. */
async function featuresFor(url: string, origin: string): Promise<string> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/xmpp-websocket`, 'xmpp', { origin });
  await once(socket, 'open');
  const messages = on(socket, 'message');
  const framing = 'urn:ietf:params:xml:ns:xmpp-framing';
  socket.send(`<open xmlns='${framing}' to='localhost' version='1.0'/>`);
  for await (const [message] of messages) {
    if (!String(message).startsWith('<stream:features')) continue;
    socket.terminate();
    return String(message);
  }
  throw new Error('no features');
}
