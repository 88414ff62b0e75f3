import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { anything, conversationInside as conversation } from '../support/conversation.ts';
import { binds, isLetIn } from '../support/registration.ts';
import { TokenIssuer } from '../support/token-issuer.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await TokenIssuer.open();
});
afterAll(() => issuer.close());
beforeEach(() => {
  issuer.mood = undefined;
  issuer.onFetch = () => {};
  issuer.fetches = 0;
});

/** A server that takes the issuer's tokens, which is there only once the tests run. */
const taking = (more: object = {}) => ({
  config: {
    get accounts() {
      return issuer.config(more);
    },
  },
});

const encode = (text: string) => Buffer.from(text).toString('base64');
const now = () => Math.floor(Date.now() / 1000);

/** Shows a token, by itself or in a message of its own making. */
async function shows(client: Client, token: string, message?: string): Promise<void> {
  const first = message ?? `n,,\x01host=localhost\x01port=5222\x01auth=Bearer ${token}\x01\x01`;
  await client.connectsSecurely();
  await client.sends`<auth xmlns='${SASL}' mechanism='OAUTHBEARER'>${encode(first)}</auth>`;
}

/** What the server says is wrong; the exchange is over then (RFC 7628 §3.2.3). */
async function getsRefusal(client: Client): Promise<unknown> {
  const challenge = await client.gets`<challenge xmlns='${SASL}'>${anything}</challenge>`;
  await client.sends`<response xmlns='${SASL}'>${encode('\x01')}</response>`;
  await client.gets`<failure xmlns='${SASL}'><not-authorized/></failure>`;
  return JSON.parse(Buffer.from(challenge.getText(), 'base64').toString());
}

async function isTaken(client: Client, token: string): Promise<boolean> {
  await shows(client, token);
  const { name } = await client.getsEither`<success xmlns='${SASL}'/><challenge xmlns='${SASL}'/>`;
  await client.vanishes();
  return name === 'success';
}

