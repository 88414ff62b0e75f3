import { afterAll, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import { userCommands } from '../../src/server/admin/users.ts';
import { deriveScramKeys } from '../../src/stream/sasl/scram-keys.ts';
import { AccountSite } from '../support/account-site.ts';
import { type Client, PASSWORD } from '../support/client.ts';
import { anything, conversationInside as conversation } from '../support/conversation.ts';
import {
  binds,
  credentials,
  getsError,
  getsResult,
  isLetIn,
  provesItself,
  sets,
} from '../support/registration.ts';
import type { TestServer } from '../support/server.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

let site: AccountSite;
beforeAll(async () => {
  site = await AccountSite.open();
});
afterAll(() => site.close());
beforeEach(() => {
  site.mood = undefined;
  site.onQuestion = () => {};
  site.questions.length = 0;
  site.passwords.clear();
  site.keys.clear();
});

/** Everybody's account is at the site. */
const createAccount = (username: string, password: string) => {
  site.passwords.set(username, password);
};
/** A server that asks the site, which is there only once the tests run. */
const asking = (more: object = {}) => ({
  createAccount,
  config: {
    get accounts() {
      return site.config(more);
    },
  },
});
const away = { ...asking(), absent: ['juliet'] as const };
const asked = (what: string) => site.questions.filter(({ ask }) => ask === what);
const owner = (client: Client) => client.bare;

/** One attempt with PLAIN; what the server answers. */
async function tries(client: Client, password: string, authcid = client.username): Promise<string> {
  await client.connectsSecurely();
  const initial = Buffer.from(`\0${authcid}\0${password}`).toString('base64');
  await client.sends`<auth xmlns='${SASL}' mechanism='PLAIN'>${initial}</auth>`;
  const answer = await client.getsEither`<success xmlns='${SASL}'/><failure xmlns='${SASL}'/>`;
  const child = answer.getChildElements()[0]?.getName();
  await client.vanishes();
  return child ?? answer.getName();
}

const recordOf = (server: TestServer, client: Client) => server.storage.users.find(owner(client));

describe('accounts that a web site keeps', () => {
  conversation('sign in, and exchange stanzas like any', asking(), async (people, server) => {
    const { juliet, romeo } = people;
    await juliet.sends`<message to='${romeo}' type='chat'><body>Wherefore</body></message>`;
    await romeo.gets`<message from='${juliet}'><body>Wherefore</body></message>`;
    expect(asked('verify')).toContainEqual({
      ask: 'verify',
      user: 'juliet',
      domain: 'localhost',
      password: PASSWORD,
    });
    expect(await recordOf(server, juliet)).toMatchObject({ source: 'http', isDisabled: false });
    expect(await server.storage.users.keys(owner(juliet))).toEqual([]);
  });

  conversation('keep what they have here, from one time to the next', asking(), async (people) => {
    const { juliet, romeo } = people;
    await juliet.sends`<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='${romeo.bare}' name='R'/></query></iq>`;
    await juliet.gets`<iq type='result' id='1'/>`;
    await juliet.leaves();
    await juliet.returns({ quietly: true });
    await juliet.sends`<iq type='get' id='2'><query xmlns='jabber:iq:roster'/></iq>`;
    await juliet.gets`<iq type='result' id='2'><query xmlns='jabber:iq:roster'><item jid='${romeo.bare}' name='R'/></query></iq>`;
  });

  conversation(
    'are offered PLAIN alone where the site gives out no keys',
    away,
    async ({ juliet }) => {
      await juliet.connectsSecurely();
      expect(mechanismsIn(juliet.features)).toEqual(['PLAIN']);
    },
  );

  conversation('are refused for a wrong password, or no account', away, async ({ juliet }) => {
    await juliet.exists();
    expect(await tries(juliet, 'wrong')).toBe('not-authorized');
    expect(await tries(juliet, PASSWORD, 'nobody')).toBe('not-authorized');
    expect(await tries(juliet, PASSWORD)).toBe('success');
  });

  conversation(
    'are asked for by their prepared name [RFC7622 3.3]',
    away,
    async ({ juliet }, server) => {
      await juliet.exists();
      expect(await tries(juliet, PASSWORD, 'JULIET')).toBe('success');
      expect(asked('verify').map(({ user }) => user)).toEqual(['juliet']);
      // Nothing is made of somebody who has not asked for a session.
      expect(await recordOf(server, juliet)).toBeNull();
    },
  );
});

describe('a site with SCRAM keys', () => {
  const { createAccount: _, ...rest } = asking({ scramKeys: true });
  const withKeys = { ...rest, absent: ['juliet'] as const };

  conversation(
    'is offered with SCRAM, and the password stays with the client [RFC5802 3]',
    { ...withKeys, createAccount },
    async ({ juliet }, server) => {
      await juliet.exists();
      site.keys.set('juliet', [await deriveScramKeys(PASSWORD, 'SHA-1', 4_096)]);
      await juliet.connectsSecurely();
      expect(mechanismsIn(juliet.features)).toEqual(
        expect.arrayContaining(['SCRAM-SHA-1', 'PLAIN']),
      );
      await provesItself(juliet, 'juliet', PASSWORD);
      await binds(juliet, 'juliet');
      expect(asked('verify')).toEqual([]);
      expect(await recordOf(server, juliet)).toMatchObject({ source: 'http' });
    },
  );
});

describe('what comes for an account to which nobody has signed in', () => {
  conversation(
    'waits for it where the site knows it [RFC6121 8.5.2.2.1]',
    away,
    async ({ juliet, romeo }) => {
      await romeo.sends`<message to='${juliet.bare}' type='chat'><body>Soon</body></message>`;
      await romeo.getsNothing();
      expect(asked('exists').map(({ user }) => user)).toEqual(['juliet']);
      await juliet.signsIn();
      await juliet.gets`<message from='${romeo}'><body>Soon</body></message>`;
    },
  );

  conversation(
    'is refused where it does not, and the site is not asked again soon [RFC6121 8.5.1]',
    asking(),
    async ({ romeo }, server) => {
      const sends = async () => {
        await romeo.sends`<message to='nobody@${server}' type='chat' id='1'><body>Hm</body></message>`;
        await romeo.gets`<message type='error' id='1'><error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error></message>`;
      };
      await sends();
      await sends();
      expect(asked('exists')).toHaveLength(1);
      server.clock.advance(60_001);
      site.passwords.set('nobody', 'anything');
      await romeo.sends`<message to='nobody@${server}' type='chat' id='1'><body>Hm</body></message>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'is refused as if there were none while the site is down [RFC6121 8.5.1]',
    away,
    async ({ juliet, romeo }, server) => {
      await romeo.getsNothing();
      site.mood = (response) => void response.writeHead(500).end();
      await romeo.sends`<message to='${juliet.bare}' type='chat' id='1'><body>Hm</body></message>`;
      await romeo.gets`<message type='error' id='1'><error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error></message>`;
      expect(await recordOf(server, juliet)).toBeNull();
    },
  );

  conversation('is not looked for on account of a request', away, async ({ juliet, romeo }) => {
    await romeo.sends`<iq type='get' id='p' to='${juliet.bare}'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await romeo.gets`<iq type='error' id='p'/>`;
    await romeo.sends`<presence to='${juliet.bare}'/>`;
    await romeo.getsNothing();
    expect(asked('exists')).toEqual([]);
  });
});

describe('a site that fails', () => {
  const FAILURES: [string, (typeof site)['mood']][] = [
    ['an error', (response) => void response.writeHead(500).end()],
    ['a redirect', (response) => void response.writeHead(302, { location: '/else' }).end()],
    ['no JSON', (response) => void response.end('true')],
    ['another thing', (response) => void response.end('{"result":"yes"}')],
    ['too much', (response) => void response.end(`{"result":true,"x":"${'x'.repeat(20_000)}"}`)],
    ['the end', (response) => void response.destroy()],
  ];

  for (const [what, mood] of FAILURES) {
    conversation(
      `with ${what} lets nobody in, and says so [RFC6120 6.5.11]`,
      away,
      async ({ juliet }) => {
        await juliet.exists();
        site.mood = mood;
        expect(await tries(juliet, PASSWORD)).toBe('temporary-auth-failure');
        site.mood = undefined;
        expect(await tries(juliet, PASSWORD)).toBe('success');
      },
    );
  }

  conversation('by its silence does so in time [RFC6120 6.5.11]', away, async (people, server) => {
    const { juliet } = people;
    await juliet.exists();
    site.mood = null;
    site.onQuestion = () => server.clock.advance(5_000);
    expect(await tries(juliet, PASSWORD)).toBe('temporary-auth-failure');
  });

  conversation('again and again is left alone for a while', away, async ({ juliet }, server) => {
    await juliet.exists();
    site.mood = (response) => void response.writeHead(503).end();
    for (let turn = 0; turn < 7; turn++) {
      expect(await tries(juliet, PASSWORD)).toBe('temporary-auth-failure');
    }
    expect(asked('verify')).toHaveLength(5);
    site.mood = undefined;
    server.clock.advance(5_001);
    expect(await tries(juliet, PASSWORD)).toBe('success');
  });
});

const unreachable = {
  absent: ['juliet'] as const,
  createAccount,
  config: { accounts: { source: 'ldap', ldap: { url: 'ldap://127.0.0.1:1', base: 'dc=example' } } },
};
conversation(
  'a directory that is not there lets nobody in, and says so [RFC6120 6.5.11]',
  unreachable,
  async ({ juliet }) => {
    await juliet.exists();
    expect(await tries(juliet, PASSWORD)).toBe('temporary-auth-failure');
  },
);

describe('users of a site', () => {
  conversation(
    'cannot change their password or delete their account from here [XEP-0077 3.2, 3.3]',
    asking(),
    async ({ juliet }) => {
      await sets(juliet, credentials('juliet', 'another-one'));
      await getsError(juliet, 'not-allowed', 'cancel');
      await sets(juliet, "<query xmlns='jabber:iq:register'><remove/></query>");
      await getsError(juliet, 'not-allowed', 'cancel');
    },
  );

  conversation(
    'change their password where it takes changes [XEP-0077 3.3]',
    asking({ changePassword: true }),
    async ({ juliet }) => {
      await sets(juliet, credentials('juliet', 'another-one'));
      await getsResult(juliet);
      await sets(juliet, credentials('juliet', 'short'));
      await getsError(juliet, 'not-acceptable', 'modify');
      site.mood = (response) => void response.writeHead(500).end();
      await sets(juliet, credentials('juliet', 'another-two'));
      await getsError(juliet, 'resource-constraint', 'wait');
      site.mood = undefined;
      await juliet.leaves();
      expect(await tries(juliet, PASSWORD)).toBe('not-authorized');
      expect(await isLetIn(juliet, 'juliet', 'another-one')).toBe(true);
    },
  );

  conversation(
    'do not sign up here [XEP-0077 3.1.1]',
    {
      ...away,
      config: {
        get accounts() {
          return site.config();
        },
        modules: { registration: { signUp: true } },
      },
    },
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      expect(stranger.features).not.toContain('iq-register');
      await sets(stranger, credentials('tybalt', 'a-new-password'));
      await stranger.gets`<iq type='error' id='r'><error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error></iq>`;
    },
  );
});

