import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Credentials, ScramHash } from '../../../src/stream/ports.ts';
import { Hashing } from '../../../src/stream/sasl/hashing.ts';
import type { SaslContext, SaslExchange } from '../../../src/stream/sasl/mechanism.ts';
import { scram, scramPlus } from '../../../src/stream/sasl/scram.ts';
import { deriveScramKeys } from '../../../src/stream/sasl/scram-keys.ts';

const accounts = new Map<string, Credentials>();

const context: SaslContext = {
  domain: 'example.com',
  hashing: new Hashing(),
  saltSecret: Buffer.from('a secret of the host'),
  scramIterations: 4096,
  channelBindings: null,
  certifiedUsers: [],
  offer: null,
  credentials: (username) => accounts.get(username) ?? null,
};

async function addAccount(
  username: string,
  keys: { password: string; hash: ScramHash; salt?: string; isDisabled?: boolean },
): Promise<void> {
  const salt = keys.salt === undefined ? undefined : Buffer.from(keys.salt, 'base64');
  const scramKeys = await deriveScramKeys(keys.password, keys.hash, 4096, salt);
  accounts.set(username, {
    username,
    scram: [...(accounts.get(username)?.scram ?? []), scramKeys],
    isDisabled: keys.isDisabled ?? false,
  });
}

async function say(exchange: SaslExchange, message: string): Promise<string> {
  const outcome = await exchange.next(Buffer.from(message));
  return `${outcome.kind} ${outcome.data}`;
}

async function failure(exchange: SaslExchange, message: string): Promise<string> {
  try {
    return await say(exchange, message);
  } catch (error) {
    return (error as { condition: string }).condition;
  }
}

const DIGESTS = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const;

/**
 * A client's last message for the server's challenge, made independently of the
 * server's code; `spoil` changes what the proof then covers.
 */
function answer(
  challenge: string,
  first: string,
  password: string,
  hash: ScramHash,
  spoil = (withoutProof: string) => withoutProof,
): string {
  const digest = DIGESTS[hash];
  const [, nonce, salt, iterations] = /r=([^,]+),s=([^,]+),i=(\d+)(?:,h=[^,]+)?$/.exec(challenge)!;
  const serverFirst = challenge.replace('challenge ', '');
  const header = /^(?:[ny]|p=[^,]*),(a=[^,]*)?,/.exec(first)![0];
  const salted = pbkdf2Sync(
    password,
    Buffer.from(salt!, 'base64'),
    Number(iterations),
    createHash(digest).digest().length,
    digest,
  );
  const clientKey = createHmac(digest, salted).update('Client Key').digest();
  const storedKey = createHash(digest).update(clientKey).digest();
  const withoutProof = spoil(`c=${Buffer.from(header).toString('base64')},r=${nonce}`);
  const message = `${first.slice(header.length)},${serverFirst},${withoutProof}`;
  const proof = createHmac(digest, storedKey).update(message).digest();
  for (let index = 0; index < proof.length; index++) proof[index]! ^= clientKey[index]!;
  return `${withoutProof},p=${proof.toString('base64')}`;
}

beforeAll(async () => {
  const known = { password: 'pencil' };
  await addAccount('user', { ...known, hash: 'SHA-1', salt: 'QSXCR+Q6sek8bf92' });
  await addAccount('user', { ...known, hash: 'SHA-256', salt: 'W22ZaJ0SNY7soEsUEjb6gQ==' });
  await addAccount('user', { ...known, hash: 'SHA-512' });
  await addAccount('disabled', { ...known, hash: 'SHA-256', isDisabled: true });
  await addAccount('old', { ...known, hash: 'SHA-1' });
  await addAccount('a,b=c', { ...known, hash: 'SHA-256' });
});