describe('who shows a token', () => {
  conversation(
    'signs in, and has an account here [RFC7628 3]',
    taking(),
    async (people, server) => {
      const { stranger } = people;
      await shows(stranger, await issuer.sign('juliet'));
      await stranger.gets`<success xmlns='${SASL}'/>`;
      await binds(stranger, 'juliet');
      expect(await server.storage.users.find('juliet@localhost')).toMatchObject({ source: 'jwt' });
    },
  );

  conversation('is offered nothing else', taking(), async ({ stranger }) => {
    await stranger.connectsSecurely();
    const names = [...stranger.features.matchAll(/<mechanism>([^<]*)/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(['OAUTHBEARER']));
  });

  conversation('may name itself, but nobody else [RFC7628 3.1]', taking(), async ({ stranger }) => {
    const token = await issuer.sign('juliet');
    const message = (authzid: string) => `n,a=${authzid},\x01auth=bearer ${token}\x01\x01`;
    await shows(stranger, '', message('juliet@localhost'));
    await stranger.gets`<success xmlns='${SASL}'/>`;
    await stranger.vanishes();
    await shows(stranger, '', message('romeo@localhost'));
    await stranger.gets`<failure xmlns='${SASL}'><invalid-authzid/></failure>`;
  });

  conversation('may be named like a mail address, in any case', taking(), async ({ stranger }) => {
    await shows(stranger, await issuer.sign('Juliet@localhost'));
    await stranger.gets`<success xmlns='${SASL}'/>`;
    await binds(stranger, 'juliet');
    await stranger.vanishes();
    expect(await isTaken(stranger, await issuer.sign('juliet@elsewhere.example'))).toBe(false);
  });
});

describe('a token is refused', () => {
  const cases: [string, () => Promise<string>][] = [
    ['that has expired', () => issuer.sign('juliet', { exp: now() - 60 })],
    ['that never expires', () => issuer.sign('juliet', { exp: undefined })],
    ['that is not valid yet', () => issuer.sign('juliet', { nbf: now() + 60 })],
    ['of another issuer', () => issuer.sign('juliet', { iss: 'https://evil.example' })],
    ['for another audience', () => issuer.sign('juliet', { aud: 'mail' })],
    ['for nobody', () => issuer.sign('juliet', { sub: undefined })],
    ['for what is no name', () => issuer.sign('a b')],
    ['for a number', () => issuer.sign('juliet', { sub: 7 })],
    ['without signature', () => withoutSignature()],
    ['signed with the public key as if it were a secret', () => signedWithPublicKey()],
    ['with a signature of something else', () => withForeignSignature()],
    ['that is none', async () => 'abc'],
    ['that is missing', async () => ''],
  ];

  for (const [which, make] of cases) {
    conversation(`${which} [RFC7628 3.2.2]`, taking(), async ({ stranger }) => {
      await shows(stranger, await make());
      expect(await getsRefusal(stranger)).toEqual({ status: 'invalid_token' });
    });
  }

  const wanting = taking({ scope: 'xmpp.chat', discovery: 'https://id.example/.well-known/o' });
  conversation(
    'without the scope, and who shows it hears where to get another [RFC7628 3.2.2]',
    wanting,
    async ({ stranger }) => {
      await shows(stranger, await issuer.sign('juliet', { scope: 'mail xmpp' }));
      expect(await getsRefusal(stranger)).toEqual({
        status: 'insufficient_scope',
        scope: 'xmpp.chat',
        'openid-configuration': 'https://id.example/.well-known/o',
      });
      await stranger.vanishes();
      expect(await isTaken(stranger, await issuer.sign('j', { scope: 'mail xmpp.chat' }))).toBe(
        true,
      );
    },
  );

  for (const message of [
    'n,,\x01auth=Bearer a\x01',
    'p=tls-exporter,,\x01\x01',
    'n,,',
    '\x01\x01',
  ]) {
    conversation(
      `in what is no message: ${JSON.stringify(message)} [RFC7628 3.1]`,
      taking(),
      async ({ stranger }) => {
        await shows(stranger, '', message);
        await stranger.gets`<failure xmlns='${SASL}'><malformed-request/></failure>`;
      },
    );
  }

  conversation(
    'of somebody whom the operator keeps out',
    taking(),
    async ({ stranger }, server) => {
      await server.server.find('localhost')!.keeper.setDisabled('juliet', true);
      expect(await isTaken(stranger, await issuer.sign('juliet'))).toBe(false);
    },
  );
});

describe('the issuer’s keys', () => {
  conversation('are fetched once for many', taking(), async ({ stranger }) => {
    expect(await isTaken(stranger, await issuer.sign('juliet'))).toBe(true);
    expect(await isTaken(stranger, await issuer.sign('romeo'))).toBe(true);
    expect(issuer.fetches).toBe(1);
  });

  const moods: [string, TokenIssuer['mood']][] = [
    ['an error', { status: 500, body: '' }],
    ['no keys', { status: 200, body: '{}' }],
    ['too much', { status: 200, body: ' '.repeat(300_000) }],
  ];
  for (const [what, mood] of moods) {
    conversation(
      `not to be had (${what}) let nobody in for now [RFC6120 6.5.11]`,
      taking(),
      async ({ stranger }) => {
        issuer.mood = mood;
        await shows(stranger, await issuer.sign('juliet'));
        await stranger.gets`<failure xmlns='${SASL}'><temporary-auth-failure/></failure>`;
        await stranger.vanishes();
        issuer.mood = undefined;
        expect(await isTaken(stranger, await issuer.sign('juliet'))).toBe(true);
      },
    );
  }

  conversation(
    'that never come are not waited for long [RFC6120 6.5.11]',
    taking(),
    async ({ stranger }, server) => {
      issuer.mood = null;
      issuer.onFetch = () => server.clock.advance(5_000);
      await shows(stranger, await issuer.sign('juliet'));
      await stranger.gets`<failure xmlns='${SASL}'><temporary-auth-failure/></failure>`;
    },
  );

  const withLocalKey = {
    config: {
      get accounts() {
        return issuer.config({ jwks: undefined, publicKey: localKeys });
      },
    },
  };
  let localKeys = '';
  beforeAll(async () => {
    localKeys = JSON.stringify({ keys: [await issuer.publicKey()] });
  });
  conversation('may be given by the operator', withLocalKey, async ({ stranger }) => {
    expect(await isTaken(stranger, await issuer.sign('juliet'))).toBe(true);
    expect(issuer.fetches).toBe(0);
  });
});

const asPassword = taking({ tokenAsPassword: true });
conversation('a token may stand for a password [RFC4616 2]', asPassword, async ({ stranger }) => {
  const token = await issuer.sign('juliet');
  expect(await isLetIn(stranger, 'juliet', token)).toBe(true);
  expect(await isLetIn(stranger, 'romeo', token)).toBe(false);
  expect(await isLetIn(stranger, 'juliet', 'juliet')).toBe(false);
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The payload of a sound token under a header that says there is no signature. */
async function withoutSignature(): Promise<string> {
  const [, payload] = (await issuer.sign('juliet')).split('.');
  return `${part({ alg: 'none' })}.${payload}.`;
}

async function signedWithPublicKey(): Promise<string> {
  const [, payload] = (await issuer.sign('juliet')).split('.');
  const signed = `${part({ alg: 'HS256', kid: 'key-1' })}.${payload}`;
  const secret = JSON.stringify(await issuer.publicKey());
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function withForeignSignature(): Promise<string> {
  const [header, payload] = (await issuer.sign('juliet')).split('.');
  const [, , signature] = (await issuer.sign('romeo')).split('.');
  return `${header}.${payload}.${signature}`;
}