describe('an operator', () => {
  conversation('keeps a user of a site out', asking(), async ({ juliet }, server) => {
    const { keeper } = server.server.find('localhost')!;
    await juliet.getsNothing();
    await keeper.setDisabled('juliet', true);
    await juliet.gets`<stream:error>${anything}</stream:error>`;
    await juliet.getsEnd();
    expect(await tries(juliet, PASSWORD)).toBe('not-authorized');
    await keeper.setDisabled('juliet', false);
    expect(await tries(juliet, PASSWORD)).toBe('success');
  });

  conversation('sees who is from elsewhere, and makes nobody', away, async (people, server) => {
    const { juliet } = people;
    await juliet.exists();
    const admin = new AdminDispatcher(userCommands(server.server, server.storage), () => {});
    const jid = juliet.bare;
    const refused = { error: { code: 'kept-elsewhere' } };
    expect(await admin.run('user.add', { jid, password: PASSWORD })).toMatchObject(refused);
    expect(await admin.run('user.passwd', { jid, password: PASSWORD })).toMatchObject(refused);
    // Out before the first sign-in.
    await admin.run('user.disable', { jid });
    expect(await tries(juliet, PASSWORD)).toBe('not-authorized');
    expect(await admin.run('user.list', {})).toMatchObject({
      result: { users: [{ jid, isDisabled: true, source: 'http' }] },
    });
  });

  conversation(
    'deletes what a user has here, whose name is then nobody’s for a while',
    asking(),
    async ({ juliet, romeo }, server) => {
      const { keeper } = server.server.find('localhost')!;
      await juliet.getsNothing();
      await keeper.remove('juliet');
      await juliet.gets`<stream:error>${anything}</stream:error>`;
      await juliet.getsEnd();
      expect(await tries(juliet, PASSWORD)).toBe('not-authorized');
      await romeo.sends`<message to='${juliet.bare}' type='chat' id='1'><body>Hm</body></message>`;
      await romeo.gets`<message type='error' id='1'/>`;
      // Not for ever: the operator gives it back.
      await keeper.setDisabled('juliet', false);
      expect(await tries(juliet, PASSWORD)).toBe('success');
    },
  );
});

/** Those of SASL and SASL2, each once; but for tokens, which are the same everywhere. */
function mechanismsIn(features: string): (string | undefined)[] {
  const forPasswords = features.replace(/<fast .*<\/fast>/, '');
  const names = [...forPasswords.matchAll(/<mechanism>([^<]*)/g)].map(([, name]) => name);
  return [...new Set(names)];
}