describe('the exchange', () => {
  test('[RFC5802 5] the example with SHA-1', async () => {
    const exchange = scram('SHA-1', () => '3rfcNHYJY1ZVvWVs7j').begin(context);
    expect(await say(exchange, 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')).toBe(
      'challenge r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    );
    expect(
      await say(
        exchange,
        'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      ),
    ).toBe('success v=rmF9pqV8S7suAoZWja4dJRkFsKQ=');
  });

  test('[RFC7677 3] the example with SHA-256', async () => {
    const nonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const exchange = scram('SHA-256', () => nonce).begin(context);
    expect(await say(exchange, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')).toBe(
      `challenge r=rOprNGfwEbeRWgbNEkqO${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    );
    expect(
      await say(
        exchange,
        `c=biws,r=rOprNGfwEbeRWgbNEkqO${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
      ),
    ).toBe('success v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  test.each<ScramHash>(['SHA-1', 'SHA-256', 'SHA-512'])(
    'with %s and fresh nonces',
    async (hash) => {
      const exchange = scram(hash).begin(context);
      const first = 'n,,n=user,r=abc';
      const challenge = await say(exchange, first);
      expect(challenge).toMatch(/^challenge r=abc[\w-]{24},/);
      expect(await say(exchange, answer(challenge, first, 'pencil', hash))).toMatch(/^success v=/);
    },
  );

  test('[RFC5802 5.1] commas and equals signs in user names', async () => {
    accounts.set('a,b=c', { ...accounts.get('a,b=c')!, username: 'a,b=c' });
    const exchange = scram('SHA-256').begin(context);
    const first = 'n,,n=A=2Cb=3Dc,r=abc';
    const challenge = await say(exchange, first);
    expect(await say(exchange, answer(challenge, first, 'pencil', 'SHA-256'))).toMatch(/^success/);
  });

  test('[RFC5802 6] a client that saw no channel binding offered, rightly, says y', async () => {
    const exchange = scram('SHA-256').begin(context);
    const first = 'y,,n=user,r=abc';
    const challenge = await say(exchange, first);
    expect(await say(exchange, answer(challenge, first, 'pencil', 'SHA-256'))).toMatch(/^success/);
  });

  test('[RFC6120 6.3.8] the own bare JID as authorization identity', async () => {
    const exchange = scram('SHA-256').begin(context);
    const first = 'n,a=USER@example.com,n=user,r=abc';
    const challenge = await say(exchange, first);
    expect(await say(exchange, answer(challenge, first, 'pencil', 'SHA-256'))).toMatch(/^success/);
  });
});

describe('channel binding', () => {
  const first = 'p=tls-exporter,,n=user,r=abc';
  const data = Buffer.from('exported');
  const offering: SaslContext = {
    ...context,
    channelBindings: {
      types: ['tls-exporter'],
      data: (type) => (type === 'tls-exporter' ? data : null),
    },
  };
  const bindingTo = (header: string, bytes: Buffer) => (withoutProof: string) => {
    const input = Buffer.concat([Buffer.from(header), bytes]);
    return withoutProof.replace(/c=[^,]+/, `c=${input.toString('base64')}`);
  };

  async function course(header: string, bytes: Buffer): Promise<string> {
    const exchange = scramPlus('SHA-256').begin(offering);
    const challenge = await say(exchange, first);
    const spoil = bindingTo(header, bytes);
    return failure(exchange, answer(challenge, first, 'pencil', 'SHA-256', spoil));
  }

  test('[RFC5802 6] with the data of this connection', async () => {
    expect(await course('p=tls-exporter,,', data)).toMatch(/^success v=/);
  });

  test.each([
    ['another connection', 'p=tls-exporter,,', Buffer.from('exportee')],
    ['none', 'p=tls-exporter,,', Buffer.alloc(0)],
    ['more', 'p=tls-exporter,,', Buffer.concat([data, data])],
    ['another type', 'p=tls-unique,,', data],
    ['no binding at all', 'n,,', Buffer.alloc(0)],
  ])('[RFC5802 6] fails with the data of %s, whatever the password', async (_, header, bytes) => {
    expect(await course(header, bytes)).toBe('not-authorized');
  });

  test.each([
    ['a type that there is not', 'p=tls-unique,,n=user,r=abc'],
    ['a type nobody knows', 'p=__proto__,,n=user,r=abc'],
    ['an empty type', 'p=,,n=user,r=abc'],
    ['no binding', 'n,,n=user,r=abc'],
    ['the claim that none was offered', 'y,,n=user,r=abc'],
  ])('[RFC5802 6] a -PLUS mechanism is refused with %s', async (_, message) => {
    expect(await failure(scramPlus('SHA-256').begin(offering), message)).toBe('malformed-request');
  });

  test('[RFC5802 6] the claim that none was offered is refused where it was', async () => {
    const exchange = scram('SHA-256').begin(offering);
    expect(await failure(exchange, 'y,,n=user,r=abc')).toBe('not-authorized');
  });

  test('[RFC5802 6] a client that cannot bind signs in all the same', async () => {
    const exchange = scram('SHA-256').begin(offering);
    const message = 'n,,n=user,r=abc';
    const challenge = await say(exchange, message);
    const last = answer(challenge, message, 'pencil', 'SHA-256');
    expect(await say(exchange, last)).toMatch(/^success/);
  });
});

describe('the proof of what was offered', () => {
  const mechanisms = [scram('SHA-1'), scramPlus('SHA-1')];
  const challengeOf = async (bindingTypes: readonly string[]) => {
    const exchange = scram('SHA-1').begin({ ...context, offer: { mechanisms, bindingTypes } });
    return say(exchange, 'n,,n=user,r=abc');
  };
  const hashOf = (text: string) => createHash('sha1').update(text).digest('base64');

  test('[XEP-0474 5.1] covers mechanisms and binding types, sorted', async () => {
    const list = 'SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1ftls-exporter\x1etls-server-end-point';
    expect(await challengeOf(['tls-server-end-point', 'tls-exporter'])).toMatch(
      new RegExp(`,i=4096,h=${hashOf(list).replaceAll('+', '\\+')}$`),
    );
  });

  test('[XEP-0474 5.1] covers mechanisms alone where no types were announced', async () => {
    const list = 'SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS';
    expect((await challengeOf([])).endsWith(`,i=4096,h=${hashOf(list)}`)).toBe(true);
  });

  test('[XEP-0474 5.2] stands under the proof of the password', async () => {
    const offer = { mechanisms, bindingTypes: [] };
    const exchange = scram('SHA-1').begin({ ...context, offer });
    const first = 'n,,n=user,r=abc';
    const challenge = await say(exchange, first);
    const forged = challenge.replace(/,h=.*/, ',h=AAAA');
    expect(await failure(exchange, answer(forged, first, 'pencil', 'SHA-1'))).toBe(
      'not-authorized',
    );
  });
});

describe('who may not sign in fails in the same way', () => {
  async function course(username: string, password: string): Promise<string> {
    const exchange = scram('SHA-256').begin(context);
    const first = `n,,n=${username},r=abc`;
    const challenge = await say(exchange, first);
    const shape = challenge
      .replace(/^challenge r=abc[\w-]{24},/, 'nonce ')
      .replace(/s=[A-Za-z0-9+/]{22}==/, 'salt ');
    return shape + (await failure(exchange, answer(challenge, first, password, 'SHA-256')));
  }

  test.each([
    ['a wrong password', 'user', 'pen'],
    ['an unknown user', 'nobody', 'pencil'],
    ['a name that no account can have', 'no body', 'pencil'],
    ['a disabled account', 'disabled', 'pencil'],
    ['an account without keys for the hash', 'old', 'pencil'],
  ])('%s', async (_, username, password) => {
    expect(await course(username, password)).toBe('nonce salt ,i=4096not-authorized');
  });

  test('an unknown user has the same salt each time, another user another, each hash its own', async () => {
    const salt = async (username: string, hash: ScramHash = 'SHA-256') => {
      const challenge = await say(scram(hash).begin(context), `n,,n=${username},r=abc`);
      return /s=([^,]+)/.exec(challenge)![1];
    };
    expect(await salt('nobody')).toBe(await salt('Nobody'));
    expect(await salt('nobody')).not.toBe(await salt('nobody2'));
    expect(await salt('nobody')).not.toBe(await salt('nobody', 'SHA-1'));
  });
});

describe('what the client may not send first', () => {
  test.each([
    ['nothing', '', 'malformed-request'],
    ['no GS2 header', 'n=user,r=abc', 'malformed-request'],
    [
      '[RFC5802 6] channel binding that is not offered',
      'p=tls-exporter,,n=user,r=abc',
      'malformed-request',
    ],
    ['[RFC5802 5.1] a mandatory extension', 'n,,m=x,n=user,r=abc', 'malformed-request'],
    ['a mandatory extension at the end', 'n,,n=user,r=abc,m=x', 'malformed-request'],
    ['no nonce', 'n,,n=user', 'malformed-request'],
    ['an empty nonce', 'n,,n=user,r=', 'malformed-request'],
    ['a nonce with a space', 'n,,n=user,r=a b', 'malformed-request'],
    ['a nonce without end', `n,,n=user,r=${'a'.repeat(257)}`, 'malformed-request'],
    ['an empty name', 'n,,n=,r=abc', 'malformed-request'],
    ['a bad escape in the name', 'n,,n=us=er,r=abc', 'malformed-request'],
    ['a lower-case escape in the name', 'n,,n=us=2cer,r=abc', 'malformed-request'],
    ['NUL', 'n,,n=us\0er,r=abc', 'malformed-request'],
    ["another's identity", 'n,a=juliet@example.com,n=user,r=abc', 'invalid-authzid'],
    ['an identity at another host', 'n,a=user@example.net,n=user,r=abc', 'invalid-authzid'],
    ['a full JID as identity', 'n,a=user@example.com/x,n=user,r=abc', 'invalid-authzid'],
    ['no JID as identity', 'n,a=@,n=user,r=abc', 'invalid-authzid'],
  ])('%s', async (_, message, condition) => {
    expect(await failure(scram('SHA-256').begin(context), message)).toBe(condition);
  });

  test('bytes that are not UTF-8', () => {
    const exchange = scram('SHA-256').begin(context);
    const message = Buffer.from([...Buffer.from('n,,n=us'), 0xff, ...Buffer.from(',r=abc')]);
    expect(() => exchange.next(message)).toThrow('malformed-request');
  });
});

describe('what the client may not send last', () => {
  test.each<[string, (right: string) => string, string]>([
    ['nothing', () => '', 'malformed-request'],
    ['no proof', (right) => right.replace(/,p=.*/, ''), 'malformed-request'],
    [
      'a proof that is not base64',
      (right) => right.replace(/p=..../, 'p=*"+ '),
      'malformed-request',
    ],
    ['a proof with stray bits', (right) => right.replace(/.=$/, '9='), 'malformed-request'],
    ['a proof of another length', (right) => right.replace(/p=..../, 'p='), 'not-authorized'],
    ['another nonce', (right) => right.replace('r=abc', 'r=abd'), 'not-authorized'],
    ['the client nonce alone', (right) => right.replace(/r=[^,]+/, 'r=abc'), 'not-authorized'],
    [
      '[RFC5802 5.1] another GS2 header',
      (right) => right.replace('c=biws', 'c=eSws'),
      'not-authorized',
    ],
    ['binding data', (right) => right.replace('c=biws', 'c=biwsAA=='), 'not-authorized'],
    [
      'an extension that the proof does not cover',
      (right) => right.replace(',p=', ',x=1,p='),
      'not-authorized',
    ],
  ])('%s', async (_, spoil, condition) => {
    const exchange = scram('SHA-256').begin(context);
    const first = 'n,,n=user,r=abc';
    const challenge = await say(exchange, first);
    const right = answer(challenge, first, 'pencil', 'SHA-256');
    expect(spoil(right)).not.toBe(right);
    expect(await failure(exchange, spoil(right))).toBe(condition);
  });

  test.each<[string, (withoutProof: string) => string]>([
    ['another nonce', (text) => text.replace('r=abc', 'r=abd')],
    ['the client nonce alone', (text) => text.replace(/r=.*/, 'r=abc')],
    ['[RFC5802 5.1] another GS2 header', (text) => text.replace('c=biws', 'c=eSws')],
    ['binding data', (text) => text.replace('c=biws', 'c=biwsAA==')],
  ])('%s, with a proof that is right for it', async (_, spoil) => {
    const exchange = scram('SHA-256').begin(context);
    const first = 'n,,n=user,r=abc';
    const challenge = await say(exchange, first);
    const message = answer(challenge, first, 'pencil', 'SHA-256', spoil);
    expect(await failure(exchange, message)).toBe('not-authorized');
  });

  test('an answer recorded from an earlier exchange', async () => {
    const first = 'n,,n=user,r=abc';
    const earlier = answer(
      await say(scram('SHA-256').begin(context), first),
      first,
      'pencil',
      'SHA-256',
    );
    const exchange = scram('SHA-256').begin(context);
    await say(exchange, first);
    expect(await failure(exchange, earlier)).toBe('not-authorized');
  });
});
